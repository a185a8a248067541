import { refused } from '../errors.ts';

const OURS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
/** RFC 3339 as Go writes it: no trailing zeros in the fraction, `Z` and never a zero offset. */
const GO = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{0,8}[1-9])?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/;

const FIRST = Date.parse('0000-01-01T00:00:00Z') / 1000;
const LAST = Date.parse('9999-12-31T23:59:59Z') / 1000;

/**
 * A time as our own formats write it: `YYYY-MM-DDTHH:MM:SSZ`, UTC.
 *
 * @param time whole seconds since 1970
 * @throws ENCODING-TIME where that is not a whole second of the years 0 to 9999
 */
export function formatTime(time: number): string {
  if (!Number.isInteger(time) || time < FIRST || time > LAST)
    throw refused('ENCODING-TIME', 'not a time that can be written', {
      expected: 'whole seconds of the years 0000 to 9999',
      found: String(time),
    });
  return `${new Date(time * 1000).toISOString().slice(0, 19)}Z`;
}

/**
 * Reads what {@link formatTime} writes, and nothing else: no fraction, no offset, no date that does not exist.
 *
 * @returns seconds since 1970
 * @throws ENCODING-TIME
 */
export function parseTime(text: string): number {
  if (!OURS.test(text)) throw notTime(text, 'YYYY-MM-DDTHH:MM:SSZ');
  return seconds(text, text);
}

/**
 * Reads a time of a Notary file: RFC 3339 in exactly the spelling that Go's encoder would write again. Any other
 * spelling would let a server hash bytes that are not the file's.
 *
 * @returns milliseconds since 1970, rounded down
 * @throws ENCODING-TIME
 */
export function parseGoTime(text: string): number {
  const [, local, fraction, sign, hours, minutes] = GO.exec(text) ?? [];
  const offset = Number(hours ?? 0) * 60 + Number(minutes ?? 0);
  if (local === undefined || (sign !== undefined && offset === 0))
    throw notTime(text, 'RFC 3339 as Go writes it: no trailing zeros in the fraction, no zero offset');
  const milliseconds = Number((fraction ?? '.').slice(1, 4).padEnd(3, '0'));
  return (seconds(`${local}Z`, text) - (sign === '-' ? -offset : offset) * 60) * 1000 + milliseconds;
}

function seconds(utc: string, text: string): number {
  const time = Date.parse(utc) / 1000;
  // Date.parse rolls 30 February and 24:00 over into the next day, which then reads differently.
  if (Number.isNaN(time) || formatTime(time) !== utc) throw notTime(text, 'a date and a time that exist');
  return time;
}

function notTime(text: string, expected: string): Error {
  return refused('ENCODING-TIME', 'not a time in the required form', { expected, found: text.slice(0, 80) });
}
