import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withTargets } from '../peers/signed-content.ts';
import { canonicalBytes } from '../../src/encoding/canonical-json.ts';
import type { JsonObject } from '../../src/encoding/json.ts';
import { hashBins } from '../../src/change/hash-bins.ts';
import type { SignedDocument, TargetEntry } from '../../src/metadata/document.ts';
import { NO_ENTRIES } from '../../src/metadata/entry-table.ts';
import { tuf } from '../../src/metadata/tuf/dialect.ts';
import { scratchFolder } from '../peers/process.ts';
import { hashOf, type TestStation } from '../peers/stations.ts';
import { quorumOf, signatureOf, testKey, type TestKey } from './documents.ts';

/** A large TUF repository on disk, and the keys that signed it. */
export interface LargeRepository {
  readonly folder: string;
  readonly keys: Readonly<Record<(typeof ROLES)[number], TestKey>>;
}

const EXPIRES = '2030-01-01T00:00:00Z';
const TOP_LEVEL = ['root', 'targets', 'snapshot', 'timestamp'] as const;
const ROLES = [...TOP_LEVEL, 'delegation'] as const;
/** tuf-js puts names that are whole numbers before all others, and then finds no valid signature. */
const PREFIX = 'bin-';

/** Name of one of the targets. */
export function targetName(at: number): string {
  return `packages/p${String(at % 1_000)}/release-${String(at)}.tar.gz`;
}

/**
 * Writes the files of a repository straight away.
 *
 * @param count of hash bins; 0 where all targets stand in `targets`
 */
export function largeRepository(targets: number, count: number): LargeRepository {
  const folder = join(scratchFolder('large'), 'repository');
  const metadata = join(folder, 'metadata');
  mkdirSync(metadata, { recursive: true });
  const keys = Object.fromEntries(ROLES.map((role) => [role, testKey('ed25519')])) as LargeRepository['keys'];
  const listed = new Map<string, SignedDocument>();
  const write = (role: string, signed: JsonObject, key: TestKey): SignedDocument => {
    const payload = canonicalBytes(signed);
    const file = tuf.write(payload, [signatureOf(key, payload)], {});
    writeFileSync(join(metadata, role === 'timestamp' ? 'timestamp.json' : `1.${role}.json`), file);
    // not read again: what is measured is to read it first
    const content = { signed, entries: NO_ENTRIES };
    return { role, version: 1, expires: 0, ...content, payload, signatures: [], outside: {}, file };
  };
  const quorums = new Map(TOP_LEVEL.map((role) => [role, quorumOf([keys[role]])]));
  write('root', tuf.withQuorums(tuf.newRoot(), quorums, 1, EXPIRES), keys.root);
  const bins = count > 0 ? hashBins(count, PREFIX) : [];
  const shares = shared(targets, count);
  for (const [at, { role }] of bins.entries())
    listed.set(
      role,
      write(role, withTargets(tuf, tuf.newTargets(), shares[at] ?? new Map(), 1, EXPIRES), keys.delegation),
    );
  const declared = { quorum: quorumOf([keys.delegation]), paths: [], terminating: false };
  const top = tuf.withDelegations(
    tuf.newTargets(),
    bins.map(({ role, hashPrefixes }) => ({ role, declared: { ...declared, hashPrefixes } })),
  );
  const own = count > 0 ? new Map<string, TargetEntry>() : (shares[0] ?? new Map<string, TargetEntry>());
  listed.set('targets', write('targets', withTargets(tuf, top, own, 1, EXPIRES), keys.targets));
  const snapshot = write('snapshot', tuf.newSnapshot(null, listed, 1, EXPIRES), keys.snapshot);
  write('timestamp', tuf.newTimestamp(null, snapshot, 1, EXPIRES), keys.timestamp);
  return { folder, keys };
}

/** The targets of each bin, by the first bits of the hash of their names; all in one where there are none. */
function shared(targets: number, count: number): Map<string, TargetEntry>[] {
  const shares = Array.from({ length: Math.max(1, count) }, () => new Map<string, TargetEntry>());
  const bits = Math.log2(Math.max(1, count));
  for (let at = 0; at < targets; at++) {
    const name = targetName(at);
    const hash = createHash('sha256').update(name).digest();
    const bin = bits === 0 ? 0 : hash.readUInt32BE(0) >>> (32 - bits);
    shares[bin]!.set(name, { length: at, hashes: { sha256: hashOf(at) } });
  }
  return shares;
}

/** Gives a station the key of a role, as the repository has it. */
export async function importKey(
  at: TestStation,
  role: keyof LargeRepository['keys'],
  { keys }: LargeRepository,
  passphraseFile: string,
): Promise<void> {
  const file = join(scratchFolder('key'), `${role}.pem`);
  writeFileSync(file, keys[role].secret.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
  const flags = ['--role', role, '--dialect', 'tuf', '--keyfile', '--passphrase-file', passphraseFile];
  await at.ok('key', 'import', file, ...flags);
}

/** A list for `add --from`: other digests for targets from all over the repository. */
export function changeList(targets: number, touched: number): string {
  const file = join(scratchFolder('list'), 'targets.csv');
  const lines = Array.from({ length: touched }, (_, at) => {
    const name = targetName(Math.floor((at * targets) / touched));
    return `${name},${String(at)},${hashOf(at + 7)}`;
  });
  writeFileSync(file, ['name,length,sha256', ...lines, ''].join('\n'));
  return file;
}
