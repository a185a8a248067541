import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openBundle } from '../../src/bundle/bundle.ts';
import { fileSource } from '../../src/station/files/file-source.ts';
import { readChain } from '../../src/station/ledger/ledger-chain.ts';
import type { TestStations } from '../peers/stations.ts';

const sha256 = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

/** Folders of a home whose files are named after what is in them, and how. */
const NAMED: Readonly<Record<string, 'bundle' | 'bytes'>> = {
  requests: 'bundle',
  responses: 'bundle',
  inbox: 'bytes',
  archive: 'bytes',
  evidence: 'bytes',
};

/**
 * Looks after each kill: every bundle with a final name is whole, on the stick and in both homes, what is named after
 * its content has that content, and both ledgers are unbroken but for a torn last line.
 */
export function intactness({ online, offline, stick }: TestStations): () => Promise<void> {
  const seen = new Set<string>();
  const fresh = (folder: string): string[] =>
    (existsSync(folder) ? readdirSync(folder) : [])
      .filter((name) => !name.startsWith('.'))
      .map((name) => join(folder, name))
      .filter((path) => {
        const { ino, size, mtimeMs } = statSync(path);
        const known = `${path} ${String(ino)} ${String(size)} ${String(mtimeMs)}`;
        return !seen.has(known) && seen.add(known);
      });
  return async () => {
    for (const file of fresh(stick).filter((path) => path.endsWith('.tar')))
      await openBundle(fileSource(file), { kinds: ['request', 'response'] });
    for (const { home } of [online, offline]) {
      readChain(readFileSync(join(home, 'ledger.jsonl')));
      for (const [folder, kind] of Object.entries(NAMED))
        for (const file of fresh(join(home, folder))) {
          const name = file.slice(file.lastIndexOf('/') + 1).replace(/\.tar$/, '');
          const found =
            kind === 'bytes'
              ? sha256(file)
              : (await openBundle(fileSource(file), { kinds: ['request', 'response'] })).digest;
          if (found !== name) throw new Error(`${file} holds ${found}`);
        }
    }
  };
}
