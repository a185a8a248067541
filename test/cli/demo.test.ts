import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { run } from '../peers/process.ts';

const DEMO = fileURLToPath(new URL('../../scripts/demo.sh', import.meta.url));

test.each([
  ['on embedded defaults', [], /^Accepted: a fresh client verified .* and its 3 images/],
  ['with the real parts', ['--real'], /^Accepted: notary and docker trust verified .* and its 3 images/],
])('the demo %s ends with a client that accepts what was signed', async (_, args, accepted) => {
  const { code, stdout, stderr } = await run('bash', [DEMO, ...args], {
    env: { PATH: process.env['PATH'] ?? '', COUNTERSIGN_BUILT: '1' },
  });
  expect(code, stdout + stderr).toBe(0);
  const lines = stdout.trimEnd().split('\n');
  expect(lines.at(-1)).toMatch(accepted);
  // Paths and words are long; nothing else is wider than a terminal.
  expect(lines.filter((line) => line.length > 120)).toEqual([]);
});
