import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { scratchFolder } from '../peers/process.ts';
import { softHsm } from '../peers/softhsm.ts';
import {
  exportAll,
  publish,
  signAll,
  stations,
  withOnlineKeys,
  type TestStations,
} from '../peers/stations.ts';

/** A PIN that occurs nowhere by chance. */
const CANARY = 'canary-PIN-71c9e2';
const GUN = 'registry.example.com/attack/secrets';

let pair: TestStations;
beforeAll(async () => {
  pair = await stations({ token: await softHsm('root', CANARY) });
  await withOnlineKeys(pair);
  await pair.online.ok('repository', 'add', GUN, '--directory', scratchFolder('published'));
  await pair.online.ok('init', GUN);
  await exportAll(pair, 'first.tar');
  await signAll(pair, 'first.tar', 'first.response.tar');
  await publish(pair, 'first.response.tar');
  await pair.online.ok('addhash', GUN, 'v1', '10', '--sha256', 'ab'.repeat(32));
  await exportAll(pair, 'second.tar');
});

/** Every offline command, in an order in which each can do its work. */
async function commands(): Promise<string[][]> {
  const { on, secrets } = pair;
  const { digest } = await pair.offline.ok<{ digest: string }>('bundle', 'digest', on('second.tar'));
  return [
    ['station', 'show'],
    ['station', 'card', '-o', on('again.card')],
    ['key', 'list'],
    [
      'key',
      'generate',
      'root',
      '--token',
      `${pair.token?.uri ?? ''};object=spare-${String(Date.now())}`,
      ...secrets,
    ],
    ['token', 'list'],
    ['token', 'show', pair.token?.uri ?? ''],
    ['doctor'],
    ['log', 'show'],
    ['log', 'verify'],
    ['bundle', 'inspect', on('second.tar')],
    ['bundle', 'verify', on('second.tar')],
    ['review', on('second.tar')],
    ['sign', on('second.tar'), '-o', on('second.response.tar'), ...secrets, '--approve', digest],
    ['resend', digest, '-o', on('second.again.tar')],
  ];
}

describe('the offline half under strace', () => {
  test('R12 R15 every command: no network socket, and the PIN is in no argument, variable, output or file', async () => {
    const traces = scratchFolder('traces');
    for (const [index, args] of (await commands()).entries()) {
      const trace = join(traces, String(index));
      // -v and -s: whole environments and arguments of every child
      const under = ['strace', '-f', '-v', '-s', '65536', '-e', 'trace=execve,socket,connect', '-o', trace];
      const finished = await pair.offline.run(args, { under });
      if (args[0] !== 'doctor') expect(finished.code, `${args.join(' ')}: ${finished.stderr}`).toBe(0);
      const seen = readFileSync(trace, 'utf8');
      expect(seen).toContain('execve(');
      expect(seen.split('\n').filter((line) => /AF_INET|AF_PACKET|AF_BLUETOOTH|AF_VSOCK/.test(line))).toEqual(
        [],
      );
      for (const text of [seen, finished.stdout, finished.stderr]) expect(text).not.toContain(CANARY);
    }
    expect(filesWith([pair.offline.home, pair.online.home, pair.stick])).toEqual([]);
    // the test can find what it looks for
    expect(filesWith([join(pair.pinFile ?? '', '..')])).toHaveLength(1);
  });

  test('R15 every command works in a namespace without any network', async () => {
    await publish(pair, 'second.response.tar');
    await pair.online.ok('addhash', GUN, 'v2', '10', '--sha256', 'cd'.repeat(32));
    for (const file of ['second.tar', 'second.response.tar', 'second.again.tar', 'again.card'])
      rmSync(pair.on(file), { force: true });
    await exportAll(pair, 'second.tar');
    for (const args of await commands()) {
      const finished = await pair.offline.run(args, { under: ['unshare', '-n'] });
      expect(finished.code, `${args.join(' ')}: ${finished.stderr}`).toBe(0);
    }
    await publish(pair, 'second.response.tar');
  });

  test('R12 a wrong PIN in a file costs one attempt, and no PIN is taken from an argument or a variable', async () => {
    const { offline, on } = pair;
    await pair.online.ok('addhash', GUN, 'v3', '10', '--sha256', 'ef'.repeat(32));
    await exportAll(pair, 'third.tar');
    const args = ['sign', on('third.tar'), '-o', on('third.response.tar')];
    const env = { COUNTERSIGN_PIN: CANARY, PIN: CANARY, COUNTERSIGN_PIN_FILE: pair.pinFile ?? '' };
    const bare = await offline.run([...args, '--json'], { env });
    expect(bare.code).not.toBe(0);
    for (const flag of ['--pin-file', '--pin']) {
      const given = await offline.run([...args, flag, CANARY, '--json'], { env });
      expect(given.code).not.toBe(0);
    }
    expect(filesWith([offline.home, pair.stick])).toEqual([]);
  });
});

/** Files below the folders that hold the canary. */
function filesWith(folders: readonly string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => readFileSync(file).includes(CANARY)),
  );
}
