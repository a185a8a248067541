import { canonicalText } from '../encoding/canonical-json.ts';
import { isObject, type Json, type JsonArray } from '../encoding/json.ts';
import { refused } from '../errors.ts';
import type { Dialect } from './dialect.ts';

/** Bytes of the canonical form: room for a statement about a target, none for the target itself. */
const MAX_BYTES = 65_536;

/** Objects and lists inside of each other. */
const MAX_LEVELS = 16;

/**
 * Why a change cannot ask for these custom data of a target; null if it can. Floats and lone surrogates, which have no
 * canonical form, were refused when the data were read.
 *
 * @param dialect what more it asks for; null where any dialect will do
 */
export function customFault(dialect: Dialect | null, custom: Json): string | null {
  return faultOf(custom) ?? dialect?.customFault(custom) ?? null;
}

/** @throws CHANGE-CUSTOM as {@link customFault} says */
export function checkCustom(dialect: Dialect | null, custom: Json, where: string): void {
  const fault = customFault(dialect, custom);
  if (fault !== null)
    throw refused('CHANGE-CUSTOM', `not custom data of a target: ${fault}`, {
      found: JSON.stringify(custom).slice(0, 120),
      where,
    });
}

function faultOf(custom: Json): string | null {
  if (levelsOf(custom) > MAX_LEVELS) return `it is nested more than ${String(MAX_LEVELS)} levels deep`;
  const text = canonicalText(custom);
  if (Buffer.byteLength(text) > MAX_BYTES) return `it is longer than ${String(MAX_BYTES)} bytes`;
  // canonical JSON leaves them raw, and no JSON reader takes them back
  return /[\u0000-\u001f]/.test(text) ? 'it holds a control character' : null;
}

/** 0 for a plain value, else one more than what it holds has at the most. */
function levelsOf(value: Json): number {
  if (!Array.isArray(value) && !isObject(value)) return 0;
  const members: JsonArray = Array.isArray(value) ? (value as JsonArray) : Object.values(value);
  return 1 + members.reduce<number>((most, member) => Math.max(most, levelsOf(member)), 0);
}
