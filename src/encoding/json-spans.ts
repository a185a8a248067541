import { BACKSLASH, CLOSE_OBJECT, COLON, COMMA, OPEN_OBJECT, QUOTE } from './json-bytes.ts';

/**
 * Where the members of an object stand that begins at an offset and is written without white space: the offsets of
 * each name and each value in turn, and at last the one behind the object. Every value ends one byte before the next
 * offset but one. Null where there is no such object. Values are passed over, not checked.
 */
export function memberSpans(bytes: Uint8Array, start: number): number[] | null {
  if (bytes[start] !== OPEN_OBJECT) return null;
  const spans: number[] = [];
  let at = start + 1;
  if (bytes[at] === CLOSE_OBJECT) return [at + 1];
  for (;;) {
    const value = memberValue(bytes, at);
    if (value === null) return null;
    spans.push(at, value);
    at = valueEnd(bytes, value) + 1;
    if (bytes[at - 1] === CLOSE_OBJECT) break;
    if (bytes[at - 1] !== COMMA) return null;
  }
  spans.push(at);
  return spans;
}

/**
 * Where the value of a member with a plain name begins, in an object that begins the bytes and is written without white
 * space; null where it is not found. Only what stands before it is passed over.
 */
export function memberStart(bytes: Uint8Array, name: string): number | null {
  const wanted = Buffer.from(`"${name}":`);
  let at = 1;
  for (;;) {
    const value = memberValue(bytes, at);
    if (value === null) return null;
    if (wanted.equals(bytes.subarray(at, value))) return value;
    at = valueEnd(bytes, value) + 1;
    if (bytes[at - 1] !== COMMA) return null;
  }
}

/** What stands before and behind the value of a member, and the value: no copies. */
export interface CutMember {
  readonly before: Buffer;
  readonly value: Buffer;
  readonly after: Buffer;
}

/**
 * Cuts out the value of a member (see {@link memberStart}) where it is an object.
 *
 * @param endOf where the value ends that begins at an offset; NaN where it shall not be cut out
 */
export function cutMember(bytes: Uint8Array, name: string, endOf: typeof valueEnd): CutMember | null {
  const start = memberStart(bytes, name);
  if (start === null || bytes[start] !== OPEN_OBJECT) return null;
  const end = endOf(bytes, start);
  if (Number.isNaN(end)) return null;
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { before: all.subarray(0, start), value: all.subarray(start, end), after: all.subarray(end) };
}

/** Where the value of a member begins whose name begins at an offset; null where there is no such member. */
function memberValue(bytes: Uint8Array, name: number): number | null {
  if (bytes[name] !== QUOTE) return null;
  const colon = stringEnd(bytes, name);
  return bytes[colon] === COLON ? colon + 1 : null;
}

function stringEnd(bytes: Uint8Array, start: number): number {
  const { length } = bytes;
  for (let at = start + 1; at < length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    if (byte === BACKSLASH) at++;
  }
  return length;
}

/** The offset behind a value: of what follows it in its object or list. The value is not checked. */
export function valueEnd(bytes: Uint8Array, start: number): number {
  const { length } = bytes;
  let depth = 0;
  let at = start;
  while (at < length) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) {
      at = stringEnd(bytes, at);
      if (depth === 0) return at;
      continue;
    }
    // brackets and braces differ in one bit
    const bracket = byte | 0x20;
    if (bracket === OPEN_OBJECT) depth++;
    else if (bracket === CLOSE_OBJECT) {
      if (depth === 0) return at;
      if (--depth === 0) return at + 1;
    } else if (byte === COMMA && depth === 0) return at;
    at++;
  }
  return length;
}
