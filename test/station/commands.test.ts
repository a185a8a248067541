import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BUILD_DATE } from '../../src/station/home/build-date.ts';
import { openTerminal, PROGRAM } from '../peers/program.ts';
import { scratchFolder } from '../peers/process.ts';
import { pair, station } from '../peers/stations.ts';

interface Shown {
  readonly name: string;
  readonly partners: readonly { readonly name: string; readonly identity: string }[];
  readonly identity: string;
  readonly head: { readonly line: number; readonly hash: string };
}
const checkOf = (finished: { json: () => unknown }): string =>
  (finished.json() as { error: { check: string } }).error.check;

describe('the station’s commands', () => {
  test('R1 init, card, pair, show, unpair; a wrong digest is refused and no terminal is exit 6', async () => {
    const stick = scratchFolder('stick');
    const [desk, vault] = [await station('online', 'desk'), await station('offline', 'vault')];
    const again = await vault.run(['station', 'init', '--side', 'online', '--name', 'x', '--json']);
    expect([again.code, checkOf(again)]).toEqual([2, 'HOME-EXISTS']);

    const card = join(stick, 'desk.card');
    const { digest } = await desk.ok<{ digest: string }>('station', 'card', '-o', card);
    const wrong = await vault.run(['station', 'pair', card, '--approve', 'ab'.repeat(32), '--json']);
    expect([wrong.code, checkOf(wrong)]).toEqual([3, 'APPROVE-DIGEST']);
    const alone = await vault.run(['station', 'pair', card, '--json']);
    expect([alone.code, checkOf(alone)]).toEqual([6, 'CONFIRM-TERMINAL']);
    expect((await vault.ok<Shown>('station', 'show')).partners).toEqual([]);

    const paired = await vault.run(['station', 'pair', card, '--approve', digest]);
    expect([paired.code, paired.stderr]).toEqual([0, '']);
    expect(paired.stdout).toContain('next: ');
    const identity = (await desk.ok<Shown>('station', 'show')).identity;
    expect((await vault.ok<Shown>('station', 'show')).partners).toMatchObject([{ name: 'desk', identity }]);

    const wrongName = await vault.run(['station', 'unpair', 'desk', '--approve', 'disk', '--json']);
    expect([wrongName.code, checkOf(wrongName)]).toEqual([2, 'USAGE-APPROVE']);
    await vault.ok('station', 'unpair', 'desk', '--approve', 'desk');
    expect((await vault.ok<Shown>('station', 'show')).partners).toEqual([]);
  });

  test('M9 log show, verify and export; an exported ledger verifies elsewhere, a changed one nowhere', async () => {
    const stick = scratchFolder('stick');
    const [desk, vault] = [await station('online', 'desk'), await station('offline', 'vault')];
    await pair(desk, vault, stick);
    const { head, identity } = await vault.ok<Shown>('station', 'show');
    const { lines } = await vault.ok<{ lines: readonly { event: string }[] }>('log', 'show');
    expect(lines.map(({ event }) => event)).toEqual(['genesis', 'paired']);
    expect(await vault.ok('log', 'verify')).toMatchObject({ lines: 2, head: head.hash });

    const file = join(stick, 'vault.ledger');
    await vault.ok('log', 'export', '-o', file);
    expect(await desk.ok('log', 'verify', file)).toMatchObject({
      lines: 2,
      head: head.hash,
      station: identity,
    });

    const path = join(vault.home, 'ledger.jsonl');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"name":"vault"', '"name":"fault"'));
    for (const args of [
      ['log', 'verify'],
      ['station', 'show'],
      ['log', 'export', '-o', join(stick, 'x')],
    ]) {
      const broken = await vault.run([...args, '--json']);
      expect([broken.code, checkOf(broken)]).toEqual([3, 'LEDGER-CHAIN']);
    }
  });

  test('clock reset is typed, and of the offline half; token allow takes what is a module only', async () => {
    const [desk, vault] = [await station('online', 'desk'), await station('offline', 'vault')];
    const online = await desk.run(['clock', 'reset', '2026-11-02T00:00:00Z', '--json']);
    expect([online.code, checkOf(online)]).toEqual([2, 'HOME-SIDE']);
    const untyped = await vault.run(['clock', 'reset', '2026-11-02T00:00:00Z', '--json']);
    expect([untyped.code, checkOf(untyped)]).toEqual([6, 'CONFIRM-TERMINAL']);
    const none = await vault.run(['token', 'allow', '/nonexistent/module.so', '--json']);
    expect(checkOf(none)).toMatch(/^TOKEN-/);
    expect((await vault.ok<Shown>('station', 'show')).head.line).toBe(1);
  });

  test('R8 M13 clock reset at a terminal: an impossible time is not asked about, another one typed changes nothing', async () => {
    const vault = await station('offline', 'vault');
    const head = async (): Promise<number> => (await vault.ok<Shown>('station', 'show')).head.line;
    const reset = async (time: string, typed: string | null): Promise<string> => {
      const terminal = openTerminal([PROGRAM, 'clock', 'reset', time], { home: vault.home });
      try {
        if (typed !== null) {
          const asked = await terminal.waitFor(/type the new floor again:/);
          expect(asked).toContain(`the clock floor becomes ${time}; it was ${BUILD_DATE}`);
          terminal.send(`${typed}\n`);
        }
        return await terminal.waitFor(/\[exit \d+\]/);
      } finally {
        terminal.close();
      }
    };
    for (const time of ['2099-01-01T00:00:00Z', '2001-01-01T00:00:00Z'])
      expect(await reset(time, null)).toMatch(/CLOCK-TIME[^]*\[exit 2\]/);
    expect(await reset('yesterday', null)).toMatch(/ENCODING-TIME[^]*\[exit 3\]/);
    const time = '2026-11-02T00:00:00Z';
    for (const typed of ['2026-11-03T00:00:00Z', 'yes', ''])
      expect(await reset(time, typed)).toMatch(/CONFIRM-MISMATCH[^]*\[exit 3\]/);
    expect(await head()).toBe(1);
    expect(await reset(time, time)).toMatch(
      new RegExp(`clock floor ${time} \\(was ${BUILD_DATE}\\)[^]*\\[exit 0\\]`),
    );
    const { lines } = await vault.ok<{ lines: readonly object[] }>('log', 'show');
    expect(lines.at(-1)).toMatchObject({ event: 'clock-reset', data: { floor: time, was: BUILD_DATE } });
  });
});
