import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tuf } from '../../src/metadata/tuf/dialect.ts';
import { fetchOnlineRoles } from '../../src/online/reading/fetch.ts';
import { tufDirectoryStore } from '../../src/online/tuf-repository/directory-store.ts';
import { roundTrip } from '../peers/stations.ts';
import { scratchFolder } from '../peers/process.ts';
import { CONTEXT, EXPIRES, rootOf, signedBy, targetsOf, testKey } from '../tuf/documents.ts';
import { servedRepository, type ServedRepository } from './fixture.ts';

let served: ServedRepository;
beforeAll(async () => {
  served = await servedRepository();
}, 60_000);
afterAll(() => served.stop());

const signers = (file: string): string[] =>
  (served.metadata(file) as unknown as { signatures: { keyid: string }[] }).signatures.map(
    ({ keyid }) => keyid,
  );

describe('online keys that a root replaces', () => {
  test('the old ones sign beside the new once: a client between the two roots refuses nothing; later ones are by the new alone', async () => {
    const { online, passphraseFile } = served.pair;
    const [before] = signers('timestamp.json');
    const between = served.client();
    await between();
    const secret = ['--keyfile', '--algorithm', 'ed25519', '--passphrase-file', passphraseFile];
    for (const role of ['snapshot', 'timestamp']) {
      await online.ok('key', 'generate', role, '--dialect', 'tuf', '--label', `next ${role}`, ...secret);
      await online.ok('key', 'rotate', 'app', role);
    }
    await roundTrip(served.pair, 'rotate');
    expect(signers('timestamp.json')).toHaveLength(2);
    expect(signers('timestamp.json')).toContain(before);
    expect(signers('2.snapshot.json')).toHaveLength(2);
    // as a cache would do that serves the new timestamp before the new root
    served.hidden.add('/metadata/2.root.json');
    await between();
    served.hidden.clear();
    await between();
    await served.client()();
    await online.ok('refresh', 'app', '--online', '--snapshot', '--passphrase-file', passphraseFile);
    expect([signers('timestamp.json').length, signers('3.snapshot.json').length]).toEqual([1, 1]);
    expect(signers('timestamp.json')).not.toContain(before);
    await between();
  }, 60_000);
});

describe('what a renewal reads', () => {
  test('a repository of 4,096 bins: root, timestamp and snapshot, and no file of a targets role', async () => {
    const key = testKey('ed25519');
    const store = tufDirectoryStore(scratchFolder('bins'), 'app');
    const root = signedBy('root', rootOf([key]), [key]);
    const targets = signedBy('targets', targetsOf([]), [key]);
    const bins = Array.from({ length: 4096 }, (_, at) => `bin-${at.toString(16).padStart(3, '0')}`);
    const files = new Map([['targets', targets], ...bins.map((bin) => [bin, targets] as const)]);
    const snapshot = signedBy('snapshot', tuf.newSnapshot(null, files, 1, EXPIRES), [key]);
    const timestamp = signedBy('timestamp', tuf.newTimestamp(null, snapshot, 1, EXPIRES), [key]);
    const read: string[] = [];
    const counting = {
      ...store,
      current: (role: string) => {
        read.push(role);
        return Promise.resolve({ root, timestamp }[role]?.file ?? null);
      },
      listed: (role: string) => {
        read.push(role);
        return Promise.resolve(role === 'snapshot' ? snapshot.file : null);
      },
    };
    const verified = await fetchOnlineRoles(tuf, counting, null, root.version, CONTEXT);
    expect(tuf.listed(verified!.snapshot!).size).toBe(4097);
    expect(read).toEqual(['root', 'timestamp', 'snapshot']);
  });

  test('through the program: renewed although no targets file can be read', async () => {
    const { online, passphraseFile } = served.pair;
    rmSync(join(served.folder, 'metadata', '1.targets.json'));
    for (const more of [[], ['--snapshot']])
      await online.ok('refresh', 'app', '--online', ...more, '--passphrase-file', passphraseFile);
  });
});
