import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { SigningKey } from '../../src/signer/signer.ts';
import { Signers } from '../../src/station/keys/signers.ts';
import { refusalOf } from '../attacks/refusal.ts';
import { faulty, type FaultyToken } from '../peers/fault-shim.ts';
import type { Finished } from '../peers/program.ts';
import { scratchFolder } from '../peers/process.ts';
import { softHsm } from '../peers/softhsm.ts';
import { exportAll, hashOf, signAll, stations, type TestStations } from '../peers/stations.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const NAMES = ['one', 'two', 'three'];
const folders = new Map(NAMES.map((name) => [name, scratchFolder('published')]));

let token: FaultyToken;
let pair: TestStations;
let right: string;
let wrong: string;

function pinFile(pin: string): string {
  const file = join(scratchFolder('secrets'), 'pin');
  writeFileSync(file, `${pin}\n`, { mode: 0o600 });
  return file;
}

beforeAll(async () => {
  token = await faulty(await softHsm('online'));
  right = pinFile(token.pin);
  wrong = pinFile('not-the-pin');
  pair = await stations({ dialect: 'tuf', rootKey: false, onlineToken: token });
  const { online, offline, passphraseFile } = pair;
  await online.ok('token', 'allow', token.module.path);
  for (const role of ['snapshot', 'timestamp']) {
    const uri = `${token.uri};object=${role}`;
    await online.ok('key', 'generate', role, '--dialect', 'tuf', '--token', uri, '--pin-file', right);
  }
  for (const [name, folder] of folders) {
    const place = ['--dialect', 'tuf', '--label', name, '--repository', name];
    await offline.ok(
      ...['key', 'generate', 'root', ...place, '--keyfile', '--passphrase-file', passphraseFile],
    );
    await online.ok('repository', 'add', name, '--dialect', 'tuf', '--directory', folder);
    await online.ok('init', name);
  }
  await exportAll(pair, 'first.tar');
  await signAll(pair, 'first.tar', 'first-answer.tar');
  await online.ok('publish', pair.on('first-answer.tar'), '--pin-file', right);
});

const versions = (): number[] =>
  [...folders.values()].map((folder) => {
    const file = readFileSync(join(folder, 'metadata', 'timestamp.json'), 'utf8');
    return (JSON.parse(file) as { signed: { version: number } }).signed.version;
  });

/** What a command of the online station ends with, and how often it logged in to the token. */
async function logins(args: readonly string[]): Promise<{ finished: Finished; logins: number }> {
  const before = token.calls('C_Login');
  const finished = await pair.online.run([...args, '--json']);
  return { finished, logins: token.calls('C_Login') - before };
}

describe('keys of snapshot and timestamp in a token (R12)', () => {
  test('refresh --online takes the PIN from its file, and logs in once for all repositories', async () => {
    const { finished, logins: count } = await logins(['refresh', '--online', '--pin-file', right]);
    expect([finished.code, count], finished.stdout).toEqual([0, 1]);
    expect(versions()).toEqual([2, 2, 2]);
    // the file named for its token
    const named = ['refresh', '--online', '--snapshot', '--pin-file', `${token.label}=${right}`];
    expect((await logins(named)).finished.code).toBe(0);
    expect(versions()).toEqual([3, 3, 3]);
  });

  test('PIN-INCORRECT: a wrong PIN is one login for all repositories, none without a PIN; nothing is published, a good run follows', async () => {
    const before = versions();
    const { finished, logins: count } = await logins(['refresh', '--online', '--pin-file', wrong]);
    expect([finished.code, refusalOf(finished).check, count]).toEqual([6, 'PIN-INCORRECT', 1]);
    const unasked = await logins(['refresh', '--online']);
    expect([unasked.finished.code, unasked.logins]).toEqual([6, 0]);
    expect(versions()).toEqual(before);
    expect((await logins(['refresh', '--online', '--pin-file', right])).finished.code).toBe(0);
    expect(versions()).toEqual(before.map((version) => version + 1));
  });

  test('PIN-INCORRECT: publish of several repositories uses one attempt; the same answer is published with the right PIN', async () => {
    const { online, on } = pair;
    for (const name of NAMES) await online.ok('addhash', name, 'app', '100', '--sha256', hashOf(1));
    await exportAll(pair, 'second.tar');
    await signAll(pair, 'second.tar', 'second-answer.tar');
    const before = versions();
    const { finished, logins: count } = await logins([
      ...['publish', on('second-answer.tar'), '--pin-file', wrong],
    ]);
    const { repositories } = finished.json() as {
      repositories: { state: string; error: { check: string } }[];
    };
    expect(repositories.map(({ state, error }) => [state, error.check])).toEqual(
      NAMES.map(() => ['failed', 'PIN-INCORRECT']),
    );
    expect([finished.code, count]).toEqual([6, 1]);
    expect(versions()).toEqual(before);
    const good = await logins(['publish', on('second-answer.tar'), '--pin-file', right]);
    expect([good.finished.code, good.logins], good.finished.stdout).toEqual([0, 1]);
    expect(versions()).toEqual(before.map((version) => version + 1));
  });

  test('a place that did not open is not tried again within a command', async () => {
    let opened = 0;
    const signers = new Signers(() => {
      opened += 1;
      return Promise.reject(new Error('a wrong PIN'));
    });
    const key = {
      location: { kind: 'token', module: '/m.so', token: 't', serial: '1', id: '00', label: 'k' },
    } as unknown as SigningKey;
    const task = { key, scheme: 'ed25519', message: new Uint8Array() } as const;
    await expect(
      signers.prepare([{ kind: 'token', module: '/m.so', token: 't', serial: '1' }]),
    ).rejects.toThrow('a wrong PIN');
    for (let time = 0; time < 3; time++) await expect(signers.sign([task])).rejects.toThrow('a wrong PIN');
    await signers.close();
    expect(opened).toBe(1);
  });
});
