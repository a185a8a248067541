import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startNotaryServer, type NotaryServerPeer } from '../peers/notary-server.ts';
import { publish, roundTrip, signAll } from '../peers/stations.ts';
import { estate, expectUnstaged, stationKey, type Agreed, type Estate } from './estate.ts';

// each step is a dozen programs, one after the other
vi.setConfig({ testTimeout: 240_000 });

let server: NotaryServerPeer;
beforeAll(async () => {
  server = await startNotaryServer();
});
afterAll(() => server.stop());

function keysOf({ trust }: Agreed, name: string): readonly string[] {
  return trust.AdministrativeKeys.find(({ Name }) => Name === name)?.Keys.map(({ ID }) => ID) ?? [];
}

async function daysLeft({ online, gun }: Estate, role: string): Promise<number> {
  const { endings } = await online.ok<{ endings: { what: string; expires: string }[] }>('expiry', gun);
  const expires = endings.find(({ what }) => what === role)?.expires ?? '';
  return Math.round((Date.parse(expires) - Date.now()) / 86_400_000);
}

test('keys of targets, root, snapshot and timestamp are rotated one after the other, and every client follows', async () => {
  const app = await estate(server, 'rotation/all');
  const before = await app.agree();

  await app.stage('key', 'rotate', app.gun, 'targets');
  const targets = await app.step('targets');
  expect(targets.versions).toMatchObject({ root: 2, targets: 2 });
  expect(keysOf(targets, 'Repository')).not.toEqual(keysOf(before, 'Repository'));
  expect(keysOf(targets, 'Root')).toEqual(keysOf(before, 'Root'));

  await stationKey(app, app.offline, 'root', '--label', 'second root');
  await app.stage('key', 'rotate', app.gun, 'root');
  const root = await app.step('root');
  expect(root.versions).toMatchObject({ root: 3, targets: 2 });
  expect(keysOf(root, 'Root')).not.toEqual(keysOf(before, 'Root'));

  for (const role of ['snapshot', 'timestamp']) await app.stage('key', 'rotate', app.gun, role, '-r');
  const servers = await app.step('servers');
  expect(servers.versions).toMatchObject({ root: 4, targets: 2 });
});

test('the root certificate is renewed over the same key, and roles get new expiries, and nothing else', async () => {
  const app = await estate(server, 'rotation/renewal');
  const root = await app.agree();
  const renewed = await app.stage('key', 'renew', app.gun);
  expect(renewed.changes).toEqual([{ type: 'renew-certificate', keyid: keysOf(root, 'Root')[0] }]);
  const renewal = await app.step('renewal');
  expect(renewal.versions).toMatchObject({ root: 2, targets: 1 });
  expect(keysOf(renewal, 'Root')).not.toEqual(keysOf(root, 'Root'));

  await app.stage('refresh', app.gun);
  const refreshed = await app.step('refresh');
  expect(refreshed.versions).toMatchObject({ root: 3, targets: 2 });
  expect(await daysLeft(app, 'root')).toBe(3650);

  await app.stage('refresh', app.gun, 'targets', '--expires', '365d');
  await app.stage('refresh', app.gun, 'root', '--expires', '700d');
  expect((await app.step('short')).versions).toMatchObject({ root: 4, targets: 3 });
  expect([await daysLeft(app, 'root'), await daysLeft(app, 'targets')]).toEqual([700, 365]);
});

test('root is rotated twice while a stock client is asleep; it walks the chain when it wakes up', async () => {
  const app = await estate(server, 'rotation/asleep');
  await app.agree();
  for (const label of ['second', 'third']) {
    await stationKey(app, app.offline, 'root', '--label', label);
    await app.stage('key', 'rotate', app.gun, 'root');
    const staged = await app.online.ok<{ request: string }>('export', '-o', app.on(`${label}.request.tar`));
    expect(staged.request).toMatch(/^[0-9a-f]{64}$/);
    const review = await app.offline.ok<{ anomalies: { id: string }[] }>(
      'review',
      app.on(`${label}.request.tar`),
    );
    expect(JSON.stringify(review)).toContain('rotate-key');
    // The older keys are chosen no more: the station holds them still.
    const { keys } = await app.offline.ok<{ keys: { id: string; role: string }[] }>('key', 'list');
    const newest = keys.filter(({ role }) => role === 'root').at(-1)?.id ?? '';
    await signWith(app, label, newest);
    await publish(app, `${label}.response.tar`);
  }
  expect((await app.agree()).versions).toMatchObject({ root: 3, targets: 1 });
});

async function signWith({ offline, on, secrets }: Estate, name: string, key: string): Promise<void> {
  const { digest, anomalies } = await offline.ok<{
    digest: string;
    anomalies: { id: string; typed: boolean }[];
  }>('review', on(`${name}.request.tar`));
  const accept = anomalies.filter(({ typed }) => typed).flatMap(({ id }) => ['--accept', id]);
  await offline.ok(
    ...['sign', on(`${name}.request.tar`), '-o', on(`${name}.response.tar`), ...secrets],
    ...['--key', key, '--approve', digest, ...accept],
  );
}

test('R17 what cannot be is refused when it is staged, and nothing is staged', async () => {
  const app = await estate(server, 'rotation/refused');
  const refusals: [string[], string, number][] = [
    [['key', 'rotate', app.gun, 'root', '-k', 'nobody'], 'KEY-SOURCE', 2],
    [['key', 'rotate', app.gun, 'root', '-k', 'vault'], 'KEY-NONE', 4],
    [['key', 'rotate', app.gun, 'targets', '-r'], 'ROTATE-KEYS', 2],
    [['key', 'rotate', app.gun, 'snapshot', '-k', 'new'], 'ROTATE-KEYS', 2],
    [['key', 'rotate', app.gun, 'targets/alice'], 'ROTATE-KEYS', 2],
    [['key', 'rotate', app.gun, 'mirror'], 'NAME-ROLE', 3],
    [['key', 'renew', app.gun, '0123456789abcdef'], 'CHANGE-KEY', 3],
    [['refresh', app.gun, 'snapshot'], 'REFRESH-ROLE', 3],
    [['refresh', app.gun, 'targets/ghost'], 'REFRESH-ROLE', 3],
    [['refresh', app.gun, '--expires', '1y'], 'REFRESH-EXPIRES', 2],
    [['refresh', app.gun, 'root', '--expires', '20000d'], 'POLICY-EXPIRY', 3],
    [['witness', app.gun, 'root'], 'REFRESH-ROLE', 2],
    [['threshold', app.gun, 'root', '2'], 'CHANGE-THRESHOLD', 3],
    [['threshold', app.gun, 'root', '0'], 'CHANGE-THRESHOLD', 2],
    [['threshold', app.gun, 'timestamp', '1'], 'CHANGE-ROLE', 3],
    [['init', app.gun], 'CHAIN-LINEAGE', 3],
  ];
  for (const [args, check, exit] of refusals) await expectUnstaged(app, args, check, exit);
  const status = await app.online.run(['status', app.gun]);
  expect(status.stdout).toBe('nothing is staged\n');

  await app.stage('addhash', app.gun, 'v3', '3', '--sha256', 'ab'.repeat(32));
  await expectUnstaged(app, ['key', 'rotate', app.gun, 'targets'], 'POLICY-MIXED');
});

test('server keys that another export took anew are those that the published root names', async () => {
  const app = await estate(server, 'rotation/superseded');
  await app.stage('key', 'rotate', app.gun, 'snapshot');
  const { request } = await app.online.ok<{ request: string }>('export', '-o', app.on('lost.request.tar'));
  await app.online.ok('export', '--supersede', request, '-o', app.on('again.request.tar'));
  await signAll(app, 'again.request.tar', 'again.response.tar');
  await publish(app, 'again.response.tar');
  expect((await app.agree()).versions).toMatchObject({ root: 2 });
  await app.stage('addhash', app.gun, 'v3', '3', '--sha256', 'ab'.repeat(32));
  await roundTrip(app, 'target');
  expect((await app.agree()).targets).toEqual(['v1 targets', 'v2 targets', 'v3 targets']);
});
