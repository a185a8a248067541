import { generateKeyPairSync, randomInt } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readChain } from '../../src/station/ledger/ledger-chain.ts';
import { scratchFolder } from '../peers/process.ts';
import { station, type TestStation } from '../peers/stations.ts';
import { runKilled } from './killed.ts';

/** Kills of each command. */
const KILLS = 6;

function secret(text: string): string {
  const file = join(scratchFolder('secret'), 'secret');
  writeFileSync(file, `${text}\n`, { mode: 0o600 });
  return file;
}

async function keysOf(at: TestStation): Promise<readonly string[]> {
  return (await at.ok<{ keys: { id: string }[] }>('key', 'list')).keys.map(({ id }) => id).sort();
}

/** A private key as OpenSSL writes it. */
function privateKeyFile(): string {
  const file = join(scratchFolder('foreign'), 'key.pem');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  return file;
}

/** Whether every key file opens with the passphrase: a card that lists all keys has a signature by each. */
async function opensAll(at: TestStation, passphraseFile: string): Promise<boolean> {
  const out = join(scratchFolder('cards'), 'vault.card');
  const { code } = await at.run([
    'station',
    'card',
    '-o',
    out,
    '--passphrase-file',
    passphraseFile,
    '--json',
  ]);
  return code === 0;
}

/** No remains that look like keys, and a whole ledger. */
async function intact(at: TestStation): Promise<void> {
  readChain(readFileSync(join(at.home, 'ledger.jsonl')));
  await at.ok('log', 'verify');
}

/** Kills a command at random instants of its usual time, and looks after each kill. */
async function killed(at: TestStation, args: readonly string[], usual: number): Promise<void> {
  await runKilled({ station: at, env: {}, args }, randomInt(Math.ceil(usual) + 1));
  await intact(at);
}

test('R14 M21 key import, key passwd and key remove, killed at random instants: old state or new, and run again', async () => {
  const at = await station('offline', 'vault');
  const [old, other] = [secret('the first passphrase'), secret('another passphrase')];
  const started = performance.now();
  await at.ok('key', 'import', privateKeyFile(), '--role', 'root', '--passphrase-file', old);
  const usual = performance.now() - started;
  const before = await keysOf(at);

  // Imported whole or not at all; the same command takes it in, or says that it is there.
  for (let round = 0; round < KILLS / 3; round++) {
    const had = await keysOf(at);
    const args = ['key', 'import', privateKeyFile(), '--role', 'targets', '--label', `t${String(round)}`];
    args.push('--passphrase-file', old);
    for (let kill = 0; kill < 3; kill++) {
      await killed(at, args, usual);
      expect([had.length, had.length + 1]).toContain((await keysOf(at)).length);
    }
    const rerun = await at.run([...args, '--json']);
    expect([0, 2], rerun.stdout).toContain(rerun.code);
    expect(await keysOf(at)).toHaveLength(had.length + 1);
  }
  expect(await opensAll(at, old)).toBe(true);

  // One passphrase opens all key files, the old or the new; then the same change is made.
  let [now, next] = [old, other];
  for (let round = 0; round < KILLS / 2; round++) {
    const { id } = { id: before[0] ?? '' };
    const args = ['key', 'passwd', id, '--passphrase-file', now, '--new-passphrase-file', next];
    await killed(at, args, usual * 2);
    const stays = await opensAll(at, now);
    expect(await opensAll(at, next)).toBe(!stays);
    if (stays) await at.ok(...args);
    expect(await opensAll(at, next)).toBe(true);
    [now, next] = [next, now];
  }

  // Listed with its file, or gone with it; what was announced is finished by the next run.
  for (const id of (await keysOf(at)).filter((one) => !before.includes(one))) {
    const args = ['key', 'remove', id, '--approve', id];
    for (let kill = 0; kill < 2 && (await keysOf(at)).includes(id); kill++) await killed(at, args, usual);
    if ((await keysOf(at)).includes(id)) await at.ok(...args);
    expect(await keysOf(at)).not.toContain(id);
    expect(readdirSync(join(at.home, 'keys')).filter((name) => name.includes(id))).toEqual([]);
  }
  expect(await keysOf(at)).toEqual(before);
  expect(await opensAll(at, now)).toBe(true);
}, 240_000);
