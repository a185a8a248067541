import { mkdtempSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digestWords } from '../../src/encoding/words.ts';
import { pickWords } from '../../src/terminal/prompts/prompt.ts';
import { openTerminal, type TestTerminal } from '../peers/program.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-prompt-'));
const probe = join(folder, 'probe.mjs');

beforeAll(async () => {
  await build({
    entryPoints: [fileURLToPath(new URL('prompt-probe.ts', import.meta.url))],
    outfile: probe,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function inTerminal(args: string[], talk: (terminal: TestTerminal) => Promise<void>): Promise<void> {
  const terminal = openTerminal([process.execPath, probe, ...args]);
  try {
    await talk(terminal);
  } finally {
    terminal.close();
  }
}

describe('prompts on a real terminal', () => {
  test('R8 the exact words, typed, are consent', () =>
    inTerminal(['typed', 'aardvark', 'adroitness'], async (terminal) => {
      await terminal.waitFor(/first line\n+type the words:/);
      terminal.send('aardvark adroitness\n');
      expect(await terminal.waitFor(/\[exit 0\]/)).toContain('agreed');
    }));

  test.each(['aardvark adroitnes', 'aardvark', '', 'y', 'AARDVARK ADROITNESS'])(
    'R8 CONFIRM-MISMATCH %j is refused with exit 3',
    (answer) =>
      inTerminal(['typed', 'aardvark', 'adroitness'], async (terminal) => {
        await terminal.waitFor(/type the words:/);
        terminal.send(`${answer}\n`);
        const screen = await terminal.waitFor(/\[exit 3\]/);
        expect(screen).toContain('CONFIRM-MISMATCH');
        expect(screen).not.toContain('agreed');
      }),
  );

  test('R12 a secret is not shown, and erasing works on bytes of UTF-8', () =>
    inTerminal(['secret'], async (terminal) => {
      await terminal.waitFor(/PIN\?/);
      terminal.send('12x4');
      terminal.press('BSpace', 'BSpace');
      terminal.send('3é');
      terminal.press('BSpace');
      terminal.send('4');
      const before = terminal.screen();
      expect(before.trim()).toBe('PIN?');
      terminal.send('\n');
      const screen = await terminal.waitFor(/\[exit 0\]/);
      expect(screen).toContain(`secret=${Buffer.from('1234').toString('hex')}`);
    }));

  test('R12 SECRET-EMPTY an empty PIN is not used', () =>
    inTerminal(['secret'], async (terminal) => {
      await terminal.waitFor(/PIN\?/);
      terminal.send('123');
      terminal.press('C-u');
      terminal.send('\n');
      expect(await terminal.waitFor(/\[exit 2\]/)).toContain('SECRET-EMPTY');
    }));

  test('CONFIRM-ABORTED Ctrl-C at a prompt is exit 3 and gives the terminal back', () =>
    inTerminal(['secret'], async (terminal) => {
      await terminal.waitFor(/PIN\?/);
      terminal.send('12');
      terminal.press('C-c');
      const screen = await terminal.waitFor(/\[exit 3\]/);
      expect(screen).toContain('CONFIRM-ABORTED');
      terminal.send('visible');
      await terminal.waitFor(/visible/);
    }));

  test('what was typed before the question is discarded', () =>
    inTerminal(['late'], async (terminal) => {
      await terminal.waitFor(/busy/);
      terminal.send('early\nmore');
      await terminal.waitFor(/name\?/);
      terminal.send('late\n');
      expect(await terminal.waitFor(/\[exit 0\]/)).toContain('line=late');
    }));

  test('arrow keys and bytes outside ASCII do not reach an answer', () =>
    inTerminal(['line'], async (terminal) => {
      await terminal.waitFor(/name\?/);
      terminal.send('aé');
      terminal.press('Left', 'Up', 'F5');
      terminal.send('b\n');
      expect(await terminal.waitFor(/\[exit 0\]/)).toMatch(/line=ab$/m);
    }));

  test('CONFIRM-TERMINAL without a terminal it says so and names the flags, exit 6', () => {
    const result = spawnSync('setsid', ['-w', process.execPath, probe, 'line'], {
      encoding: 'utf8',
      input: 'yes\n',
    });
    expect(result.status).toBe(6);
    expect(result.stderr).toMatch(/CONFIRM-TERMINAL[^]*--approve/);
    expect(result.stdout).toBe('');
  });
});

test('R8 two different words are picked, in order, and every one of the 32 can be', () => {
  const digest = 'ab'.repeat(16) + '0123456789abcdef'.repeat(2);
  const seen = new Set<number>();
  for (let one = 0; one < 32; one++)
    for (let step = 0; step < 31; step++) {
      const numbers = [one, step];
      const [first, second] = pickWords(digest, () => numbers.shift() ?? 0);
      expect(first.position).toBeLessThan(second.position);
      expect(first.word).toBe(digestWords(digest)[first.position - 1]);
      seen.add(first.position).add(second.position);
    }
  expect(seen.size).toBe(32);
});
