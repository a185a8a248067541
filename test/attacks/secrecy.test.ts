import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scratchFolder } from '../peers/process.ts';
import { run } from '../peers/program.ts';
import { softHsm } from '../peers/softhsm.ts';
import { exportAll, publish, stations, withOnlineKeys, type TestStations } from '../peers/stations.ts';
import { offlineCommands, runOffline, type OfflineCommand } from './offline-commands.ts';

/** A PIN that occurs nowhere by chance. */
const CANARY = 'canary-PIN-71c9e2';
/** What opens a way to another machine: IP, raw packets, radio, the host of a virtual machine. */
const NETWORK = /AF_INET|AF_PACKET|AF_BLUETOOTH|AF_VSOCK/;

async function paired(): Promise<TestStations> {
  const pair = await stations({ token: await softHsm('root', CANARY) });
  await withOnlineKeys(pair);
  return pair;
}

describe('the offline half under strace', () => {
  test('R12 R15 every command: no network socket, and the PIN is in no argument, variable, output or file', async () => {
    const pair = await paired();
    const traces = scratchFolder('traces');
    const commands = await offlineCommands(pair);
    expect(leftOut(commands)).toEqual([]);
    for (const [index, command] of commands.entries()) {
      const name = command.args.join(' ');
      const trace = join(traces, String(index));
      // -v and -s: whole environments and arguments of every child
      const under = ['strace', '-f', '-v', '-s', '65536', '-e', 'trace=execve,socket,connect', '-o', trace];
      const finished = await runOffline(pair, command, under);
      // a machine with a network is nothing that doctor calls well
      if (name !== 'doctor') expect(finished.code, `${name}: ${finished.stdout}${finished.stderr}`).toBe(0);
      const seen = readFileSync(trace, 'utf8');
      expect(seen).toContain('execve(');
      expect([name, ...seen.split('\n').filter((line) => NETWORK.test(line))]).toEqual([name]);
      for (const text of [seen, finished.stdout, finished.stderr]) expect(text).not.toContain(CANARY);
    }
    expect(filesWith([pair.offline.home, pair.online.home, pair.stick])).toEqual([]);
    // the test can find what it looks for
    expect(filesWith([join(pair.pinFile ?? '', '..')])).toHaveLength(1);
  }, 180_000);

  test('R15 a network socket would have been seen', async () => {
    const trace = join(scratchFolder('traces'), 'connecting');
    const connecting = "require('node:net').connect(9, '127.0.0.1').on('error', () => {})";
    const under = [
      'strace',
      '-f',
      '-e',
      'trace=socket,connect',
      '-o',
      trace,
      process.execPath,
      '-e',
      connecting,
    ];
    await run([], { under });
    expect(readFileSync(trace, 'utf8')).toMatch(NETWORK);
  });

  test('R15 every command works in a namespace without any network', async () => {
    const pair = await paired();
    for (const command of await offlineCommands(pair)) {
      const finished = await runOffline(pair, command, ['unshare', '-n']);
      expect(finished.code, `${command.args.join(' ')}: ${finished.stdout}${finished.stderr}`).toBe(0);
    }
    await publish(pair, 'response.tar');
  }, 180_000);

  test('R12 a wrong PIN in a file costs one attempt, and no PIN is taken from an argument or a variable', async () => {
    const pair = await paired();
    const { offline, on } = pair;
    const gun = 'registry.example.com/attack/secrets';
    await pair.online.ok('repository', 'add', gun, '--directory', scratchFolder('published'));
    await pair.online.ok('init', gun);
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

/** Commands of the offline half, or of both, that are not among these: whatever imports nothing of src/online. */
function leftOut(commands: readonly OfflineCommand[]): string[] {
  const run = commands.map(({ args }) => `${args.join(' ')} `);
  const folder = join(import.meta.dirname, '..', '..', 'commands');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !readFileSync(join(folder, name), 'utf8').includes('/online/'))
    .map((name) => name.replace(/\.ts$/, '').replaceAll('/', ' '))
    .filter((name) => !run.some((line) => line.startsWith(`${name} `)));
}

/** Files below the folders that hold the canary. */
function filesWith(folders: readonly string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => readFileSync(file).includes(CANARY)),
  );
}
