import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/encoding/json.ts';
import { parseStrictJson } from '../../src/encoding/strict-json.ts';
import { accepts, checkOf } from './hostile.ts';

const parse = (text: string): unknown => parseStrictJson(Buffer.from(text));
const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

describe('R5 the strict reader takes', () => {
  test('what JSON.parse takes, where that is unambiguous', () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ depthSize: 'medium', stringUnit: 'grapheme' }),
        fc.constantFrom(0, 2, '\t'),
        (value, indent) => {
          const text = JSON.stringify(value, null, indent);
          if (accepts(() => parse(text))) expect(parse(text)).toEqual(JSON.parse(text));
          else expect(/[-\d]\.?\d*(e|\.)|\d{16}|-0/.test(text)).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test.each<[string, unknown]>([
    [' \t\r\n{ "a" : [ 1 , -2 , true , false , null ] } \n', { a: [1, -2, true, false, null] }],
    ['"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00"', '"\\/\b\f\n\r\té\u{1f600}'],
    ['"\u2028\u007f"', '\u2028\u007f'],
    ['9007199254740991', 9_007_199_254_740_991],
    ['-9007199254740991', -9_007_199_254_740_991],
    ['0', 0],
    ['""', ''],
    ['{}', {}],
    ['[]', []],
    ['{"":{"":""}}', { '': { '': '' } }],
  ])('%j', (text, value) => {
    expect(parse(text)).toEqual(value);
  });

  test('64 levels', () => {
    expect(accepts(() => parse(nested(64)))).toBe(true);
    expect(checkOf(() => parse(nested(65)))).toBe('JSON-STRICT');
  });

  test('members with the names of inherited ones, as members and nothing else', () => {
    const object = parse(
      '{"__proto__":{"admin":true},"constructor":1,"toString":2,"hasOwnProperty":3}',
    ) as JsonObject;
    expect(Object.keys(object)).toEqual(['__proto__', 'constructor', 'toString', 'hasOwnProperty']);
    expect(object['admin']).toBeUndefined();
    expect('valueOf' in object).toBe(false);
    expect((parse('{}') as JsonObject)['constructor']).toBeUndefined();
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });
});

describe('JSON-STRICT refuses', () => {
  test.each([
    ['a member twice', '{"a":1,"a":2}'],
    ['a member twice, once escaped', '{"a":1,"\\u0061":2}'],
    ['__proto__ twice', '{"__proto__":1,"__proto__":2}'],
    ['an integer that a double rounds', '9007199254740993'],
    ['2^53', '9007199254740992'],
    ['a number that overflows', '1e400'],
    ['an exponent', '1e3'],
    ['an upper-case exponent', '1E3'],
    ['a fraction', '1.5'],
    ['a fraction of zero', '1.0'],
    ['minus zero', '-0'],
    ['a leading zero', '01'],
    ['a plus sign', '+1'],
    ['a lone minus', '-'],
    ['hex', '0x10'],
    ['NaN', 'NaN'],
    ['Infinity', 'Infinity'],
    ['undefined', 'undefined'],
    ['a lone high surrogate', '"\\ud800"'],
    ['a lone low surrogate', '"\\udc00"'],
    ['surrogates in the wrong order', '"\\ude00\\ud83d"'],
    ['a lone surrogate in a name', '{"\\ud800":1}'],
    ['a raw control character', '"a\u0001"'],
    ['a raw tab', '"a\tb"'],
    ['a raw newline', '"a\nb"'],
    ['an unknown escape', '"\\x41"'],
    ['three hex digits', '"\\u004"'],
    ['a signed escape', '"\\u+041"'],
    ['an escape at the end', '"\\'],
    ['a string without an end', '"abc'],
    ['a byte order mark', '\ufeff{}'],
    ['a second value', '{}{}'],
    ['text after the value', '{} x'],
    ['a NUL after the value', '{}\u0000'],
    ['a comma at the end of an object', '{"a":1,}'],
    ['a comma at the end of an array', '[1,]'],
    ['a comma at the start', '[,1]'],
    ['a missing comma', '[1 2]'],
    ['a missing colon', '{"a" 1}'],
    ['a name without quotes', '{a:1}'],
    ['single quotes', "{'a':1}"],
    ['a comment', '{}/* */'],
    ['a non-breaking space', '\u00a0{}'],
    ['a form feed', '\f{}'],
    ['a half word', 'tru'],
    ['a longer word', 'truest'],
    ['nothing', ''],
    ['only space', ' '],
    ['an open object', '{"a":1'],
    ['an open array', '[1'],
    ['a bracket of the other kind', '[1}'],
  ])('%s', (_, text) => {
    expect(checkOf(() => parse(text))).toBe('JSON-STRICT');
  });

  test('a million levels, without overflowing the stack', () => {
    expect(checkOf(() => parse(nested(1e6)))).toBe('JSON-STRICT');
    expect(checkOf(() => parse('{"a":'.repeat(1e6)))).toBe('JSON-STRICT');
  });

  test('ENCODING-UTF8 bytes that are not UTF-8, even inside a string', () => {
    expect(checkOf(() => parseStrictJson(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])))).toBe('ENCODING-UTF8');
    expect(checkOf(() => parseStrictJson(Buffer.from([0x22, 0xff, 0x22])))).toBe('ENCODING-UTF8');
  });

  test('or takes any bytes, and never crashes', () => {
    const token = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '"a"',
      '\\',
      '\\u00',
      '1',
      '-',
      '0',
      '.',
      'e',
      ' ',
      'null',
      'tr',
    );
    const text = fc.array(token, { maxLength: 12 }).map((tokens) => Buffer.from(tokens.join('')));
    fc.assert(
      fc.property(fc.oneof(text, fc.uint8Array({ maxLength: 60 })), (bytes) => {
        if (accepts(() => parseStrictJson(bytes)))
          expect(parseStrictJson(bytes)).toEqual(JSON.parse(Buffer.from(bytes).toString('utf8')));
      }),
      { numRuns: 5000 },
    );
  });
});
