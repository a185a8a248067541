import { describe, expect, test } from 'vitest';
import { openBundle } from '../../src/bundle/bundle.ts';
import type { Kind } from '../../src/bundle/manifest.ts';
import { memorySource } from '../../src/bundle/source.ts';
import { KINDS, refusalOf, writeRequest, writeResponse } from './samples.ts';

const open = (kind: Kind, bytes: Uint8Array): Promise<unknown> =>
  openBundle(memorySource(bytes), { kinds: [kind] });

describe.each<[Kind, Buffer]>([
  ['request', Buffer.concat([...writeRequest().chunks])],
  ['response', Buffer.concat([...writeResponse([Buffer.alloc(700, 'content')]).chunks])],
])('R4 R5 a small %s', (kind, small) => {
  test('is good as it is, and only as what it is', async () => {
    await expect(open(kind, small)).resolves.toMatchObject({ kind });
    for (const other of KINDS.filter((name) => name !== kind))
      expect(await refusalOf(() => open(other, small))).toBe('SEAL-SIGNATURE');
  });

  test('is refused with exit 3 whichever of its bytes is changed, in one bit or in all', async () => {
    const copy = Buffer.from(small);
    const checks = new Set<string>();
    for (let at = 0; at < copy.length; at++) {
      copy[at] = (small[at] as number) ^ (at % 9 === 8 ? 0xff : 1 << (at % 9));
      checks.add(await refusalOf(() => open(kind, copy)));
      copy[at] = small[at] as number;
    }
    expect([...checks].sort()).toEqual([
      'BUNDLE-CONTENT',
      'BUNDLE-END',
      'BUNDLE-HEADER',
      'BUNDLE-PADDING',
      'SEAL-FORM',
      'SEAL-KEY',
      'SEAL-SIGNATURE',
    ]);
  }, 300_000);
});
