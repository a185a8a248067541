import { MAX_DEPTH } from './canonical-json.ts';
import {
  BACKSLASH,
  CLOSE_LIST,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  OPEN_LIST,
  OPEN_OBJECT,
  QUOTE,
} from './json-bytes.ts';

const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
/** Digits of which every number is a safe integer. */
const SAFE_DIGITS = 15;
/** By their first byte. */
const WORDS = new Map<number | undefined, Buffer>(
  ['true', 'false', 'null'].map((word) => [word.charCodeAt(0), Buffer.from(word)]),
);

/**
 * Whether bytes, which must be UTF-8, are JSON in its canonical form. Only a yes is certain: long numbers and escaped
 * member names are left to whoever encodes the value again and compares. That takes several times as long, and as much
 * memory again as a document of 100,000 targets.
 */
export function isSurelyCanonical(bytes: Uint8Array): boolean {
  return canonicalEnd(bytes, 0) === bytes.length;
}

/** Where the value at an offset ends, of bytes that must be UTF-8; NaN where it is not surely canonical. */
export function canonicalEnd(bytes: Uint8Array, at: number): number {
  return valueEnd(bytes, at, 0);
}

/** See {@link canonicalEnd}; NaN is not equal to any offset. */
function valueEnd(bytes: Uint8Array, at: number, depth: number): number {
  const first = bytes[at];
  if (first === QUOTE) return stringEnd(bytes, at);
  if (first === OPEN_OBJECT) return objectEnd(bytes, at, depth);
  if (first === OPEN_LIST) return arrayEnd(bytes, at, depth);
  return first === MINUS || isDigit(first) ? integerEnd(bytes, at) : wordEnd(bytes, at);
}

/** Members follow each other in the order of their bytes, and so none occurs twice. */
function objectEnd(bytes: Uint8Array, start: number, depth: number): number {
  if (depth >= MAX_DEPTH) return NaN;
  let at = start + 1;
  if (bytes[at] === CLOSE_OBJECT) return at + 1;
  let previous = -1;
  for (;;) {
    const end = bytes[at] === QUOTE ? plainStringEnd(bytes, at) : NaN;
    if (bytes[end] !== COLON || (previous >= 0 && !comesBefore(bytes, previous, at))) return NaN;
    previous = at;
    at = valueEnd(bytes, end + 1, depth + 1);
    const next = bytes[at];
    if (next === CLOSE_OBJECT) return at + 1;
    if (next !== COMMA) return NaN;
    at++;
  }
}

function arrayEnd(bytes: Uint8Array, start: number, depth: number): number {
  if (depth >= MAX_DEPTH) return NaN;
  let at = start + 1;
  if (bytes[at] === CLOSE_LIST) return at + 1;
  for (;;) {
    at = valueEnd(bytes, at, depth + 1);
    const next = bytes[at];
    if (next === CLOSE_LIST) return at + 1;
    if (next !== COMMA) return NaN;
    at++;
  }
}

/** Of two names without escapes, by the offsets of their opening quotes. */
function comesBefore(bytes: Uint8Array, one: number, other: number): boolean {
  for (let at = 1; ; at++) {
    const a = bytes[one + at] as number;
    const b = bytes[other + at] as number;
    if (a === QUOTE || b === QUOTE) return a === QUOTE && b !== QUOTE;
    if (a !== b) return a < b;
  }
}

/** As {@link stringEnd}, of a string without escapes. */
function plainStringEnd(bytes: Uint8Array, start: number): number {
  const { length } = bytes;
  for (let at = start + 1; at < length; at++) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) return at + 1;
    if (byte === BACKSLASH || byte < 0x20) return NaN;
  }
  return NaN;
}

function stringEnd(bytes: Uint8Array, start: number): number {
  const { length } = bytes;
  for (let at = start + 1; at < length; at++) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) return at + 1;
    if (byte < 0x20) return NaN;
    if (byte !== BACKSLASH) continue;
    at++;
    if (bytes[at] !== QUOTE && bytes[at] !== BACKSLASH) return NaN;
  }
  return NaN;
}

function integerEnd(bytes: Uint8Array, start: number): number {
  const first = bytes[start] === MINUS ? start + 1 : start;
  let at = first;
  while (isDigit(bytes[at])) at++;
  const digits = at - first;
  if (digits === 0 || digits > SAFE_DIGITS) return NaN;
  // neither -0 nor leading zeros
  return bytes[first] === ZERO && (digits > 1 || first > start) ? NaN : at;
}

function wordEnd(bytes: Uint8Array, at: number): number {
  const word = WORDS.get(bytes[at]);
  if (!word) return NaN;
  const { length } = word;
  for (let index = 1; index < length; index++) if (bytes[at + index] !== word[index]) return NaN;
  return at + length;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}
