import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { canonicalBytes } from '../../src/encoding/canonical-json.ts';
import { sha256Hex } from '../../src/encoding/hash.ts';
import type { JsonObject } from '../../src/encoding/json.ts';
import { MAX_CARD, readCard } from '../../src/station/cards/card.ts';
import { refusalOf } from './samples.ts';

const file = readFileSync(new URL('../../bundle-schema/vectors/valid/card-offline.card', import.meta.url));

describe('cards', () => {
  test('B-53 the digest is that of the canonical bytes of the card inside the file', async () => {
    const { card } = JSON.parse(file.toString('utf8')) as JsonObject;
    expect((await readCard(file)).digest).toBe(sha256Hex(canonicalBytes(card as JsonObject)));
  });

  test('B-50 every byte of a card, changed in one bit or in all, is refused', async () => {
    const copy = Buffer.from(file);
    for (let at = 0; at < copy.length; at++)
      for (const change of [1 << (at % 8), 0xff]) {
        copy[at] = (file[at] as number) ^ change;
        await refusalOf(() => readCard(copy));
        copy[at] = file[at] as number;
      }
  });

  test('B-50 CARD-FORM a file of more than 256 KiB is not a card, whatever it holds', async () => {
    const card = (size: number): Buffer => Buffer.from(`{"card":"${'x'.repeat(size - 11)}"}`);
    expect(card(MAX_CARD)).toHaveLength(256 * 1024);
    expect(await refusalOf(() => readCard(card(MAX_CARD)))).toBe('CARD-SCHEMA');
    expect(await refusalOf(() => readCard(card(MAX_CARD + 1)))).toBe('CARD-FORM');
  });

  test('B-50 every prefix of a card is refused', async () => {
    for (let end = 0; end < file.length; end++)
      expect(await refusalOf(() => readCard(file.subarray(0, end)))).toBe('CARD-FORM');
  });
});
