import { spawn } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { nameOfProcess, runningProcess } from '../../src/station/home/running-process.ts';
import { tokenProcessesEnd } from '../../src/station/home/token-process.ts';
import { faulty } from '../peers/fault-shim.ts';
import { homeState } from '../peers/forge.ts';
import { runOk, scratchFolder } from '../peers/process.ts';
import { start } from '../peers/program.ts';
import { softHsm } from '../peers/softhsm.ts';
import { stations } from '../peers/stations.ts';
import { errorOf } from './homes.ts';

const notes = (home: string): string[] => readdirSync(home).filter((name) => name.startsWith('.token '));

describe('M21 a kill of the program alone, while its token process makes a key', () => {
  test('the rerun waits for that process, however long the key takes, and there is one key', async () => {
    const token = await faulty(await softHsm());
    const { offline, secrets } = await stations({ token, rootKey: false });
    const args = ['key', 'generate', 'root', '--token', `${token.uri};object=slow`, ...secrets, '--json'];
    token.plan('C_GenerateKeyPair:1:hang=5000');
    const killed = start(args, { home: offline.home, env: token.env });
    await expect.poll(() => token.calls('C_GenerateKeyPair'), { timeout: 20_000 }).toBe(1);
    const asked = performance.now();
    killed.kill('SIGKILL');
    const [note = ''] = notes(offline.home);
    expect(notes(offline.home)).toHaveLength(1);

    token.plan('');
    const rerun = await offline.run(args);
    expect(rerun.code, rerun.stdout).toBe(0);
    expect(performance.now() - asked).toBeGreaterThan(4_000);
    expect(rerun.stderr).toContain(`waiting for process ${note.split(' ')[1] ?? ''}: `);
    expect(token.calls('C_GenerateKeyPair')).toBe(1);
    expect(notes(offline.home)).toEqual([]);
    const module = ['--module', token.module.path, '--token-label', token.label];
    const { stdout } = await runOk(
      'pkcs11-tool',
      [...module, '--login', '--pin', token.pin, '--list-objects', '--type', 'privkey'],
      { env: token.env },
    );
    expect(stdout.match(/label: +slow/g)).toHaveLength(1);
    const events = homeState(offline.home).ledger.map(({ event }) => event);
    expect(events.filter((event) => event.startsWith('key'))).toEqual(['key-intent', 'key']);
  });

  test('a command that ends well, or is refused by the token, leaves no note of its process', async () => {
    const token = await faulty(await softHsm());
    const { offline, secrets } = await stations({ token });
    expect(notes(offline.home)).toEqual([]);
    token.plan('C_Login:1:0xA4');
    const args = ['key', 'generate', 'root', '--token', `${token.uri};object=second`, ...secrets, '--json'];
    expect((await offline.run(args)).code).toBe(6);
    expect(notes(offline.home)).toEqual([]);
  });
});

describe('TOKEN-BUSY', () => {
  test('a token process that does not end is named after a while, and its note stays', async () => {
    const home = scratchFolder('home');
    const left = spawn('sleep', ['60'], { stdio: 'ignore' });
    const note = join(home, `.token ${nameOfProcess(runningProcess(left.pid ?? -1))}`);
    writeFileSync(note, '');
    const told: number[] = [];
    const error = await errorOf(() => tokenProcessesEnd(home, (pid) => told.push(pid), 200));
    expect(error).toMatchObject({
      check: 'TOKEN-BUSY',
      exit: 6,
      found: `process ${String(left.pid)}`,
      where: note,
    });
    expect(told).toEqual([left.pid]);
    expect(notes(home)).toHaveLength(1);
    left.kill();
    await tokenProcessesEnd(home);
    expect(notes(home)).toEqual([]);
  });

  test.each([
    ['whose process id was given to another', { start: '1' }],
    ['of another boot', { boot: '00000000-0000-0000-0000-000000000000' }],
  ])('a note %s is waited for by nobody', async (_, change) => {
    const home = scratchFolder('home');
    writeFileSync(join(home, `.token ${nameOfProcess({ ...runningProcess(process.pid), ...change })}`), '');
    await tokenProcessesEnd(home, () => expect.unreachable(), 0);
    expect(notes(home)).toEqual([]);
  });
});
