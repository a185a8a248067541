import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openBundle } from '../../src/bundle/bundle.ts';
import { memorySource } from '../../src/bundle/source.ts';
import { CountersignError } from '../../src/errors.ts';
import { refusalOf, writeResponse } from './samples.ts';

const open = (bytes: Uint8Array): Promise<unknown> =>
  openBundle(memorySource(bytes), { kinds: ['response'] });
const small = Buffer.concat([...writeResponse([Buffer.from('first'), Buffer.alloc(700, 'second')]).chunks]);

/** Bytes that look random and are the same on every run. */
function noise(name: string, length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, at) =>
    createHash('sha256')
      .update(`${name} ${String(at)}`)
      .digest(),
  );
  return Buffer.concat(blocks).subarray(0, length);
}

describe('R4 R5 every byte counts', () => {
  test('the small bundle itself is good', async () => {
    await expect(open(small)).resolves.toMatchObject({ kind: 'response' });
  });

  test('5,000 places of a bundle of 3 MB, spread without pattern, are refused', async () => {
    const large = Buffer.concat([
      ...writeResponse(Array.from({ length: 12 }, (_, at) => noise(`file ${String(at)}`, 256 * 1024 + at)))
        .chunks,
    ]);
    expect(large.length).toBeGreaterThan(3_000_000);
    await open(large);
    const places = noise('places', 5000 * 5);
    for (let turn = 0; turn < 5000; turn++) {
      const at = places.readUInt32LE(turn * 5) % large.length;
      const before = large[at] as number;
      large[at] = before ^ (1 << ((places[turn * 5 + 4] as number) % 8));
      await refusalOf(() => open(large));
      large[at] = before;
    }
    await open(large);
  }, 300_000);

  test('B-01 B-06 every prefix at a block, and some between, is refused', async () => {
    for (let end = 0; end < small.length; end += 512) {
      for (const cut of [end, end + 1, end + 511]) {
        if (cut >= small.length) continue;
        expect(await refusalOf(() => open(small.subarray(0, cut)))).toMatch(/^BUNDLE-(SIZE|END)$/);
      }
    }
  });

  test('every block left out, doubled, or exchanged with the next is refused', async () => {
    const blocks = Array.from({ length: small.length / 512 }, (_, at) =>
      small.subarray(at * 512, at * 512 + 512),
    );
    for (let at = 0; at < blocks.length; at++) {
      const block = blocks[at] as Buffer;
      const next = blocks[at + 1] ?? Buffer.alloc(0);
      const before = Buffer.concat(blocks.slice(0, at));
      const rest = Buffer.concat(blocks.slice(at + 2));
      const variants = [
        Buffer.concat([before, next, rest]),
        Buffer.concat([before, block, block, next, rest]),
        Buffer.concat([before, next, block, rest]),
      ];
      for (const variant of variants) if (!variant.equals(small)) await refusalOf(() => open(variant));
    }
  });
});

describe('R5 whatever the bytes, the reader answers with a refusal', () => {
  const refusedOrGood = async (bytes: Uint8Array): Promise<void> => {
    try {
      await open(bytes);
      expect(Buffer.compare(bytes, small)).toBe(0);
    } catch (error) {
      expect(error).toBeInstanceOf(CountersignError);
      expect((error as CountersignError).exit).toBe(3);
    }
  };

  test('bytes without form', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 8192 }), refusedOrGood), { numRuns: 200 });
  });

  test('a good bundle with a stretch replaced', async () => {
    const stretch = fc.tuple(fc.nat(small.length - 1), fc.uint8Array({ maxLength: 1024 }));
    await fc.assert(
      fc.asyncProperty(stretch, async ([at, bytes]) => {
        const copy = Buffer.from(small);
        copy.set(bytes.subarray(0, copy.length - at), at);
        await refusedOrGood(copy);
      }),
      { numRuns: 300 },
    );
  });
});
