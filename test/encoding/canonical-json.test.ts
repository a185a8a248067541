import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { canonicalize } from '@tufjs/canonical-json';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalBytes, canonicalText, compareUtf8 } from '../../src/encoding/canonical-json.ts';
import type { Json, JsonObject } from '../../src/encoding/json.ts';
import { parseCanonicalJson, parseStrictJson } from '../../src/encoding/strict-json.ts';
import { accepts, checkOf } from './hostile.ts';

const vectors = new URL('../vectors/notary-v1/', import.meta.url);
const read = (name: string): Buffer => readFileSync(new URL(name, vectors));
const signedOf = (file: Buffer): JsonObject => (parseStrictJson(file) as { signed: JsonObject }).signed;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Any value that has a canonical form, names and strings out of `unit`. */
function values(unit: fc.Arbitrary<string>): fc.Arbitrary<Json> {
  const text = fc.string({ unit, maxLength: 8 });
  return fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      text,
      fc.maxSafeInteger(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 5 }),
      fc.dictionary(text, tie('value'), { maxKeys: 6 }),
    ),
  })).value;
}

describe('R16 canonical JSON', () => {
  test.each([
    ['plain', '22706c61696e22'],
    ['q"uote', '22715c22756f746522'],
    ['back\\slash', '226261636b5c5c736c61736822'],
    ['a/b/c', '22612f622f6322'],
    ['<tag>&amp;', '223c7461673e26616d703b22'],
    ['é', '22c3a922'],
    ['日本', '22e697a5e69cac22'],
    ['\u{1f600}', '22f09f988022'],
    ['\u2028x', '22e280a87822'],
    ['\u2029x', '22e280a97822'],
    ['\u007fdel', '227f64656c22'],
    ['\u0085nel', '22c2856e656c22'],
    ['\ufeffbom', '22efbbbf626f6d22'],
    ['', '2222'],
    ['\t\u0001\n', '2209010a22'],
  ])('the string %j is as a Notary client hashes it', (text, hex) => {
    expect(canonicalBytes(text).toString('hex')).toBe(hex);
    expect(canonicalBytes({ [text]: text }).toString('hex')).toBe(`7b${hex}3a${hex}7d`);
  });

  test('members come in the order of their bytes, not of UTF-16', () => {
    const names = ['10', '9', 'Z', 'a', 'a b', 'a/b', 'z', 'é', '\uff5e', '\u{1f600}'];
    const mixed = Object.fromEntries([...names].reverse().map((name) => [name, 1]));
    expect(canonicalText(mixed)).toBe(`{${names.map((name) => `"${name}":1`).join(',')}}`);
    const parsed = JSON.parse('{"10":1,"9":1,"\u{1f600}":1,"\uff5e":1}') as JsonObject;
    expect(canonicalText(parsed)).toBe('{"10":1,"9":1,"\uff5e":1,"\u{1f600}":1}');
  });

  test('the synthetic file, accepted by both servers, has its canonical bytes', () => {
    const canonical = canonicalBytes(signedOf(read('synthetic/targets-ed25519-seed0.json')));
    expect(canonical.equals(read('synthetic/targets-ed25519-seed0.canonical'))).toBe(true);
    expect(sha256(canonical)).toBe('8eccddc975a878291fbbb1cdccc28b5be4c18d54eb9b7359a70472c6baabf64f');
  });

  test('a file of the stock client has its canonical bytes', () => {
    const canonical = canonicalBytes(signedOf(read('a_one/targets.json')));
    expect(canonical).toHaveLength(308);
    expect(sha256(canonical)).toBe('0b386eb9f374f72bce8515aaaaddaff3e8e5334038d96149ae2c449d187553f0');
  });

  test('agrees with tuf-js on ASCII without control characters', () => {
    const ascii = fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code));
    fc.assert(
      fc.property(values(ascii), (value) => {
        expect(canonicalText(value)).toBe(canonicalize(value));
      }),
      { numRuns: 1000 },
    );
  });

  test('does not depend on the order in which members were set', () => {
    const reverse = (value: Json): Json => {
      if (Array.isArray(value)) return (value as Json[]).map(reverse);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([name, member]) => [name, reverse(member)]),
      );
    };
    fc.assert(
      fc.property(
        values(fc.constantFrom('a', 'b', '"', '\\', '1', '\u{1f600}', '\uff5e', '\u0001')),
        (value) => {
          expect(canonicalText(reverse(value))).toBe(canonicalText(value));
        },
      ),
      { numRuns: 1000 },
    );
  });

  test.each<[string, Json]>([
    ['a fraction', 1.5],
    ['minus zero', -0],
    ['an unsafe integer', 2 ** 53],
    ['infinity', Number.POSITIVE_INFINITY],
    ['a lone surrogate', '\ud800'],
    ['a lone surrogate in a name', { '\udc00': 1 }],
    ['a member without a value', { a: undefined } as unknown as Json],
  ])('JSON-CANONICAL %s has no canonical form', (_, value) => {
    expect(checkOf(() => canonicalText(value))).toBe('JSON-CANONICAL');
    expect(checkOf(() => canonicalText([{ z: 1, a: value }]))).toBe('JSON-CANONICAL');
  });

  test('JSON-CANONICAL 64 levels are written, 65 are not', () => {
    const nested = (levels: number): Json =>
      Array.from({ length: levels }).reduce<Json>((inner) => [inner], 1);
    expect(canonicalText(nested(64))).toHaveLength(129);
    expect(checkOf(() => canonicalText(nested(65)))).toBe('JSON-CANONICAL');
  });

  test('compareUtf8 is the order of bytes', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'é', '\uff5e', '\u{1f600}', '\ud7ff'),
      maxLength: 3,
    });
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareUtf8(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
      }),
    );
  });
});

describe('R5 reading canonical JSON', () => {
  test('canonical bytes are read back, by both readers alike', () => {
    const unit = fc.constantFrom('a', 'b', '"', '\\', '/', '1', 'é', '\u{1f600}', '\uff5e', '\u2028');
    fc.assert(
      fc.property(values(unit), (value) => {
        const bytes = canonicalBytes(value);
        expect(parseCanonicalJson(bytes)).toEqual(value);
        expect(canonicalBytes(parseCanonicalJson(bytes)).equals(bytes)).toBe(true);
        expect(canonicalBytes(parseStrictJson(bytes)).equals(bytes)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test('any bytes are refused, or are the canonical form of what was read', () => {
    const token = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"b"',
      '"\\n"',
      '"\\\\"',
      '1',
      '-',
      '0',
      '.',
      'e',
      ' ',
      'null',
    );
    const text = fc.oneof(
      fc.json(),
      fc.array(token, { maxLength: 10 }).map((tokens) => tokens.join('')),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          text.map((t) => Buffer.from(t)),
          fc.uint8Array(),
        ),
        (bytes) => {
          if (accepts(() => parseCanonicalJson(bytes)))
            expect(canonicalBytes(parseCanonicalJson(bytes)).equals(bytes)).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['white space', '{"a": 1}'],
    ['a final newline', '{"a":1}\n'],
    ['members out of order', '{"b":1,"a":2}'],
    ['a member twice', '{"a":1,"a":1}'],
    ['a member twice, once escaped', '{"a":1,"\\u0061":1}'],
    ['an escape that is not needed', '"\\u00e9"'],
    ['an escaped control character', '"\\n"'],
    ['an escaped slash', '"a\\/b"'],
    ['a lone surrogate', '"\\ud800"'],
    ['an exponent', '1e3'],
    ['a fraction of zero', '1.0'],
    ['minus zero', '-0'],
    ['an unsafe integer', '9007199254740993'],
  ])('JSON-CANONICAL %s is refused', (_, text) => {
    expect(checkOf(() => parseCanonicalJson(Buffer.from(text)))).toBe('JSON-CANONICAL');
  });

  test('JSON-CANONICAL a deep document is refused without overflowing the stack', () => {
    expect(checkOf(() => parseCanonicalJson(Buffer.from('['.repeat(1e6) + ']'.repeat(1e6))))).toBe(
      'JSON-CANONICAL',
    );
  });

  test.each(['', '{', 'nul', '{"a":}', '\ufeff{}', '[1,]', "{'a':1}"])(
    'JSON-STRICT %j is not JSON',
    (text) => {
      expect(checkOf(() => parseCanonicalJson(Buffer.from(text)))).toBe('JSON-STRICT');
    },
  );
});
