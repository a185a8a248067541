import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sha256Hex } from '../../src/encoding/hash.ts';
import { refusalOf } from '../attacks/refusal.ts';
import { dockerClient } from '../peers/docker-client.ts';
import { startNotaryServer, type NotaryServerPeer } from '../peers/notary-server.ts';
import { runOk, scratchFolder } from '../peers/process.ts';
import { run } from '../peers/program.ts';
import { exportAll, hashOf, roundTrip, stations, type TestStations } from '../peers/stations.ts';
import { stockNotary } from '../peers/stock-notary.ts';
import { newHomes, oldEstate, renewCard, seenByTufJs, serve, type OldEstate } from './estate.ts';

let server: NotaryServerPeer;
let web: Awaited<ReturnType<typeof serve>>;
let pair: TestStations;
let estate: OldEstate;
let served: string;

beforeAll(async () => {
  server = await startNotaryServer();
  pair = await stations({ rootKey: false });
  estate = await oldEstate(server, pair);
  await renewCard(pair);
  served = await newHomes(pair, ['plain', 'local', 'delegated', 'merged']);
  web = await serve(served);
}, 120_000);
afterAll(async () => {
  web.stop();
  await server.stop();
});

interface Converted {
  readonly notes: readonly string[];
  readonly archive: { readonly sha256: string };
  readonly roles: readonly {
    readonly role: string;
    readonly keys: readonly { readonly station: string | null }[];
  }[];
}

const as = (number: number, length: number): string => `${hashOf(number)} ${String(length)}`;

test('convert: TUF clients see the same names, digests and lengths, of targets and of each delegation', async () => {
  const { online, on } = pair;
  const { plain, local, delegated } = estate.guns;
  await online.ok('convert', plain, '--to', 'plain', '--archive', on('plain.tar'));
  await online.ok('convert', local, '--to', 'local', '--archive', on('local.tar'));
  const converted = await online.ok<Converted>(
    ...['convert', delegated, '--to', 'delegated', '--archive', on('delegated.tar')],
    ...['--without', 'targets/ghost'],
  );
  expect(converted.roles.map(({ role, keys }) => [role, keys.map(({ station }) => station)])).toEqual([
    ['releases', ['vault']],
    ['qa', ['vault']],
  ]);
  expect(converted.notes).toEqual([
    'targets/ghost is left out, with 0 targets',
    expect.stringMatching(/^qa may hold less than before: .* up to 4 more slashes$/),
  ]);
  await roundTrip(pair, 'converted');

  const names = ['v1', 'stable', 'deep/a/b/c/d/e/f', 'qa/linux/x86', 'nightly-1', 'ghost/x', 'nothing'];
  const seen = (name: string): Promise<Record<string, string | null>> =>
    seenByTufJs(served, web.url, name, names);
  const none = Object.fromEntries(names.map((name) => [name, null]));
  expect(await seen('plain')).toEqual({ ...none, v1: as(1, 10), 'deep/a/b/c/d/e/f': as(2, 11) });
  expect(await seen('local')).toEqual({ ...none, v1: as(3, 12) });
  expect(await seen('delegated')).toEqual({
    ...none,
    ...{ v1: as(4, 13), stable: as(5, 14), 'qa/linux/x86': as(6, 15), 'nightly-1': as(7, 16) },
  });
  const { targets } = await online.ok<{ targets: { name: string; role: string }[] }>('list', 'delegated');
  expect(targets.map(({ name, role }) => `${name} ${role}`)).toEqual([
    'nightly-1 qa',
    'qa/linux/x86 qa',
    'stable targets',
    'v1 releases',
  ]);
}, 120_000);

test('convert --merge: the targets of a delegation become those of the repository, signed by its keys', async () => {
  const { online, on } = pair;
  const { delegated } = estate.guns;
  const converted = await online.ok<Converted>(
    ...['convert', delegated, '--to', 'merged', '--archive', on('merged.tar')],
    ...['--merge', 'targets/releases', '--merge', 'targets/qa', '--without', 'targets/ghost'],
  );
  expect(converted.roles).toEqual([]);
  expect(converted.notes).toContain(
    'targets/releases is no role any more: the keys of targets sign its 1 target',
  );
  await roundTrip(pair, 'merged');
  const { targets } = await online.ok<{ targets: { name: string; role: string }[] }>('list', 'merged');
  expect(targets.map(({ name, role }) => `${name} ${role}`)).toEqual([
    'nightly-1 targets',
    'qa/linux/x86 targets',
    'stable targets',
    'v1 targets',
  ]);
}, 120_000);

test('R17 convert changes nothing where it is refused: a delegation that is none, a place that is taken', async () => {
  const { online, on } = pair;
  const { delegated, plain } = estate.guns;
  const refusedBy = async (...args: string[]): Promise<[string, number | null]> => {
    const finished = await online.run(['convert', ...args, '--archive', on('none.tar'), '--json']);
    return [refusalOf(finished).check, finished.code];
  };
  expect(await refusedBy(plain, '--to', 'plain')).toEqual(['CHAIN-LINEAGE', 3]);
  expect(await refusedBy(delegated, '--to', plain)).toEqual(['CONVERT-DIALECT', 2]);
  await online.ok('repository', 'add', 'other', '--dialect', 'tuf', '--directory', scratchFolder('other'));
  expect(await refusedBy(delegated, '--to', 'other', '--without', 'targets/none')).toEqual([
    'CONVERT-ROLE',
    2,
  ]);
  await online.ok('repository', 'add', `${server.host}/strange`, '--server', server.url, '--ca', server.ca);
  expect(await refusedBy(`${server.host}/strange`, '--to', 'other')).toEqual(['CONVERT-PIN', 3]);
  expect(existsSync(on('none.tar'))).toBe(false);
  const { repositories } = await online.ok<{ repositories: { changes: unknown[] }[] }>('status');
  expect(repositories.flatMap(({ changes }) => changes)).toEqual([]);

  // keys that nobody here has: it is staged, and said plainly
  const { notes } = await online.ok<Converted>(
    ...['convert', delegated, '--to', 'other', '--archive', on('other.tar')],
  );
  expect(notes.at(-1)).toMatch(
    /^ghost must be signed by its keys before .* --merge targets\/ghost or --without/,
  );
  await online.ok('reset', 'other');
}, 120_000);

test('convert --verify: a stranger checks every byte of the archive and the proof chain, without a station', async () => {
  const file = pair.on('delegated.tar');
  const strange = { home: scratchFolder('stranger') };
  const verified = await run(['convert', '--verify', file, '--json'], strange);
  expect(verified.code, verified.stdout).toBe(0);
  const found = verified.json() as { repository: string; sha256: string; roles: { role: string }[] };
  expect([found.repository, found.sha256]).toEqual([estate.guns.delegated, sha256Hex(readFileSync(file))]);
  const roles = found.roles.map(({ role }) => role);
  expect(roles).toEqual(
    expect.arrayContaining(['root', 'timestamp', 'snapshot', 'targets', 'targets/qa', 'targets/releases']),
  );

  const folder = scratchFolder('unpacked');
  await runOk('tar', ['xf', file, '-C', folder]);
  await runOk('bash', ['-euc', 'sha256sum --strict -c SHA256SUMS'], { cwd: folder });

  const bytes = readFileSync(file);
  const damaged = pair.on('damaged.tar');
  for (let at = 3; at < bytes.length; at += Math.ceil(bytes.length / 12)) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    writeFileSync(damaged, changed);
    const finished = await run(['convert', '--verify', damaged, '--json'], strange);
    expect([finished.code, refusalOf(finished).check.length > 0], String(at)).toEqual([3, true]);
  }
}, 120_000);

test('final-root: the officer types that it is the last; Notary’s clients read the final state', async () => {
  const { online, offline, on, secrets, passphraseFile } = pair;
  const { plain, delegated } = estate.guns;
  for (const gun of [plain, delegated]) await online.ok('final-root', gun);
  await exportAll(pair, 'final.request.tar');
  const review = await offline.ok<{
    digest: string;
    anomalies: { id: string; typed: boolean; text: string }[];
  }>('review', on('final.request.tar'));
  const typed = review.anomalies.filter((one) => one.typed).map(({ id }) => id);
  expect(typed).toEqual(expect.arrayContaining([`FINAL:${plain}`, `FINAL:${delegated}`]));
  const sign = [
    'sign',
    on('final.request.tar'),
    '-o',
    on('final.response.tar'),
    ...secrets,
    '--approve',
    review.digest,
  ];
  const without = typed.filter((id) => id !== `FINAL:${plain}`).flatMap((id) => ['--accept', id]);
  expect((await offline.run([...sign, ...without, '--json'])).code).not.toBe(0);
  await offline.ok(...sign, ...typed.flatMap((id) => ['--accept', id]));
  await online.ok('publish', on('final.response.tar'), '--passphrase-file', passphraseFile);

  for (const [gun, names] of [
    [plain, ['deep/a/b/c/d/e/f', 'v1']],
    [delegated, ['nightly-1', 'qa/linux/x86', 'stable', 'v1']],
  ] as const) {
    for (const client of [estate.old, stockNotary(server)])
      expect((await client.list(gun)).map(({ name }) => name).sort()).toEqual(names);
    expect(await dockerClient(server).inspect(gun)).not.toBeNull();
    const { endings } = await online.ok<{ endings: { what: string; time: string; seconds: number }[] }>(
      'expiry',
      gun,
    );
    const root = endings.find(({ what }) => what === 'root');
    expect(root?.seconds).toBeGreaterThan(3_650 * 86_400);
  }
}, 120_000);
