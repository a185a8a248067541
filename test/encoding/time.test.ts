import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatTime, parseGoTime, parseTime } from '../../src/encoding/time.ts';
import { accepts, checkOf } from './hostile.ts';

const FIRST = Date.parse('0000-01-01T00:00:00Z') / 1000;
const LAST = Date.parse('9999-12-31T23:59:59Z') / 1000;

describe('times of our own formats', () => {
  test('every whole second of four-digit years is written and read again', () => {
    fc.assert(
      fc.property(fc.integer({ min: FIRST, max: LAST }), (time) => {
        expect(formatTime(time)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
        expect(parseTime(formatTime(time))).toBe(time);
      }),
    );
  });

  test('known times', () => {
    expect(formatTime(0)).toBe('1970-01-01T00:00:00Z');
    expect(formatTime(1_893_456_000)).toBe('2030-01-01T00:00:00Z');
    expect(parseTime('2024-02-29T23:59:59Z')).toBe(1_709_251_199);
    expect(parseTime('0001-01-01T00:00:00Z')).toBe(-62_135_596_800);
  });

  test.each([
    '2023-02-29T00:00:00Z',
    '2024-02-30T00:00:00Z',
    '2024-04-31T00:00:00Z',
    '2024-13-01T00:00:00Z',
    '2024-00-10T00:00:00Z',
    '2024-01-00T00:00:00Z',
    '2024-01-01T24:00:00Z',
    '2024-01-01T23:60:00Z',
    '2024-12-31T23:59:60Z',
    '2024-01-01T00:00:00.0Z',
    '2024-01-01T00:00:00+00:00',
    '2024-01-01T00:00:00z',
    '2024-01-01 00:00:00Z',
    '2024-01-01T00:00Z',
    '2024-01-01',
    '+002024-01-01T00:00:00Z',
    '2024-01-01T00:00:00Z\n',
    ' 2024-01-01T00:00:00Z',
    '٢024-01-01T00:00:00Z',
    '',
  ])('ENCODING-TIME %j is refused', (text) => {
    expect(checkOf(() => parseTime(text))).toBe('ENCODING-TIME');
  });

  test.each([0.5, Number.NaN, Number.POSITIVE_INFINITY, FIRST - 1, LAST + 1])(
    'ENCODING-TIME %d cannot be written',
    (time) => {
      expect(checkOf(() => formatTime(time))).toBe('ENCODING-TIME');
    },
  );
});

describe('R16 times of Notary files', () => {
  test.each([
    ['2036-11-18T03:55:07Z', '2036-11-18T03:55:07.000Z'],
    ['2036-11-18T03:55:07.1Z', '2036-11-18T03:55:07.100Z'],
    ['2036-11-18T03:55:07.488229031Z', '2036-11-18T03:55:07.488Z'],
    ['2036-11-18T03:55:07.000000001Z', '2036-11-18T03:55:07.000Z'],
    ['2036-11-18T03:55:07+02:00', '2036-11-18T01:55:07.000Z'],
    ['2036-11-18T03:55:07.25-05:30', '2036-11-18T09:25:07.250Z'],
    ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59.000Z'],
  ])('%s is read', (text, iso) => {
    expect(new Date(parseGoTime(text)).toISOString()).toBe(iso);
  });

  test('the zero time of a missing expiry is year 1, not 2001', () => {
    expect(parseGoTime('0001-01-01T00:00:00Z')).toBe(-62_135_596_800_000);
  });

  test.each([
    ['a zero offset', '2036-11-18T03:55:07+00:00'],
    ['a negative zero offset', '2036-11-18T03:55:07-00:00'],
    ['trailing zeros', '2036-11-18T03:55:07.100Z'],
    ['a fraction of zeros', '2036-11-18T03:55:07.000Z'],
    ['ten digits', '2036-11-18T03:55:07.1234567891Z'],
    ['an empty fraction', '2036-11-18T03:55:07.Z'],
    ['a comma', '2036-11-18T03:55:05,5Z'],
    ['an hour of one digit', '2036-11-18T3:04:05Z'],
    ['hour 24', '2036-11-18T24:00:00Z'],
    ['30 February', '2036-02-30T00:00:00Z'],
    ['a leap second', '2016-12-31T23:59:60Z'],
    ['lower-case z', '2036-11-18T03:55:07z'],
    ['a space', '2036-11-18 03:55:07Z'],
    ['no seconds', '2036-11-18T03:55Z'],
    ['no zone', '2036-11-18T03:55:07'],
    ['an offset of 24 hours', '2036-11-18T03:55:07+24:00'],
    ['an offset of 60 minutes', '2036-11-18T03:55:07+01:60'],
    ['an offset without colon', '2036-11-18T03:55:07+0100'],
  ])('ENCODING-TIME %s would be written differently by Go', (_, text) => {
    expect(checkOf(() => parseGoTime(text))).toBe('ENCODING-TIME');
  });

  test('ENCODING-TIME any text gives a time or a refusal', () => {
    const part = fc.constantFrom(
      '2036',
      '-',
      '11',
      '18',
      'T',
      '03',
      ':',
      '55',
      '.',
      '5',
      '0',
      'Z',
      '+',
      '02',
      '\n',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(part, { maxLength: 16 }).map((parts) => parts.join('')),
        ),
        (text) => {
          if (accepts(() => parseGoTime(text))) expect(parseGoTime(text)).toBeTypeOf('number');
          if (accepts(() => parseTime(text))) expect(formatTime(parseTime(text))).toBe(text);
        },
      ),
    );
  });
});
