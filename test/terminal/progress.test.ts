import { expect, test } from 'vitest';
import { startProgress } from '../../src/terminal/progress.ts';

function drawn(isTTY: boolean, label: string, times: readonly number[]): string[] {
  const out: string[] = [];
  const clock = [...times];
  const progress = startProgress(
    label,
    { isTTY },
    (text) => out.push(text),
    () => clock.shift() ?? 1e9,
  );
  times.forEach((_, at) => progress.update(at + 1, times.length));
  progress.end();
  return out;
}

test('progress is silent where stderr is not a terminal', () => {
  expect(drawn(false, 'signing', [0, 200, 400])).toEqual([]);
});

test('progress draws at most ten times a second, always the last, and takes its line away', () => {
  expect(drawn(true, 'signing', [0, 10, 20, 200, 210])).toEqual([
    '\rsigning 1 of 5',
    '\rsigning 4 of 5',
    '\rsigning 5 of 5',
    `\r${' '.repeat('signing 5 of 5'.length)}\r`,
  ]);
});

test('R9 a label from outside cannot move the cursor and the line stays within 80 columns', () => {
  for (const line of drawn(true, `\u001b[2J\r${'x'.repeat(300)}`, [0]))
    expect(line).toMatch(/^\r[ -~]{0,80}\r?$/);
});
