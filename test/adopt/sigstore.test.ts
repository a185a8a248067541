import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { refusalOf } from '../attacks/refusal.ts';
import { scratchFolder } from '../peers/process.ts';
import { signAll, stations } from '../peers/stations.ts';

interface Root {
  readonly signed: {
    readonly version: number;
    readonly keys: Readonly<Record<string, object>>;
    readonly roles: Readonly<Record<string, { keyids: string[]; threshold: number }>>;
    readonly [member: string]: unknown;
  };
  readonly signatures: readonly { keyid: string }[];
}
interface Reviewed {
  readonly anomalies: readonly { id: string }[];
  readonly repositories: readonly {
    history: readonly { version: number }[];
    notUnderstood: readonly { role: string; members: readonly string[] }[];
    contact: readonly {
      role: string;
      thresholdAfter: number;
      keys: readonly { keyid: string; holder?: string }[];
    }[];
    roles: readonly {
      role: string;
      fromVersion: number;
      toVersion: number;
      quorums: readonly {
        role: string;
        thresholdBefore: number;
        thresholdAfter: number;
        keys: readonly { keyid: string; state: string; holder?: string }[];
      }[];
    }[];
  }[];
}

const read = (file: string): Root => JSON.parse(readFileSync(file, 'utf8')) as Root;
const vector = (version: number): string =>
  new URL(`../tuf/vectors/sigstore-root-${String(version)}.json`, import.meta.url).pathname;

test('M10 M11 Sigstore: its roots 12 to 16 are adopted alone, and a candidate for root 17 keeps all that it does not change', async () => {
  const { online, offline, on, passphraseFile, ...rest } = await stations({ rootKey: false });
  const pair = { online, offline, on, passphraseFile, ...rest };
  const metadata = join(scratchFolder('sigstore'), 'metadata');
  mkdirSync(metadata);
  for (const version of [12, 13, 14, 15, 16])
    copyFileSync(vector(version), join(metadata, `${String(version)}.root.json`));
  await online.ok(
    ...['repository', 'add', 'sigstore', '--dialect', 'tuf', '--directory', join(metadata, '..')],
    ...['--first-root', '12', '--roots-only'],
  );
  await online.ok('repository', 'adopt', 'sigstore', '-o', on('adopt.tar'));
  const contact = await offline.ok<Reviewed>('review', on('adopt.tar'));
  const [known] = contact.repositories;
  const now = read(vector(16)).signed;
  expect(known?.history.map(({ version }) => version)).toEqual([12, 13, 14, 15, 16]);
  const quorum = known?.contact.find(({ role }) => role === 'root');
  expect([quorum?.thresholdAfter, quorum?.keys.map(({ keyid }) => keyid)]).toEqual([
    3,
    now.roles['root']?.keyids,
  ]);
  expect(known?.notUnderstood.some(({ members }) => members.join(' ').includes('x-tuf-on-ci'))).toBe(true);
  // Nothing but roots: nobody says that root 16 is the newest.
  expect(contact.anomalies.map(({ id }) => id)).toContain('CHAIN-FRESHNESS:sigstore');
  await signAll(pair, 'adopt.tar', 'adopted.tar');
  await online.ok('publish', on('adopted.tar'));

  const { id } = await offline.ok<{ id: string }>(
    ...['key', 'generate', 'root', '--keyfile', '--dialect', 'tuf', '--passphrase-file', passphraseFile],
  );
  await offline.ok('key', 'export', id, '-o', on('ours.pem'));
  await online.ok('threshold', 'sigstore', 'root', '3', '--add', on('ours.pem'));
  await online.ok('export', '-o', on('next.tar'));
  const next = await offline.ok<Reviewed>('review', on('next.tar'));
  const [root] = next.repositories[0]?.roles ?? [];
  expect([root?.role, root?.fromVersion, root?.toVersion]).toEqual(['root', 16, 17]);
  const changed = root?.quorums.find(({ role }) => role === 'root');
  expect([changed?.thresholdBefore, changed?.thresholdAfter]).toEqual([3, 3]);
  expect(changed?.keys.map(({ state }) => state).sort()).toEqual([
    'joins',
    ...Array<string>(5).fill('stays'),
  ]);

  const digest = (next as unknown as { digest: string }).digest;
  const accept = (next.anomalies as readonly { id: string; typed?: boolean }[])
    .filter(({ typed }) => typed)
    .flatMap((anomaly) => ['--accept', anomaly.id]);
  const signed = await offline.run([
    ...['sign', on('next.tar'), '-o', on('next.response.tar'), '--passphrase-file', passphraseFile],
    ...['--approve', digest, ...accept],
  ]);
  // Three of the five that hold the root today must sign as well.
  expect(signed.code, signed.stdout + signed.stderr).toBe(4);
  const handed = await online.run(['publish', on('next.response.tar'), '--to', on('candidate')]);
  expect(handed.code).toBe(4);
  const candidate = read(join(on('candidate'), '17.root.json'));
  const { version, expires, keys, roles } = candidate.signed;
  const { keys: before, roles: rolesBefore } = now;
  expect(candidate.signed).toEqual({ ...now, version: 17, expires, keys, roles });
  expect(version).toBe(17);
  expect(keys).toMatchObject(before);
  expect(Object.keys(keys)).toHaveLength(Object.keys(before).length + 1);
  for (const role of ['targets', 'snapshot', 'timestamp']) expect(roles[role]).toEqual(rolesBefore[role]);
  expect(candidate.signatures).toHaveLength(1);
  const staged = await online.run(['list', 'sigstore', '--json']);
  expect([refusalOf(staged).check, staged.code]).toEqual(['READ-ROOTS-ONLY', 2]);
}, 90_000);
