import { refused } from '../errors.ts';
import type { Json, JsonObject } from './json.ts';

/** Nesting that no document of either dialect needs; a deeper one is an attack on recursive readers. */
export const MAX_DEPTH = 64;

const NEEDS_ESCAPE = /["\\]/;
const ESCAPES = /["\\]/g;
const SURROGATE = /[\ud800-\udfff]/;

/**
 * Canonical JSON ("OLPC" form, as TUF 1.0 and Notary v1 sign it): members sorted by the UTF-8 bytes of their
 * names, no white space, only `"` and `\` escaped, integers only.
 *
 * @throws CountersignError JSON-CANONICAL for a float, -0, an unsafe integer, a lone surrogate, or depth above 64
 */
export function canonicalText(value: Json): string {
  // Most documents are in order already, and then the engine's own encoder is several times faster.
  if (isInOrder(value, 0)) {
    const text = JSON.stringify(value);
    if (!mayDiffer(text)) return text;
  }
  const text = encode(value, 0);
  if (!text.isWellFormed()) throw refused('JSON-CANONICAL', 'a string holds a lone surrogate');
  return text;
}

/** Whether JSON.stringify may differ from the canonical form: it escaped something, or UTF-16 order is not byte order. */
function mayDiffer(text: string): boolean {
  // Looking for one character and counting bytes is several times faster than an expression over ten megabytes.
  return text.includes('\\') || (Buffer.byteLength(text, 'utf8') !== text.length && SURROGATE.test(text));
}

/** Whether every object's members come in UTF-16 order; refuses what has no canonical form on the way. */
function isInOrder(value: Json, depth: number): boolean {
  if (typeof value === 'number') return checkInteger(value);
  if (typeof value !== 'object' || value === null) return true;
  checkDepth(depth);
  if (Array.isArray(value)) return (value as readonly Json[]).every((item) => isInOrder(item, depth + 1));
  const object = value as JsonObject;
  let previous = '';
  // for..in makes no list of names, of which a large document would need hundreds of thousands
  for (const name in object) {
    if (name < previous) return false;
    previous = name;
    const member = memberOf(object, name);
    if (typeof member !== 'string' && !isInOrder(member, depth + 1)) return false;
  }
  return true;
}

/** {@link canonicalText} as UTF-8 bytes: what is hashed and signed. */
export function canonicalBytes(value: Json): Buffer {
  return Buffer.from(canonicalText(value), 'utf8');
}

function encode(value: Json, depth: number): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number') {
    checkInteger(value);
    return String(value);
  }
  if (value === null) return 'null';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  checkDepth(depth);
  if (Array.isArray(value))
    return `[${(value as readonly Json[]).map((item) => encode(item, depth + 1)).join(',')}]`;
  const object = value as JsonObject;
  const members = sortedNames(object).map(
    (name) => `${quote(name)}:${encode(memberOf(object, name), depth + 1)}`,
  );
  return `{${members.join(',')}}`;
}

function quote(text: string): string {
  return NEEDS_ESCAPE.test(text) ? `"${text.replace(ESCAPES, '\\$&')}"` : `"${text}"`;
}

function checkInteger(value: number): true {
  if (!Number.isSafeInteger(value) || Object.is(value, -0))
    throw refused('JSON-CANONICAL', 'a number is not a safe integer', { found: String(value) });
  return true;
}

function checkDepth(depth: number): void {
  if (depth >= MAX_DEPTH)
    throw refused('JSON-CANONICAL', 'nested too deeply', { expected: `at most ${String(MAX_DEPTH)} levels` });
}

function memberOf(object: JsonObject, name: string): Json {
  const member = object[name];
  if (member === undefined) throw refused('JSON-CANONICAL', 'a member has no value', { found: name });
  return member;
}

/** Member names in the order of their UTF-8 bytes: UTF-16 order, but where surrogates meet U+E000-U+FFFF. */
function sortedNames(object: JsonObject): string[] {
  const names = Object.keys(object);
  return names.some((name) => SURROGATE.test(name)) ? names.sort(compareUtf8) : names.sort();
}

/** Orders two strings by their UTF-8 bytes (equal to code point order). */
export function compareUtf8(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'));
}

const CONTROL = /[\u0000-\u001f]/;

/**
 * Canonical bytes of one of our own formats. Canonical JSON leaves control characters raw, and no JSON reader takes
 * them back: a record that holds one is refused before it is written, not when it is read.
 *
 * @throws CountersignError JSON-CONTROL, and as {@link canonicalText}
 */
export function recordBytes(value: Json): Buffer {
  const text = canonicalText(value);
  if (CONTROL.test(text)) throw refused('JSON-CONTROL', 'a value holds a control character');
  return Buffer.from(text, 'utf8');
}
