import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { unavailable } from '../../errors.ts';
import { LIMITS, listedByHash, type HashStore } from '../repositories/store.ts';
import { requireBytes, requireDigest, requireVersion } from '../repositories/stored-bytes.ts';
import { guarded, orNull } from './folder-faults.ts';
import { removeEverything, writeGeneration } from './generation.ts';
import { layoutOf, roleFile } from './layout.ts';
import type { Layout } from './layout.ts';
import { nextState } from './next-state.ts';
import { holdLock } from './publisher-lock.ts';

const CHECKS = {
  hash: 'DIRECTORY-HASH',
  version: 'DIRECTORY-VERSION-NUMBER',
  otherBytes: 'a file holds other bytes than its name says',
};

/** The name of a current file: no hash, no version. */
const CURRENT = /^([-a-z0-9_]+)\.json$/;

/**
 * One repository as static files in a folder (layout.ts). Snapshot and timestamp come with the published files;
 * publishers take turns, and each publishes whole or not at all.
 *
 * @throws CountersignError DIRECTORY-NAME, DIRECTORY-PATH (exit 2)
 */
export function directoryStore(folder: string, repository: string): HashStore {
  const layout = layoutOf(folder, repository);
  const where = `${repository} in ${folder}`;
  const read = (name: string, limit: number): Promise<Uint8Array | null> =>
    guarded(where, () => readCurrent(layout, name, limit, where));

  const byHash: HashStore['byHash'] = async (role, sha256hex, length) => {
    requireDigest(CHECKS, sha256hex);
    const bytes = await read(roleFile(role, `.${sha256hex}`), Math.min(length ?? LIMITS.file, LIMITS.file));
    return requireBytes(CHECKS, bytes, sha256hex, `${role} of ${where}`);
  };

  return {
    signsSnapshot: false,
    current: (role) => read(roleFile(role), role === 'timestamp' ? LIMITS.timestamp : LIMITS.file),
    byHash,
    listed: listedByHash(byHash),
    async rootVersion(version) {
      requireVersion(CHECKS, version);
      return read(`${String(version)}.root.json`, LIMITS.file);
    },
    serverKey: () => Promise.resolve(null),
    newServerKey: () => Promise.resolve(null),
    publish: (files) =>
      guarded(where, async () => {
        for (const role of files.keys()) roleFile(role);
        await mkdir(layout.trust, { recursive: true });
        const release = await holdLock(layout.lock);
        try {
          const now = await readState(layout, where);
          if (files.size > 0) await writeGeneration(layout, nextState(now, files));
        } finally {
          await release();
        }
      }),
    remove: () =>
      guarded(where, async () => {
        if ((await orNull(readlink(layout.current))) === null) return;
        const release = await holdLock(layout.lock);
        try {
          await removeEverything(layout);
        } finally {
          await release();
        }
      }),
    describe: () => `folder ${folder}`,
  };
}

/** A file below the link; looked for again where a publisher moved the link on in between. */
async function readCurrent(
  layout: Layout,
  name: string,
  limit: number,
  where: string,
): Promise<Uint8Array | null> {
  for (;;) {
    const generation = await orNull(readlink(layout.current));
    if (generation === null) return null;
    const file = await orNull(open(join(layout.current, name), 'r'));
    if (file !== null) return readWhole(file, name, limit, where);
    if ((await orNull(readlink(layout.current))) === generation) return null;
  }
}

async function readWhole(file: FileHandle, name: string, limit: number, where: string): Promise<Uint8Array> {
  try {
    const { size } = await file.stat();
    if (size > limit)
      throw unavailable('DIRECTORY-TOO-LARGE', 'a file is larger than it may be', {
        expected: `at most ${String(limit)} bytes`,
        found: String(size),
        where: `${name} of ${where}`,
      });
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** The current file of every role; read while the lock is held. */
async function readState(layout: Layout, where: string): Promise<Map<string, Uint8Array>> {
  const state = new Map<string, Uint8Array>();
  const visit = async (folder: string, prefix: string): Promise<void> => {
    for (const entry of (await orNull(readdir(folder, { withFileTypes: true }))) ?? []) {
      const role = CURRENT.exec(entry.name)?.[1];
      if (entry.isDirectory()) await visit(join(folder, entry.name), `${prefix}${entry.name}/`);
      else if (role !== undefined)
        state.set(
          prefix + role,
          await readWhole(await open(join(folder, entry.name), 'r'), prefix + role, LIMITS.file, where),
        );
    }
  };
  await visit(layout.current, '');
  return state;
}
