import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plainRequest } from '../peers/https.ts';
import { startNotaryServer, type NotaryServerPeer } from '../peers/notary-server.ts';
import { softHsm } from '../peers/softhsm.ts';
import { stations } from '../peers/stations.ts';
import { stockNotary } from '../peers/stock-notary.ts';
import { killRounds, type Peer } from './rounds.ts';

const KILLS = 50;

let server: NotaryServerPeer;
beforeAll(async () => {
  server = await startNotaryServer();
});
afterAll(() => server.stop());

interface File {
  readonly signed: { readonly version: number; readonly targets?: object };
}

describe('kill -9 at random instants, keys in SoftHSM, a notary-server', () => {
  test(`R13 R14 M7 M21: ${String(KILLS)} kills lose nothing, publish nothing twice, and every command runs again`, async () => {
    const pair = await stations({ token: await softHsm() });
    const current = async (gun: string, role: string): Promise<File> => {
      const url = `${server.url}/v2/${gun}/_trust/tuf/${role}.json`;
      const { status, body } = await plainRequest(url, { caPem: server.caPem });
      expect(status, url).toBe(200);
      return JSON.parse(body.toString('utf8')) as File;
    };
    const peer: Peer = {
      name: (round) => `${server.host}/kill/app-${String(round + 1)}`,
      add: async (gun) => {
        await pair.online.ok('repository', 'add', gun, '--server', server.url, '--ca', server.ca);
      },
      async versions(gun) {
        const [root, targets, snapshot, timestamp] = (await Promise.all(
          ['root', 'targets', 'snapshot', 'timestamp'].map((role) => current(gun, role)),
        )) as [File, File, File, File];
        return {
          root: root.signed.version,
          targets: targets.signed.version,
          snapshot: snapshot.signed.version,
          timestamp: timestamp.signed.version,
          names: Object.keys(targets.signed.targets ?? {}).sort(),
        };
      },
      intact: () => Promise.resolve(),
    };
    const counts = await killRounds(pair, peer, KILLS);
    process.stderr.write(`kills: ${JSON.stringify(counts)}\n`);
    const stock = stockNotary({ url: server.url, ca: server.ca });
    expect((await stock.list(peer.name(0))).map(({ name }) => name).sort()).toEqual(
      (await peer.versions(peer.name(0))).names,
    );
    const { keys } = await pair.offline.ok<{ keys: { role: string; repository: string | null }[] }>(
      'key',
      'list',
    );
    const bound = keys.filter(({ role }) => role === 'targets').map(({ repository }) => repository);
    expect(new Set(bound).size, 'M21: one targets key a repository').toBe(bound.length);
  }, 290_000);
});
