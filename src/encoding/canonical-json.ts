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
  const text = encode(value, 0);
  if (!text.isWellFormed()) throw refused('JSON-CANONICAL', 'a string holds a lone surrogate');
  return text;
}

/** {@link canonicalText} as UTF-8 bytes: what is hashed and signed. */
export function canonicalBytes(value: Json): Buffer {
  return Buffer.from(canonicalText(value), 'utf8');
}

function encode(value: Json, depth: number): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number') return integer(value);
  if (value === null) return 'null';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (depth >= MAX_DEPTH)
    throw refused('JSON-CANONICAL', 'nested too deeply', { expected: `at most ${String(MAX_DEPTH)} levels` });
  if (Array.isArray(value)) {
    let items = '';
    for (const item of value as readonly Json[]) items += (items ? ',' : '') + encode(item, depth + 1);
    return `[${items}]`;
  }
  const object = value as JsonObject;
  let members = '';
  for (const name of sortedNames(object)) {
    const member = object[name];
    if (member === undefined) throw refused('JSON-CANONICAL', 'a member has no value', { found: name });
    members += `${members ? ',' : ''}${quote(name)}:${encode(member, depth + 1)}`;
  }
  return `{${members}}`;
}

function quote(text: string): string {
  return NEEDS_ESCAPE.test(text) ? `"${text.replace(ESCAPES, '\\$&')}"` : `"${text}"`;
}

function integer(value: number): string {
  if (!Number.isSafeInteger(value) || Object.is(value, -0))
    throw refused('JSON-CANONICAL', 'a number is not a safe integer', { found: String(value) });
  return String(value);
}

/** Member names in the order of their UTF-8 bytes; documents that we read are mostly sorted already. */
function sortedNames(object: JsonObject): string[] {
  const names = Object.keys(object);
  let sorted = true;
  let surrogates = false;
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    if (SURROGATE.test(name)) surrogates = true;
    if (i > 0 && (names[i - 1] as string) > name) sorted = false;
  }
  // UTF-16 order differs from byte order only where surrogates meet U+E000-U+FFFF.
  if (surrogates) return names.sort(compareUtf8);
  return sorted ? names : names.sort();
}

/** Orders two strings by their UTF-8 bytes (equal to code point order). */
export function compareUtf8(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'));
}
