import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { run } from '../peers/program.ts';

interface Vector {
  readonly file: string;
  readonly kinds?: readonly string[];
  readonly expect: { readonly check?: string; readonly kind?: string; readonly digest?: string };
}

const folder = fileURLToPath(new URL('../../bundle-schema/vectors/', import.meta.url));
const { vectors } = JSON.parse(readFileSync(`${folder}vectors.json`, 'utf8')) as { vectors: Vector[] };
/** `bundle verify` takes every kind; of the hostile ones, the first of each check. */
const open = vectors.filter(({ kinds }) => kinds === undefined);
const valid = open.filter((vector) => vector.expect.digest !== undefined);
const hostile = [
  ...new Map(
    open.flatMap((vector) => (vector.expect.check ? [[vector.expect.check, vector] as const] : [])).reverse(),
  ),
];

describe('the real program', () => {
  test.each(valid.map((vector) => [vector.file, vector] as const))(
    'B-10 verifies %s and shows it',
    async (file, vector) => {
      const verified = await run(['bundle', 'verify', `${folder}${file}`, '--json']);
      expect([verified.code, verified.json()]).toMatchObject([0, vector.expect]);
      const shown = await run(['bundle', 'inspect', `${folder}${file}`]);
      expect([shown.code, shown.stderr]).toEqual([0, '']);
      expect(shown.stdout).toMatch(/^[\n -~]*$/);
    },
  );

  test.each(hostile)('%s is what it says, with exit 3', async (check, { file }) => {
    const { code, json } = await run(['bundle', 'verify', `${folder}${file}`, '--json']);
    expect([code, json()]).toMatchObject([3, { error: { check, exit: 3 } }]);
  });

  test('the sample has twenty checks', () => {
    expect(hostile.length).toBeGreaterThanOrEqual(20);
  });
});
