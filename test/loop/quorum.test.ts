import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ResponseManifest } from '../../src/bundle/manifest.ts';
import { expectRefusal } from '../attacks/refusal.ts';
import { copyOf, stationAt } from '../attacks/scene.ts';
import { dockerClient } from '../peers/docker-client.ts';
import { finalFiles } from '../peers/final-files.ts';
import { startNotaryServer, type NotaryServerPeer } from '../peers/notary-server.ts';
import { nssToken } from '../peers/nss.ts';
import { joined, keyStation, quorumOf, signAt, type KeyStation, type Quorum } from '../peers/quorum.ts';
import { softHsm } from '../peers/softhsm.ts';
import { hashOf } from '../peers/stations.ts';
import { stockNotary, type StockNotary } from '../peers/stock-notary.ts';

let server: NotaryServerPeer;
let quorum: Quorum;
let gun: string;
let kept: StockNotary;
/** The home of B as it was before it signed at all. */
let beforeSigning: string;
beforeAll(async () => {
  server = await startNotaryServer();
  quorum = await quorumOf([await softHsm('a'), await softHsm('b'), await nssToken()]);
  gun = `${server.host}/quorum/app`;
  kept = stockNotary({ url: server.url, ca: server.ca });
  await quorum.online.ok('repository', 'add', gun, '--server', server.url, '--ca', server.ca);
}, 120_000);
afterAll(() => server.stop());

const at = (index: number): KeyStation => quorum.offline[index] as KeyStation;

/** What a stock client with a kept cache, a fresh one, and Docker see, and we. */
async function agreed(): Promise<readonly (readonly [string, string])[]> {
  const fresh = stockNotary({ url: server.url, ca: server.ca });
  const lists = await Promise.all([kept, fresh].map((client) => client.list(gun)));
  const [one, other] = lists.map((list) => list.map(({ name, sha256 }) => [name, sha256] as const));
  expect(one).toEqual(other);
  const docker = dockerClient({ url: server.url, ca: server.ca });
  expect(await quorum.online.ok('inspect', gun)).toEqual([await docker.inspect(gun)]);
  return one ?? [];
}

/** SHA-256 of every final file, from these files in this order. */
const finals = (files: readonly string[]): Promise<string[]> =>
  finalFiles(
    quorum.online.home,
    files.map((file) => quorum.on(file)),
  );

interface Tracker {
  readonly tracker: readonly {
    readonly open: boolean;
    readonly roles: readonly {
      readonly role: string;
      readonly missing: number;
      readonly signers: readonly { readonly holder: string; readonly signed: boolean }[];
    }[];
  }[];
}

test('2 of 3 roots and targets over three stations: the first root, signed in turn', async () => {
  const three = (flag: string): string[] => ['a', 'b', 'c'].flatMap((letter) => [flag, `vault-${letter}`]);
  const { online, on } = quorum;
  await online.ok(
    'init',
    gun,
    ...three('--root-key'),
    '--root-threshold',
    '2',
    ...three('--targets-key'),
    '--targets-threshold',
    '2',
  );
  await online.ok('addhash', gun, 'v1', '100', '--sha256', hashOf(1));
  await expectRefusal(online, ['export', '-o', on('q.tar')], 'EXPORT-FILLER', { exit: 4 });
  await online.ok('export', '-o', on('q.tar'), '--fill', 'vault-a');

  // Whose the open slots are is said where another station looks.
  const looked = await at(1).run(['review', on('q.tar')]);
  expect(looked.stdout).toContain('open: made by vault-a when it signs');
  expect(looked.stdout).not.toContain('made here');
  expect((await at(0).run(['review', on('q.tar')])).stdout).toContain('open: made here at signing');

  // B cannot be the first: the certificates are A's to make.
  const early = await signAt(quorum, at(1), ['q.tar'], 'early.tar').catch((error: unknown) => String(error));
  expect(JSON.stringify(early)).toContain('KEY-NONE');

  const first = await signAt(quorum, at(0), ['q.tar'], 'a.tar');
  expect(first.code).toBe(4);
  const [after] = (first.result as unknown as Tracker).tracker;
  expect(after?.roles.map(({ role, missing }) => [role, missing])).toEqual([
    ['root', 1],
    ['targets', 1],
  ]);
  expect(after?.roles[0]?.signers.map(({ holder, signed }) => [holder, signed]).sort()).toEqual([
    ['vault-a', true],
    ['vault-b', false],
    ['vault-c', false],
  ]);

  const alone = await online.run(['publish', on('a.tar'), '--json']);
  expect(alone.code).toBe(4);
  expect(alone.stdout).toContain('"incomplete"');
  await expect(kept.list(gun)).rejects.toThrow(/trust data/);

  beforeSigning = copyOf(at(1).home);
  expect((await signAt(quorum, at(1), ['q.tar', 'a.tar'], 'b.tar')).code).toBe(0);
  expect((await signAt(quorum, at(2), ['q.tar', 'a.tar', 'b.tar'], 'c.tar')).code).toBe(0);
}, 120_000);

test('M17 any order and combination of three answers gives the same files', async () => {
  const { online, on } = quorum;
  await online.ok('combine', on('a.tar'), on('b.tar'), '-o', on('ab.tar'));
  await at(0).ok('combine', on('c.tar'), on('ab.tar'), '-o', on('cab.tar'));
  const expected = await finals(['a.tar', 'b.tar', 'c.tar']);
  const orders = [
    ['a.tar', 'c.tar', 'b.tar'],
    ['b.tar', 'a.tar', 'c.tar'],
    ['b.tar', 'c.tar', 'a.tar'],
    ['c.tar', 'a.tar', 'b.tar'],
    ['c.tar', 'b.tar', 'a.tar'],
    ['ab.tar', 'c.tar'],
    ['c.tar', 'ab.tar'],
    ['cab.tar'],
    ['cab.tar', 'b.tar'],
  ];
  for (const files of orders) expect(await finals(files), files.join(' ')).toEqual(expected);
  // Two of the three are enough, and are another file than all three.
  expect(await finals(['a.tar', 'b.tar'])).not.toEqual(expected);
  expect(readFileSync(on('ab.tar')).equals(readFileSync(on('cab.tar')))).toBe(false);
}, 120_000);

test('M9 M17 a station that was put back takes its own answer out of a combined bundle, the same file again', async () => {
  const { on } = quorum;
  const restored = stationAt(beforeSigning, 'vault-b');
  const { manifest } = await restored.ok<{ manifest: ResponseManifest }>('bundle', 'inspect', on('b.tar'));
  const { responses } = await restored.ok<{ responses: { digest: string; request: string }[] }>(
    ...['station', 'recover', on('cab.tar'), '--approve', manifest.head.hash],
  );
  expect(responses).toHaveLength(1);
  await restored.ok('resend', responses[0]?.request ?? '', '-o', on('b-again.tar'));
  expect(readFileSync(on('b-again.tar')).equals(readFileSync(on('b.tar')))).toBe(true);
  // One that combined others' answers alone says nothing of this station.
  const stranger = stationAt(copyOf(at(0).home), 'vault-a');
  await stranger.ok('combine', on('b.tar'), on('c.tar'), '-o', on('bc.tar'));
  await expectRefusal(at(0), ['station', 'recover', on('bc.tar')], 'SEAL-STRANGER');
}, 120_000);

test('M4 the stock clients accept a first root whose certificates one station made for all', async () => {
  await quorum.online.ok('publish', quorum.on('cab.tar'));
  expect(await agreed()).toEqual([['v1', hashOf(1)]]);
}, 120_000);

test('two other stations sign the next change, and the third need not know of it', async () => {
  const { online, on } = quorum;
  await online.ok('addhash', gun, 'v2', '200', '--sha256', hashOf(2));
  await online.ok('export', '-o', on('second.tar'));
  expect((await signAt(quorum, at(2), ['second.tar'], 'second-c.tar')).code).toBe(4);
  expect((await signAt(quorum, at(1), ['second.tar', 'second-c.tar'], 'second-b.tar')).code).toBe(0);
  await online.ok('publish', on('second-b.tar'), on('second-c.tar'));
  expect(await agreed()).toEqual([
    ['v1', hashOf(1)],
    ['v2', hashOf(2)],
  ]);
}, 120_000);

test('a lost station is replaced: its keys leave, those of a new one join, a sleeping client follows', async () => {
  quorum = await joined(quorum, await keyStation('vault-d', await softHsm('d')));
  const { online, on } = quorum;
  const lost = await at(2).ok<{ keys: { id: string; role: string }[] }>('key', 'list');
  const keyOf = (role: string): string => lost.keys.find((key) => key.role === role)?.id ?? '';
  for (const role of ['root', 'targets'])
    await online.ok('threshold', gun, role, '2', '--remove', keyOf(role), '--add', 'vault-d');
  await online.ok(
    'export',
    '-o',
    on('replace.tar'),
    '--fill',
    'vault-a',
    ...['a', 'b', 'd'].flatMap((letter) => ['--to', `vault-${letter}`]),
  );
  expect((await signAt(quorum, at(0), ['replace.tar'], 'replace-a.tar')).code).toBe(4);
  expect((await signAt(quorum, at(1), ['replace.tar', 'replace-a.tar'], 'replace-b.tar')).code).toBe(0);
  await online.ok('publish', on('replace-a.tar'), on('replace-b.tar'));
  expect((await agreed()).length).toBe(2);

  // The new station meets the repository for the first time, and signs the next change with B.
  await online.ok('remove', gun, 'v1');
  await online.ok('export', '-o', on('third.tar'), '--to', 'vault-b', '--to', 'vault-d');
  expect((await signAt(quorum, at(3), ['third.tar'], 'third-d.tar')).code).toBe(4);
  expect((await signAt(quorum, at(1), ['third.tar', 'third-d.tar'], 'third-b.tar')).code).toBe(0);
  await online.ok('publish', on('third-b.tar'), on('third-d.tar'));
  expect(await agreed()).toEqual([['v2', hashOf(2)]]);
}, 120_000);

test('M11 a station that missed two ceremonies catches up, and types what changed', async () => {
  const { online, on } = quorum;
  await online.ok('refresh', gun, 'root');
  await online.ok('export', '-o', on('late.tar'));
  const { anomalies } = await at(2)
    .ok<{ anomalies: { id: string; typed: boolean }[] }>('review', on('late.tar'))
    .catch(() => ({ anomalies: [] }));
  expect(anomalies.filter(({ id, typed }) => id.startsWith('ROOTS:') && typed)).toHaveLength(1);
  // Its keys are gone from the root: there is nothing for it to sign.
  const last = await signAt(quorum, at(2), ['late.tar'], 'late-c.tar');
  expect(JSON.stringify(last.result)).toContain('KEY-NONE');
  expect((await signAt(quorum, at(3), ['late.tar'], 'late-d.tar')).code).toBe(4);
  expect((await signAt(quorum, at(0), ['late.tar', 'late-d.tar'], 'late-a.tar')).code).toBe(0);
  await online.ok('publish', on('late-a.tar'), on('late-d.tar'));
  expect(await agreed()).toEqual([['v2', hashOf(2)]]);
}, 120_000);
