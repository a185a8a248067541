import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startNotaryServer, type NotaryServerPeer } from '../peers/notary-server.ts';
import { scratchFolder } from '../peers/process.ts';
import { hashOf, roundTrip, stations, withOnlineKeys } from '../peers/stations.ts';
import { stockNotary } from '../peers/stock-notary.ts';
import { estate, expectUnstaged, renewCard, stationKey, type Agreed } from './estate.ts';

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

test('root and targets get more keys and a threshold, lose one that is compromised, and go back to one', async () => {
  const app = await estate(server, 'thresholds/all');
  const [second, third, targetsKey] = [
    await stationKey(app, app.offline, 'root', '--label', 'second'),
    await stationKey(app, app.offline, 'root', '--label', 'third'),
    await stationKey(app, app.offline, 'targets', '--label', 'another'),
  ];
  await renewCard(app);
  await expectUnstaged(app, ['threshold', app.gun, 'root', '2', '--add', 'vault'], 'KEY-AMBIGUOUS', 2);
  await expectUnstaged(app, ['threshold', app.gun, 'root', '2', '--add', 'vault:12'], 'KEY-SOURCE', 2);
  const sources = [second, third].flatMap(({ id }) => ['--add', `vault:${id.slice(0, 12)}`]);
  await app.stage('threshold', app.gun, 'root', '2', ...sources);
  const root = await app.step('root');
  expect(keysOf(root, 'Root')).toHaveLength(3);
  expect(root.versions).toMatchObject({ root: 2, targets: 1 });

  await app.stage('threshold', app.gun, 'targets', '2', '--add', `vault:${targetsKey.id}`);
  const targets = await app.step('targets');
  expect(keysOf(targets, 'Repository')).toHaveLength(2);
  expect(targets.versions).toMatchObject({ root: 3, targets: 2 });

  await app.stage('addhash', app.gun, 'v3', '3', '--sha256', hashOf(3));
  expect((await app.step('target')).targets).toEqual(['v1 targets', 'v2 targets', 'v3 targets']);

  const [compromised = ''] = keysOf(root, 'Root');
  const staged = await app.stage('remove-compromised', app.gun, 'root', compromised.slice(0, 16));
  expect(staged.changes).toEqual([{ type: 'key-remove', role: 'root', keyid: compromised }]);
  const removed = await app.step('compromised');
  expect(keysOf(removed, 'Root')).toEqual(keysOf(root, 'Root').slice(1));
  const [next = ''] = keysOf(removed, 'Root');
  // Two of two must sign: without the one there are too few of the old quorum.
  await expectUnstaged(
    app,
    ['remove-compromised', app.gun, 'root', next, '--threshold', '1'],
    'CHANGE-QUORUM',
  );
  await app.stage('threshold', app.gun, 'root', '1');
  expect((await app.step('one')).versions).toMatchObject({ root: 5, targets: 3 });
  const [left = ''] = keysOf(targets, 'Repository');
  await expectUnstaged(app, ['remove-compromised', app.gun, 'targets', left], 'CHANGE-THRESHOLD');
  await app.stage('remove-compromised', app.gun, 'targets', left, '--threshold', '1');
  const last = await app.step('last');
  expect(keysOf(last, 'Repository')).toEqual(keysOf(targets, 'Repository').slice(1));
});

test('M4 a first root with a quorum, of keys on a card, in a file, and made at signing', async () => {
  const app = await stations();
  const gun = `${server.host}/thresholds/first`;
  await app.online.ok('repository', 'add', gun, '--server', server.url, '--ca', server.ca);
  const second = await stationKey(app, app.offline, 'root', '--label', 'second');
  await renewCard(app);
  const { keys } = await app.offline.ok<{ keys: { id: string; role: string }[] }>('key', 'list');
  const first = keys.find(({ role, id }) => role === 'root' && id !== second.id)?.id ?? '';
  const init = ['init', gun, '--root-threshold', '2', '--targets-threshold', '2'];
  await expectUnstaged(app, init, 'CHANGE-THRESHOLD');
  await expectUnstaged(app, [...init, '--root-key', 'vault:0123456789'], 'KEY-NONE', 4);
  await app.online.ok(
    ...[...init, '--root-key', `vault:${first}`, '--root-key', second.file],
    ...['--targets-key', 'new', '--targets-key', 'new'],
  );
  await app.online.ok('addhash', gun, 'v1', '1', '--sha256', hashOf(1));
  await roundTrip(app, 'first');
  expect((await stockNotary(server).list(gun)).map(({ name }) => name)).toEqual(['v1']);
  const [inspected] = await app.online.ok<Agreed['trust'][]>('inspect', gun);
  expect(inspected?.AdministrativeKeys.map(({ Keys }) => Keys.length)).toEqual([2, 2]);
});

test('keys of snapshot and timestamp of a folder are replaced by the newest of the station', async () => {
  const app = await stations();
  await withOnlineKeys(app);
  const folder = join(scratchFolder('folder'), 'trust');
  mkdirSync(folder);
  const gun = 'registry.example.com/thresholds/folder';
  await app.online.ok('repository', 'add', gun, '--directory', folder);
  await app.online.ok('init', gun);
  await app.online.ok('addhash', gun, 'v1', '1', '--sha256', hashOf(1));
  await roundTrip(app, 'first');
  await expectUnstaged(app, ['key', 'rotate', gun, 'snapshot'], 'KEY-NONE', 4);
  await stationKey(app, app.online, 'snapshot', '--label', 'newer');
  await app.online.ok('addhash', gun, 'v2', '2', '--sha256', hashOf(2));
  await roundTrip(app, 'before');
  await app.online.ok('key', 'rotate', gun, 'snapshot');
  await roundTrip(app, 'rotated');
  await app.online.ok('remove', gun, 'v1');
  await roundTrip(app, 'after');
  const { targets } = await app.online.ok<{ targets: { name: string }[] }>('list', gun);
  expect(targets.map(({ name }) => name)).toEqual(['v2']);
});
