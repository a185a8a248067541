import { copyFileSync, cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scratchFolder } from '../peers/process.ts';
import { hashOf, roundTrip, stations, withOnlineKeys } from '../peers/stations.ts';
import { survive } from '../kill/killed.ts';
import { servedRepository, type ServedRepository } from './fixture.ts';

let served: ServedRepository;
beforeAll(async () => {
  served = await servedRepository();
}, 60_000);
afterAll(() => served.stop());

interface Refreshed {
  readonly repositories: readonly {
    readonly name: string;
    readonly state: string;
    readonly roles: readonly { role: string; version: number; expires: string; renewed: boolean }[];
    readonly error: { readonly check: string } | null;
  }[];
}

const refresh = (...args: string[]): Promise<Refreshed> =>
  served.pair.online.ok<Refreshed>(
    ...['refresh', ...args, '--online', '--passphrase-file', served.pair.passphraseFile],
  );

describe('refresh --online', () => {
  test('a new timestamp alone, one day on, without a terminal; tuf-js with a kept and a fresh cache takes it', async () => {
    const kept = served.client();
    await kept();
    const { repositories } = await refresh('app');
    const before = Date.parse(served.metadata('timestamp.json').signed.expires) - Date.now();
    expect(before / 86_400_000).toBeCloseTo(1, 1);
    expect(repositories).toMatchObject([
      {
        name: 'app',
        state: 'renewed',
        roles: [
          { role: 'timestamp', version: 2, renewed: true },
          { role: 'snapshot', version: 1, renewed: false },
        ],
      },
    ]);
    for (const client of [kept, served.client()]) await client();
    expect(served.metadata('timestamp.json').signed.version).toBe(2);
  });

  test('--snapshot signs both; without it the snapshot waits until half of its usual validity is over', async () => {
    const asked = await refresh('app', '--snapshot');
    expect(asked.repositories[0]?.roles).toMatchObject([{ renewed: true }, { version: 2, renewed: true }]);
    expect((await refresh('app')).repositories[0]?.roles[1]).toMatchObject({ version: 2, renewed: false });
    // seven days are left: less than half of twenty
    const policy = ['policy', 'set', 'snapshot', '--dialect', 'tuf', '--repository', 'app'];
    await served.pair.online.ok(...policy, '--usual', '20d');
    const due = await refresh();
    expect(due.repositories[0]?.roles[1]).toMatchObject({ version: 3, renewed: true });
    const left = Date.parse(due.repositories[0]?.roles[1]?.expires ?? '') - Date.now();
    expect(left / 86_400_000).toBeCloseTo(20, 1);
    await served.pair.online.ok(...policy, '--default');
    await served.client()();
  });

  test('READ-ROLLBACK CHAIN-*: nothing is signed over what was put back, or is not signed by the keys (exit 3)', async () => {
    const metadata = join(served.folder, 'metadata');
    const old = scratchFolder('old');
    cpSync(metadata, old, { recursive: true });
    await refresh('app');
    const newer = scratchFolder('newer');
    cpSync(metadata, newer, { recursive: true });
    copyFileSync(join(old, 'timestamp.json'), join(metadata, 'timestamp.json'));
    const args = ['refresh', 'app', '--online', '--passphrase-file', served.pair.passphraseFile, '--json'];
    const rolled = await served.pair.online.run(args);
    expect(rolled.code).toBe(3);
    expect(rolled.json()).toMatchObject({
      repositories: [{ state: 'failed', error: { check: 'READ-ROLLBACK' } }],
    });
    const forged = { ...served.metadata('timestamp.json') } as { signed: { version: number } };
    forged.signed.version = 99;
    writeFileSync(join(metadata, 'timestamp.json'), JSON.stringify(forged));
    const refused = await served.pair.online.run(args);
    expect(refused.code).toBe(3);
    expect(refused.stdout).toContain('CHAIN-TIMESTAMP');
    expect(served.metadata('timestamp.json').signed.version).toBe(99);
    rmSync(metadata, { recursive: true });
    cpSync(newer, metadata, { recursive: true });
    await refresh('app');
  });

  test('REFRESH-STORE KEY-NONE: places that sign for themselves (exit 2), keys that are elsewhere (exit 4), others go on', async () => {
    const { online } = served.pair;
    await online.ok('repository', 'add', 'hosted.example.com/app', '--server', 'https://hosted.example.com');
    const args = ['--online', '--passphrase-file', served.pair.passphraseFile, '--json'];
    const hosted = await online.run(['refresh', 'hosted.example.com/app', ...args]);
    expect([hosted.code, hosted.stdout]).toEqual([2, expect.stringContaining('REFRESH-STORE')]);
    const other = await stations({ rootKey: false });
    await other.online.ok('repository', 'add', 'app', '--dialect', 'tuf', '--directory', served.folder);
    const elsewhere = await other.online.run(['refresh', ...args]);
    expect([elsewhere.code, elsewhere.stdout]).toEqual([4, expect.stringContaining('KEY-NONE')]);
    await online.ok('repository', 'add', 'empty', '--dialect', 'tuf', '--directory', scratchFolder('empty'));
    const both = await online.run(['refresh', ...args]);
    expect(both.code).toBe(6);
    expect((both.json() as Refreshed).repositories.map(({ name, state }) => [name, state])).toEqual([
      ['app', 'renewed'],
      ['empty', 'failed'],
    ]);
  });

  test('R14: kill -9 at random instants leaves a repository that clients take, and a rerun renews it', async () => {
    const args = [
      'refresh',
      'app',
      '--online',
      '--snapshot',
      '--passphrase-file',
      served.pair.passphraseFile,
    ];
    const kept = served.client();
    const begin = performance.now();
    await served.pair.online.ok(...args);
    const usual = performance.now() - begin;
    let last = served.metadata('timestamp.json').signed.version;
    const { kills } = await survive({ station: served.pair.online, env: {}, args }, 8, usual, async () => {
      await kept();
      const { version } = served.metadata('timestamp.json').signed;
      expect(version - last).toBeGreaterThanOrEqual(0);
      expect(version - last).toBeLessThanOrEqual(1);
      last = version;
    });
    expect(kills).toBeGreaterThan(0);
    await served.client()();
    expect(readdirSync(join(served.folder, 'metadata')).filter((name) => name.endsWith('.part'))).toEqual([]);
  }, 60_000);

  test('beside a publisher: two stations with the same keys renew at once, again and again; nobody fails', async () => {
    const twin = { ...served.pair.online, home: join(scratchFolder('twin'), 'home') };
    cpSync(served.pair.online.home, twin.home, { recursive: true });
    const args = ['refresh', 'app', '--online', '--passphrase-file', served.pair.passphraseFile, '--json'];
    const { run } = await import('../peers/program.ts');
    for (let round = 0; round < 3; round++) {
      const before = served.metadata('timestamp.json').signed.version;
      const all = await Promise.all([served.pair.online.home, twin.home].map((home) => run(args, { home })));
      expect(all.map(({ code, stdout }) => (code === 0 ? 0 : stdout))).toEqual([0, 0]);
      // within one second both sign the same bytes, which is one version
      const { version } = served.metadata('timestamp.json').signed;
      expect([before + 1, before + 2]).toContain(version);
    }
    await served.client()();
  }, 60_000);

  test('a Notary folder is renewed as well, its targets as they were', async () => {
    const pair = await stations();
    await withOnlineKeys(pair);
    const gun = 'registry.example.com/refresh/app';
    await pair.online.ok('repository', 'add', gun, '--directory', scratchFolder('notary'));
    await pair.online.ok('init', gun);
    await pair.online.ok('addhash', gun, 'v1', '7', '--sha256', hashOf(1));
    await roundTrip(pair, 'first');
    const args = ['refresh', '--online', '--snapshot', '--passphrase-file', pair.passphraseFile];
    const { repositories } = await pair.online.ok<Refreshed>(...args);
    expect(repositories[0]?.roles).toMatchObject([
      { role: 'timestamp', version: 2, renewed: true },
      { role: 'snapshot', version: 2, renewed: true },
    ]);
    const { targets } = await pair.online.ok<{ targets: { name: string }[] }>('list', gun);
    expect(targets.map(({ name }) => name)).toEqual(['v1']);
  }, 60_000);
});
