import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectRefusal } from '../attacks/refusal.ts';
import { startNotaryServer, type NotaryServerPeer } from '../peers/notary-server.ts';
import { exportAll, hashOf, roundTrip, signAll, publish, stations } from '../peers/stations.ts';
import { stockNotary } from '../peers/stock-notary.ts';

let server: NotaryServerPeer;
beforeAll(async () => {
  server = await startNotaryServer();
});
afterAll(() => server.stop());

test('M3 a deleted repository begins anew: only as restart, typed, with other keys; clients start afresh', async () => {
  const pair = await stations();
  const { online, offline, on, secrets } = pair;
  const gun = `${server.host}/restart/app`;
  await online.ok('repository', 'add', gun, '--server', server.url, '--ca', server.ca);
  await online.ok('init', gun);
  await online.ok('addhash', gun, 'v1', '1', '--sha256', hashOf(1));
  await roundTrip(pair, 'first');
  await online.ok('addhash', gun, 'v2', '2', '--sha256', hashOf(2));
  await roundTrip(pair, 'second');

  const root = await online.ok<{ roots: { file: string }[] }>('repository', 'show', gun);
  await online.ok('delete', gun, '--remote', '--approve', root.roots.at(-1)?.file ?? '');
  await online.ok('repository', 'add', gun, '--server', server.url, '--ca', server.ca);

  const plain = await online.run(['init', gun, '--json']);
  expect([plain.code, plain.stdout]).toEqual([3, expect.stringContaining('CHAIN-LINEAGE')]);
  await online.ok('init', gun, '--restart');
  await online.ok('addhash', gun, 'v3', '3', '--sha256', hashOf(3));
  await exportAll(pair, 'anew.request.tar');
  const { anomalies } = await offline.ok<{ anomalies: { id: string; typed: boolean }[] }>(
    'review',
    on('anew.request.tar'),
  );
  expect(anomalies.filter(({ typed }) => typed).map(({ id }) => id.split(':')[0])).toEqual(
    expect.arrayContaining(['RESTART', 'FIRST-ROOT']),
  );
  // The root key of before is not put in by itself.
  const { digest } = await offline.ok<{ digest: string }>('bundle', 'digest', on('anew.request.tar'));
  const accept = anomalies.filter(({ typed }) => typed).flatMap(({ id }) => ['--accept', id]);
  await expectRefusal(
    offline,
    [
      'sign',
      on('anew.request.tar'),
      '-o',
      on('anew.response.tar'),
      ...secrets,
      '--approve',
      digest,
      ...accept,
    ],
    'KEY-NONE',
    { exit: 4 },
  );
  await offline.ok('key', 'generate', 'root', '--keyfile', '--label', 'root 2', ...secrets);
  await signAll(pair, 'anew.request.tar', 'anew.response.tar');
  await publish(pair, 'anew.response.tar');
  const fresh = stockNotary({ url: server.url, ca: server.ca });
  expect((await fresh.list(gun)).map(({ name }) => name)).toEqual(['v3']);

  // Life goes on from version 1, without a gap.
  await online.ok('addhash', gun, 'v4', '4', '--sha256', hashOf(4));
  await exportAll(pair, 'on.request.tar');
  const later = await offline.ok<{ anomalies: { id: string }[] }>('review', on('on.request.tar'));
  expect(later.anomalies.filter(({ id }) => id.startsWith('GAP:'))).toEqual([]);
  await signAll(pair, 'on.request.tar', 'on.response.tar');
  await publish(pair, 'on.response.tar');
  expect((await fresh.list(gun)).map(({ name }) => name)).toEqual(['v3', 'v4']);
}, 120_000);
