import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dockerClient } from '../peers/docker-client.ts';
import { startNotaryServer, type NotaryServerPeer } from '../peers/notary-server.ts';
import { nssToken } from '../peers/nss.ts';
import { softHsm } from '../peers/softhsm.ts';
import {
  exportAll,
  hashOf,
  publish,
  roundTrip,
  signAll,
  stations,
  type TestStations,
} from '../peers/stations.ts';
import { stockNotary } from '../peers/stock-notary.ts';

let server: NotaryServerPeer;
beforeAll(async () => {
  server = await startNotaryServer();
});
afterAll(() => server.stop());

async function add(pair: TestStations, gun: string): Promise<void> {
  await pair.online.ok('repository', 'add', gun, '--server', server.url, '--ca', server.ca);
}

const PLACES = [
  ['SoftHSM', () => softHsm()],
  ['NSS softokn', () => nssToken()],
  ['key files', () => Promise.resolve(undefined)],
] as const;

describe.each(PLACES)('the loop with keys in %s', (place, makeToken) => {
  test('init, addhash, export, review, sign, publish: both stock clients accept it, before and after a change', async () => {
    const token = await makeToken();
    const pair = await stations(token === undefined ? {} : { token });
    const gun = `${server.host}/loop/${place.toLowerCase().replaceAll(' ', '-')}`;
    await add(pair, gun);
    await pair.online.ok('init', gun);
    for (const [at, tag] of ['v1', 'v2', 'v3'].entries())
      await pair.online.ok('addhash', gun, tag, String(100 + at), '--sha256', hashOf(at + 1));
    await roundTrip(pair, 'first');
    const kept = stockNotary({ url: server.url, ca: server.ca });
    const docker = dockerClient({ url: server.url, ca: server.ca });
    expect((await kept.list(gun)).map(({ name, sha256 }) => [name, sha256])).toEqual(
      ['v1', 'v2', 'v3'].map((tag, at) => [tag, hashOf(at + 1)]),
    );
    const ours = await pair.online.ok('inspect', gun);
    expect(ours).toEqual([await docker.inspect(gun)]);

    await pair.online.ok('remove', gun, 'v1');
    await pair.online.ok('addhash', gun, 'v2', '50', '--sha256', hashOf(99));
    await pair.online.ok('addhash', gun, 'v4', '104', '--sha256', hashOf(4), '--sha512', 'ab'.repeat(64));
    await exportAll(pair, 'second.request.tar');
    const review = await pair.offline.run(['review', pair.on('second.request.tar')]);
    expect(review.stdout).toMatch(/removed: v1/);
    expect(review.stdout).toMatch(/shrunken \(101 to 50 bytes\): v2/);
    await signAll(pair, 'second.request.tar', 'second.response.tar');
    await publish(pair, 'second.response.tar');
    const expected = [
      ['v2', hashOf(99)],
      ['v3', hashOf(3)],
      ['v4', hashOf(4)],
    ];
    for (const client of [kept, stockNotary({ url: server.url, ca: server.ca })])
      expect((await client.list(gun)).map(({ name, sha256 }) => [name, sha256])).toEqual(expected);
    expect(await pair.online.ok('inspect', gun)).toEqual([await docker.inspect(gun)]);
    expect(
      (await pair.offline.ok<{ keys: { grade: string }[] }>('key', 'list')).keys.map(({ grade }) => grade),
    ).toEqual(place === 'SoftHSM' ? ['A', 'A'] : place === 'NSS softokn' ? ['B', 'B'] : ['F', 'F']);
    await pair.offline.ok('log', 'verify');
    await pair.online.ok('log', 'verify');
  });
});
