import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromBase64, fromHex, fromUtf8, toBase64, toHex, toUtf8 } from '../../src/encoding/text.ts';
import { accepts, checkOf } from './hostile.ts';

const bytes = fc.uint8Array({ maxLength: 200 });

test('bytes come back from hex, base64 and, where they are text, UTF-8', () => {
  fc.assert(
    fc.property(bytes, fc.string({ unit: 'grapheme' }), (value, text) => {
      expect([...fromHex(toHex(value), value.length)]).toEqual([...value]);
      expect([...fromBase64(toBase64(value))]).toEqual([...value]);
      expect(fromUtf8(toUtf8(text))).toBe(text);
    }),
  );
});

test('text that is taken is the one text of its bytes', () => {
  const nearly = fc.string({ unit: fc.constantFrom(...Array.from('AQgw0aF9+/=-_ \n')), maxLength: 12 });
  fc.assert(
    fc.property(fc.oneof(fc.string(), nearly), (text) => {
      if (accepts(() => fromHex(text))) expect(toHex(fromHex(text))).toBe(text);
      if (accepts(() => fromBase64(text))) expect(toBase64(fromBase64(text))).toBe(text);
    }),
  );
});

test.each(['a', 'AB', '0x00', 'zz', '00 ', '00\n'])('ENCODING-HEX %j is refused', (text) => {
  expect(checkOf(() => fromHex(text))).toBe('ENCODING-HEX');
});

test('ENCODING-HEX another length is refused', () => {
  expect(checkOf(() => fromHex('0011', 3))).toBe('ENCODING-HEX');
});

test.each(['QQ', 'QQ=', 'QR==', 'Q Q=', 'QQ==\n', 'QUI-', 'QUI_', '=QQ=', 'QQ==QQ=='])(
  'ENCODING-BASE64 %j is refused',
  (text) => {
    expect(checkOf(() => fromBase64(text))).toBe('ENCODING-BASE64');
  },
);

test.each([
  ['a surrogate', [0xed, 0xa0, 0x80]],
  ['an overlong form', [0xc0, 0xaf]],
  ['a lone continuation', [0x80]],
  ['an end in mid-character', [0xe2, 0x82]],
  ['a value above U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
])('ENCODING-UTF8 %s is refused', (_, octets) => {
  expect(checkOf(() => fromUtf8(Buffer.from(octets)))).toBe('ENCODING-UTF8');
});

test('a byte order mark stays part of the text', () => {
  expect(fromUtf8(Buffer.from([0xef, 0xbb, 0xbf, 0x41]))).toBe('\ufeffA');
});
