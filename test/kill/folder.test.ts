import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { notary } from '../../src/metadata/notary/dialect.ts';
import { directoryStore } from '../../src/online/directory/repository.ts';
import { fetchRepository } from '../../src/online/reading/fetch.ts';
import { scratchFolder } from '../peers/process.ts';
import { stations, withOnlineKeys } from '../peers/stations.ts';
import { killRounds, type Peer } from './rounds.ts';

const KILLS = 150;

describe('kill -9 at random instants, keys in files, a folder as the repository', () => {
  test(`R13 R14 M7: ${String(KILLS)} kills lose nothing, publish nothing twice, and every command runs again`, async () => {
    const pair = await stations();
    await withOnlineKeys(pair);
    const folder = scratchFolder('published');
    const current = (gun: string, role: string): { signed: { version: number; targets?: object } } =>
      JSON.parse(readFileSync(join(folder, 'v2', gun, '_trust', 'tuf', `${role}.json`), 'utf8')) as {
        signed: { version: number; targets?: object };
      };
    const peer: Peer = {
      name: (round) => `registry.example.com/kill/app-${String(round + 1)}`,
      add: async (gun) => {
        await pair.online.ok('repository', 'add', gun, '--directory', folder);
      },
      versions: (gun) => {
        const version = (role: string): number => current(gun, role).signed.version;
        return Promise.resolve({
          root: version('root'),
          targets: version('targets'),
          snapshot: version('snapshot'),
          timestamp: version('timestamp'),
          names: Object.keys(current(gun, 'targets').signed.targets ?? {}).sort(),
        });
      },
      async intact(gun) {
        // what a reader finds at this instant is the old state or the new one, whole
        const context = { repository: gun, now: Date.now() };
        await fetchRepository(notary, directoryStore(folder, gun), null, 1, null, context);
      },
    };
    const counts = await killRounds(pair, peer, KILLS);
    process.stderr.write(`kills: ${JSON.stringify(counts)}\n`);
    for (const verb of ['export', 'sign', 'publish'] as const) expect(counts[verb]).toBeGreaterThan(20);
  }, 290_000);
});
