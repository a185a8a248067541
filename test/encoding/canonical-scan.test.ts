import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalBytes, canonicalText, MAX_DEPTH } from '../../src/encoding/canonical-json.ts';
import { isSurelyCanonical } from '../../src/encoding/canonical-scan.ts';
import type { Json } from '../../src/encoding/json.ts';

/** Whether text is JSON that encodes to itself: what the scan may say yes to. */
function isCanonical(text: string): boolean {
  try {
    return canonicalText(JSON.parse(text) as Json) === text;
  } catch {
    return false;
  }
}

const text = fc.string({
  unit: fc.constantFrom(...Array.from('ab"\\<é\u2028\u{1f600}\uff5e')),
  maxLength: 4,
});
const value = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    text,
    fc.integer({ min: -(10 ** 12), max: 10 ** 12 }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(text, tie('value'), { maxKeys: 5 }),
  ),
})).value;

describe('R5 R16 canonical form is found in the bytes', () => {
  test('of whatever is canonical, where no name has an escape', () => {
    fc.assert(
      fc.property(value, (some) => {
        const bytes = canonicalBytes(some);
        const escapedName = /\\["\\][^"]*":|[{,]"[^"]*\\/.test(bytes.toString());
        if (!escapedName) expect(isSurelyCanonical(bytes)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test('and of nothing else, whatever is changed in it', () => {
    const character = fc.constantFrom(...Array.from('{}[]",:\\ \n0-1.eEatfnu/<é\u{1f600}'));
    fc.assert(
      fc.property(
        value,
        fc.nat(),
        fc.nat(3),
        fc.string({ unit: character, maxLength: 3 }),
        (some, ...edit) => {
          const before = Array.from(canonicalText(some));
          const [at, gone, put] = edit;
          before.splice(at % (before.length + 1), gone, put);
          const after = before.join('');
          if (isSurelyCanonical(Buffer.from(after))) expect(isCanonical(after), after).toBe(true);
        },
      ),
      { numRuns: 20_000 },
    );
  });

  test.each([
    ['nothing', ''],
    ['white space', '{ "a":1}'],
    ['a line feed at the end', '{"a":1}\n'],
    ['a second value', '1 2'],
    ['something after the value', '{}}'],
    ['a name twice', '{"a":1,"a":1}'],
    ['names out of order', '{"b":1,"a":1}'],
    ['a longer name before its beginning', '{"ab":1,"a":1}'],
    ['an escape that is not needed', '"\\/"'],
    ['an escape by number', '"\\u0061"'],
    ['a control character', '"\t"'],
    ['a string that does not end', '"a'],
    ['a string that ends in a backslash', '"a\\'],
    ['an object that does not end', '{"a":1'],
    ['a name without a value', '{"a":}'],
    ['a name without a colon', '{"a"1}'],
    ['a comma at the end', '[1,]'],
    ['a comma at the end of an object', '{"a":1,}'],
    ['-0', '-0'],
    ['a leading zero', '01'],
    ['a fraction', '1.0'],
    ['an exponent', '1e3'],
    ['a sign alone', '-'],
    ['a word of another language', 'True'],
    ['a word that goes on', 'nulls'],
    ['a number above the safe ones', '9007199254740993'],
    ['one level too deep', '['.repeat(MAX_DEPTH + 1) + ']'.repeat(MAX_DEPTH + 1)],
  ])('%s is not surely canonical', (_, json) => {
    expect(isSurelyCanonical(Buffer.from(json))).toBe(false);
  });

  test('as deep as documents may be', () => {
    expect(isSurelyCanonical(Buffer.from('['.repeat(MAX_DEPTH) + ']'.repeat(MAX_DEPTH)))).toBe(true);
  });
});
