import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dockerClient } from '../peers/docker-client.ts';
import { startNotaryServer, type NotaryServerPeer } from '../peers/notary-server.ts';
import { runOk, scratchFolder } from '../peers/process.ts';
import { softHsm } from '../peers/softhsm.ts';
import { exportAll, hashOf, stations, type TestStations } from '../peers/stations.ts';
import { PASSPHRASE, stockNotary, type StockNotary } from '../peers/stock-notary.ts';

let server: NotaryServerPeer;
let pair: TestStations;
let old: StockNotary;
let guns: readonly [string, string, string];
/** Flags that give every secret of the offline half: the PIN of its token, and the passphrase of its key files. */
let secrets: readonly string[];
let imported: string;

beforeAll(async () => {
  server = await startNotaryServer();
  pair = await stations({ token: await softHsm(), rootKey: false });
  secrets = [...pair.secrets, '--passphrase-file', pair.passphraseFile];
  old = stockNotary({ url: server.url, ca: server.ca });
  guns = [`${server.host}/estate/plain`, `${server.host}/estate/local`, `${server.host}/estate/delegated`];
  imported = join(scratchFolder('secrets'), 'stock');
  writeFileSync(imported, `${PASSPHRASE}\n`, { mode: 0o600 });

  // What a team has that used the stock client for years: one root key, a snapshot key left at the client in one
  // repository, a delegation in another.
  const [plain, local, delegated] = guns;
  await old.init(plain);
  await old.init(local, { serverSnapshot: false });
  await old.init(delegated);
  const certificate = join(old.trustDir, 'alice.pem');
  await runOk('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '90'],
    ...['-subj', '/CN=alice', '-keyout', join(old.trustDir, 'alice.key'), '-out', certificate],
  ]);
  await old.run(['delegation', 'add', '-p', delegated, 'targets/releases', certificate, '--all-paths']);
  await old.run(['key', 'import', join(old.trustDir, 'alice.key'), '--role', 'delegation']);
  for (const [at, gun] of guns.entries()) {
    await old.addhash(gun, 'v1', 10 + at, hashOf(1), gun === delegated ? ['targets/releases'] : []);
    await old.publish(gun);
  }
}, 120_000);
afterAll(() => server.stop());

async function signAll(request: string, response: string): Promise<{ id: string; typed: boolean }[]> {
  const { offline, on } = pair;
  const { digest, anomalies } = await offline.ok<{
    digest: string;
    anomalies: { id: string; typed: boolean }[];
  }>('review', on(request));
  const accept = anomalies.filter(({ typed }) => typed).flatMap(({ id }) => ['--accept', id]);
  await offline.ok('sign', on(request), '-o', on(response), ...secrets, '--approve', digest, ...accept);
  return anomalies;
}

async function roundTrip(name: string): Promise<void> {
  await exportAll(pair, `${name}.request.tar`);
  await signAll(`${name}.request.tar`, `${name}.response.tar`);
  await pair.online.ok('publish', pair.on(`${name}.response.tar`), '--passphrase-file', pair.passphraseFile);
}

/** The client with the old cache, a fresh one and Docker see the same, and so do we. */
async function agreed(gun: string): Promise<string[]> {
  const fresh = stockNotary({ url: server.url, ca: server.ca });
  const [one, other] = await Promise.all([old.list(gun), fresh.list(gun)]);
  expect(one).toEqual(other);
  const docker = dockerClient({ url: server.url, ca: server.ca });
  expect(await pair.online.ok('inspect', gun)).toEqual([await docker.inspect(gun)]);
  return one.map(({ name }) => name);
}

test('adopt: three repositories of the stock client are shown, and the officer pins each root by its digest', async () => {
  const { online, on } = pair;
  for (const gun of guns)
    await online.ok('repository', 'add', gun, '--server', server.url, '--ca', server.ca);
  await online.ok('repository', 'adopt', ...guns, '-o', on('adopt.request.tar'));
  const anomalies = await signAll('adopt.request.tar', 'adopt.response.tar');
  const contacts = anomalies.filter(({ id, typed }) => typed && id.startsWith('FIRST-CONTACT:'));
  expect(contacts).toHaveLength(3);
  await online.ok('publish', on('adopt.response.tar'));
}, 120_000);

test('import: the old keys sign on, and a snapshot key that was left at the client signs online', async () => {
  const { online, offline, passphraseFile } = pair;
  const folder = join(old.trustDir, 'private');
  const from = ['--import-passphrase-file', imported, '--passphrase-file', passphraseFile];
  await offline.ok('key', 'import', folder, ...from);
  await online.ok('key', 'import', folder, ...from);
  const roles = async (station: typeof online): Promise<string[]> =>
    (await station.ok<{ keys: { role: string }[] }>('key', 'list')).keys.map(({ role }) => role).sort();
  expect(await roles(offline)).toEqual(expect.arrayContaining(['root', 'targets', 'targets', 'targets']));
  expect(await roles(online)).toContain('snapshot');
  for (const gun of guns) await online.ok('addhash', gun, 'v2', '20', '--sha256', hashOf(2));
  await roundTrip('second');
  for (const gun of guns) expect(await agreed(gun)).toEqual(['v1', 'v2']);
}, 120_000);

test('the snapshot key moves to the server', async () => {
  const [, local] = guns;
  await pair.online.ok('key', 'rotate', local, 'snapshot', '--server-managed');
  await roundTrip('snapshot');
  expect(await agreed(local)).toEqual(['v1', 'v2']);
  await pair.online.ok('addhash', local, 'v3', '30', '--sha256', hashOf(3));
  await roundTrip('third');
  expect(await agreed(local)).toEqual(['v1', 'v2', 'v3']);
}, 120_000);

test('the root moves into the HSM: the old key signs a last time, clients with an old cache follow', async () => {
  const { online, offline, token } = pair;
  await offline.ok('key', 'generate', 'root', '--token', `${token?.uri ?? ''};object=root`, ...pair.secrets);
  for (const gun of guns) await online.ok('key', 'rotate', gun, 'root');
  await roundTrip('root');
  for (const gun of guns) expect((await agreed(gun)).slice(0, 2)).toEqual(['v1', 'v2']);
  const { keys } = await offline.ok<{ keys: { role: string; grade: string; id: string }[] }>('key', 'list');
  expect(
    keys
      .filter(({ role }) => role === 'root')
      .map(({ grade }) => grade)
      .sort(),
  ).toEqual(['A', 'F']);

  for (const gun of guns) await online.ok('addhash', gun, 'v4', '40', '--sha256', hashOf(4));
  await roundTrip('after');
  for (const gun of guns) expect(await agreed(gun)).toContain('v4');
}, 120_000);
