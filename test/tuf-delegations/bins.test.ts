import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hashBins } from '../../src/change/hash-bins.ts';
import type { Delegation } from '../../src/metadata/dialect.ts';
import { tuf } from '../../src/metadata/tuf/dialect.ts';

function delegations(count: number, prefix = ''): Delegation[] {
  return hashBins(count, prefix).map((bin) => ({
    ...bin,
    paths: [],
    terminating: false,
    threshold: 1,
    keys: [],
  }));
}

const COUNTS = Array.from({ length: 14 }, (_, at) => 2 ** (at + 1));

describe('hash bins', () => {
  test('every path is covered by exactly one bin, and found in it without asking the others', () => {
    const all = new Map(COUNTS.map((count) => [count, delegations(count)]));
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, unit: 'grapheme' }),
        fc.constantFrom(...COUNTS),
        (path, count) => {
          const bins = all.get(count)!;
          const hash = createHash('sha256').update(path).digest('hex');
          const covered = bins.filter(({ hashPrefixes }) => hashPrefixes.some((one) => hash.startsWith(one)));
          expect(covered).toHaveLength(1);
          expect(tuf.covering(bins, path)).toEqual(covered);
          expect(tuf.covers(covered[0]!, path)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  test.each(COUNTS)('%d bins have as many prefixes each, none twice, and names that say which', (count) => {
    const bins = hashBins(count, 'x-');
    const prefixes = bins.flatMap(({ hashPrefixes }) => hashPrefixes);
    expect(new Set(bins.map(({ hashPrefixes }) => hashPrefixes.length)).size).toBe(1);
    expect(new Set(prefixes).size).toBe(prefixes.length);
    expect(prefixes).toHaveLength(16 ** prefixes[0]!.length);
    for (const { role, hashPrefixes } of bins) {
      const [first, last] = [hashPrefixes[0]!, hashPrefixes.at(-1)!];
      expect(role).toBe(first === last ? `x-${first}` : `x-${first}-${last}`);
    }
  });

  test('they are called as python-tuf calls them', () => {
    const names = (count: number) => hashBins(count, '').map(({ role }) => role);
    expect(names(32).slice(0, 2)).toEqual(['00-07', '08-0f']);
    expect([names(256)[0], names(256).at(-1)]).toEqual(['00', 'ff']);
    expect(names(16_384).at(-1)).toBe('fffc-ffff');
  });
});

describe('which delegations cover a name, and which have names in common', () => {
  const segment = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), minLength: 1, maxLength: 4 });
  const names = fc.oneof(
    fc
      .array(segment, { minLength: 1, maxLength: 2 })
      .map((list) => ({ paths: [list.join('/')], hashPrefixes: [] })),
    fc
      .string({ unit: fc.constantFrom(...Array.from('0123456789abcdef')), minLength: 1, maxLength: 2 })
      .map((one) => ({
        paths: [],
        hashPrefixes: [one],
      })),
  );
  const target = fc
    .array(fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 4 }), {
      minLength: 1,
      maxLength: 2,
    })
    .map((list) => list.join('/'));

  test('covering gives what covers gives, in order, with or without an index', () => {
    fc.assert(
      fc.property(fc.array(names, { maxLength: 40 }), target, (list, path) => {
        const all = list.map((one, at): Delegation => ({
          ...one,
          role: `r${String(at)}`,
          terminating: false,
          threshold: 1,
          keys: [],
        }));
        expect(tuf.covering(all, path)).toEqual(all.filter((one) => tuf.covers(one, path)));
      }),
    );
  });

  test('two that cover one name meet', () => {
    fc.assert(
      fc.property(names, names, target, (a, b, path) => {
        const [one, other] = [
          { ...a, terminating: false },
          { ...b, terminating: false },
        ];
        expect(tuf.meet(one, other)).toBe(tuf.meet(other, one));
        if (tuf.covers(one, path) && tuf.covers(other, path)) expect(tuf.meet(one, other)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ['a/*', 'a/b', true],
    ['a/*', 'b/*', false],
    ['a*', 'a*/x', false],
    ['*.tgz', 'a?.zip', false],
    ['*b', 'a*', true],
    ['a?', 'a', false],
  ])('%s and %s: %s', (a, b, expected) => {
    const [one, other] = [a, b].map((path) => ({ paths: [path], hashPrefixes: [], terminating: false }));
    expect(tuf.meet(one!, other!)).toBe(expected);
  });
});
