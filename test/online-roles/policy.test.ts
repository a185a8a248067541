import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportAll, publish, signAll } from '../peers/stations.ts';
import { servedRepository, type ServedRepository } from './fixture.ts';

let served: ServedRepository;
beforeAll(async () => {
  served = await servedRepository();
}, 60_000);
afterAll(() => served.stop());

const days = (file: string): number =>
  Math.round((Date.parse(served.metadata(file).signed.expires) - Date.now()) / 86_400_000);

describe('policy: how long roles are valid', () => {
  test('usual days are asked for by the online half, for all repositories or one; POLICY-EXPIRY at the offline half', async () => {
    const { online, offline, on } = served.pair;
    expect(days('1.targets.json')).toBe(90);
    await online.ok('policy', 'set', 'targets', '--dialect', 'tuf', '--usual', '20d');
    await online.ok('policy', 'set', 'targets', '--dialect', 'tuf', '--repository', 'app', '--usual', '40d');
    await online.ok('policy', 'set', 'snapshot', '--dialect', 'tuf', '--usual', '5d');
    await offline.ok('policy', 'set', 'targets', '--dialect', 'tuf', '--most', '30d', '--usual', '30d');
    await online.ok('refresh', 'app', 'targets');
    await exportAll(served.pair, 'long.request.tar');
    const refused = await offline.run(['review', on('long.request.tar'), '--json']);
    expect([refused.code, refused.stdout]).toEqual([3, expect.stringContaining('POLICY-EXPIRY')]);
    await offline.ok('policy', 'set', 'targets', '--dialect', 'tuf', '--repository', 'app', '--most', '45d');
    await signAll(served.pair, 'long.request.tar', 'long.response.tar');
    await publish(served.pair, 'long.response.tar');
    expect([days('2.targets.json'), days('2.snapshot.json')]).toEqual([40, 5]);
    await served.client()();
  }, 60_000);

  test('POLICY-BOUNDS POLICY-DAYS POLICY-NOTHING NAME-ROLE: what cannot be meant is not set (exit 2 or 3)', async () => {
    const { offline } = served.pair;
    const before = await offline.ok('policy', 'show');
    for (const [args, check] of [
      [['timestamp', '--usual', '5d', '--most', '4d'], 'POLICY-BOUNDS'],
      [['timestamp', '--usual', '0d'], 'POLICY-BOUNDS'],
      [['timestamp', '--most', '1'], 'POLICY-DAYS'],
      [['timestamp', '--most', '99999d'], 'POLICY-DAYS'],
      [['timestamp'], 'POLICY-NOTHING'],
      [['timestamp', '--default', '--usual', '1d'], 'USAGE-FLAGS'],
      [['..', '--usual', '1d', '--dialect', 'notary'], 'NAME-ROLE'],
    ] as const) {
      const { code, stdout } = await offline.run(['policy', 'set', ...args, '--json']);
      expect([2, 3], check).toContain(code);
      expect(stdout).toContain(check);
    }
    expect(await offline.ok('policy', 'show')).toEqual(before);
  });

  test('M1 what is set is what the ledger says: no file beside it changes anything, and --default takes it away', async () => {
    const { online } = served.pair;
    const before = await online.ok('policy', 'show');
    await online.ok('policy', 'set', 'root', '--dialect', 'tuf', '--most', '500d');
    writeFileSync(join(online.home, 'policy.json'), '{"expiry":[]}');
    expect(JSON.stringify(await online.ok('policy', 'show'))).toContain('500');
    await online.ok('policy', 'set', 'root', '--dialect', 'tuf', '--default');
    expect(await online.ok('policy', 'show')).toEqual(before);
    await online.ok('log', 'verify');
    expect(JSON.stringify(await online.ok<object>('log', 'show'))).toContain('"policy"');
  });
});
