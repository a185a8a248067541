import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { takeLock } from '../../src/station/home/lock.ts';
import { thisProcess } from '../../src/station/home/running-process.ts';
import { scratchFolder } from '../peers/process.ts';
import { endOf, errorOf, inHome, newHome } from './homes.ts';
import { openHome } from '../../src/station/home/home.ts';
import { startProbe } from './probe.ts';

const holder = (change: object): string =>
  JSON.stringify({ ...thisProcess(), command: 'sign', since: '2026-11-21T08:00:00Z', ...change });

describe('LOCK-HELD: one writer a home', () => {
  test('a second process waits for seconds, then names the holder: process, command, since when', async () => {
    const folder = scratchFolder('lock');
    const probe = await startProbe('hold', folder);
    await probe.speaks;
    const start = performance.now();
    const error = await errorOf(() => takeLock(folder));
    expect(performance.now() - start).toBeGreaterThan(2_500);
    expect(error).toMatchObject({ check: 'LOCK-HELD', exit: 6, where: folder });
    expect(error.found).toMatch(
      new RegExp(`^process ${String(probe.pid)} \\(hold ${folder}\\) since 20\\d\\d-`),
    );
    await probe.kill();
  });

  test('a lock given back within the patience is taken', async () => {
    const folder = scratchFolder('lock');
    const release = await takeLock(folder);
    setTimeout(release, 300);
    (await takeLock(folder))();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('two processes on one home: reading goes on beside the writer, writing does not', async () => {
    const dir = await newHome('vault');
    const probe = await startProbe('append', dir, '20');
    await probe.speaks;
    for (let round = 0; round < 20; round++) {
      const home = await openHome(dir, { write: false });
      expect(home.ledger.head().line).toBeGreaterThan(1);
      home.close();
    }
    expect(await endOf(() => openHome(dir, { write: true }))).toBe('LOCK-HELD 6');
    await probe.kill();
    await inHome(dir, ({ ledger }) => {
      expect(ledger.head().line).toBeGreaterThan(1);
    });
  });

  test('a holder in another container cannot be judged: its lock stays, and the hint says what to do', async () => {
    const folder = scratchFolder('lock');
    writeFileSync(join(folder, 'lock'), holder({ pid: 1, start: '1', namespace: 'pid:[1]' }));
    const error = await errorOf(() => takeLock(folder));
    expect(error.check).toBe('LOCK-HELD');
    expect(error.hint).toContain(join(folder, 'lock'));
  });

  test('a lock that says not whose it is stays, and the hint says what to do', async () => {
    const check = async (content: string): Promise<void> => {
      const folder = scratchFolder('lock');
      writeFileSync(join(folder, 'lock'), content);
      const error = await errorOf(() => takeLock(folder));
      expect(error).toMatchObject({ check: 'LOCK-HELD', where: join(folder, 'lock') });
      expect(readFileSync(join(folder, 'lock'), 'utf8')).toBe(content);
    };
    await Promise.all(['', '{', '[]', '{"pid":1}', '{"pid":"1"}'].map(check));
  });
});

describe('the lock of a process that is gone is taken over', () => {
  test('R14 after kill -9 at once, with what the process left unfinished', async () => {
    const folder = scratchFolder('lock');
    const probe = await startProbe('hold', folder);
    await probe.speaks;
    await probe.kill();
    const leftover = join(folder, `.${String(probe.pid)}-12.5.part`);
    const running = join(folder, `.${String(process.pid)}-12.5.part`);
    writeFileSync(leftover, 'half');
    writeFileSync(running, 'half');
    const start = performance.now();
    const release = await takeLock(folder);
    expect(performance.now() - start).toBeLessThan(3_000);
    expect(existsSync(leftover)).toBe(false);
    expect(existsSync(running)).toBe(true);
    release();
    expect(readdirSync(folder)).toEqual([`.${String(process.pid)}-12.5.part`]);
  });

  test.each([
    ['of another boot', { boot: '00000000-0000-0000-0000-000000000000' }],
    ['whose pid was given to another process', { start: '1' }],
    ['whose pid nobody has', { pid: 4_194_303, start: '1' }],
  ])('%s', async (_, change) => {
    const folder = scratchFolder('lock');
    writeFileSync(join(folder, 'lock'), holder(change));
    (await takeLock(folder))();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('that nobody has collected yet (a zombie)', async () => {
    const folder = scratchFolder('lock');
    // the shell becomes a program that never collects its child
    const parent = spawn('sh', ['-c', 'sleep 0.1 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const pid = Number(await new Promise((resolve) => parent.stdout.once('data', resolve)));
    const stat = (): string[] => readFileSync(`/proc/${String(pid)}/stat`, 'utf8').split(' ');
    const start = stat()[21] ?? '';
    await expect.poll(() => stat()[2]).toBe('Z');
    writeFileSync(join(folder, 'lock'), holder({ pid, start }));
    (await takeLock(folder))();
    parent.kill();
    expect(start).toMatch(/^\d+$/);
  });

  test('a claim of a dead process is nobody’s; that of a running one is waited for', async () => {
    const folder = scratchFolder('lock');
    const { boot, namespace } = thisProcess();
    const claim = (pid: number, start: string): string =>
      join(folder, `.takeover ${[String(pid), start, boot, namespace].join(' ')}`);
    writeFileSync(join(folder, 'lock'), holder({ start: '1' }));
    writeFileSync(claim(4_194_303, '1'), '');
    (await takeLock(folder))();
    expect(readdirSync(folder)).toEqual([]);

    const other = await startProbe('hold', scratchFolder('lock'));
    await other.speaks;
    const started = readFileSync(`/proc/${String(other.pid)}/stat`, 'utf8').split(' ')[21] ?? '';
    writeFileSync(join(folder, 'lock'), holder({ start: '1' }));
    writeFileSync(claim(other.pid, started), '');
    expect(await endOf(() => takeLock(folder))).toBe('LOCK-HELD 6');
    await other.kill();
    (await takeLock(folder))();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('by one of 20 processes only, again and again, though every fourth dies with the lock', async () => {
    const folder = scratchFolder('lock');
    writeFileSync(join(folder, 'lock'), holder({ start: '1' }));
    const probes = await Promise.all(
      Array.from({ length: 20 }, (_, number) =>
        startProbe('contend', folder, '4', number % 4 === 0 ? 'dying' : 'no'),
      ),
    );
    const ends = await Promise.all(probes.map(({ ended }) => ended));
    // two at once would have met at a file that both create
    expect(ends.map(({ stderr }) => stderr).join('')).not.toContain('EEXIST');
    for (const [number, { code, signal }] of ends.entries())
      expect([number, code, signal]).toEqual([
        number,
        number % 4 === 0 ? null : 0,
        number % 4 === 0 ? 'SIGKILL' : null,
      ]);
    for (const probe of probes) expect(probe.said()).toHaveLength(4);
    (await takeLock(folder))();
    expect(readdirSync(folder)).toEqual([]);
  });
});
