import { sha256Hex } from '../../encoding/hash.ts';
import { toUtf8 } from '../../encoding/text.ts';
import type { DelegatedNames } from '../dialect.ts';

/** Whether one character is meant; null stands for `*`, any number of characters. */
type Token = ((character: string) => boolean) | null;
type Pattern = readonly (readonly Token[])[];

const anyCharacter = (): boolean => true;

/** Patterns of delegations that were asked for before: a walk asks each for many names. */
const compiled = new WeakMap<DelegatedNames, readonly Pattern[]>();
let hashed: readonly [string, string] = ['', ''];

/**
 * Whether a delegation lets its role hold a target (specification 4.5): its path matches a pattern, or the SHA-256
 * of the path in UTF-8 begins with a prefix. `*` and `?` do not match `/`, so that pattern and path have as many
 * segments; `[a-z]` and `[!a-z]` are sets, as in Python's fnmatch, which the reference implementation uses.
 */
export function covers(delegation: DelegatedNames, target: string): boolean {
  if (delegation.hashPrefixes.length > 0) {
    const hash = hashOf(target);
    if (delegation.hashPrefixes.some((prefix) => hash.startsWith(prefix))) return true;
  }
  if (delegation.paths.length === 0) return false;
  const segments = target.split('/').map((segment) => Array.from(segment));
  return patternsOf(delegation).some(
    (pattern) =>
      pattern.length === segments.length &&
      pattern.every((tokens, at) => matches(tokens, segments[at] as string[])),
  );
}

/** SHA-256 of a name. One name is asked of many delegations, so the last one's hash is kept. */
export function hashOf(target: string): string {
  if (hashed[0] !== target || hashed[1] === '') hashed = [target, sha256Hex(toUtf8(target))];
  return hashed[1];
}

function patternsOf(delegation: DelegatedNames): readonly Pattern[] {
  const known = compiled.get(delegation);
  if (known) return known;
  const patterns = delegation.paths.map((path) =>
    path.split('/').map((segment) => tokensOf(Array.from(segment))),
  );
  compiled.set(delegation, patterns);
  return patterns;
}

function tokensOf(segment: readonly string[]): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < segment.length; at++) {
    const character = segment[at] as string;
    const end = character === '[' ? endOfSet(segment, at) : -1;
    if (end > 0) {
      tokens.push(setOf(segment.slice(at + 1, end)));
      at = end;
    } else if (character === '*') tokens.push(null);
    else tokens.push(character === '?' ? anyCharacter : (other) => other === character);
  }
  return tokens;
}

/** Where a set ends; a `]` that comes first is one of its characters. -1: no set, the bracket means itself. */
function endOfSet(segment: readonly string[], start: number): number {
  const first = segment[start + 1] === '!' ? start + 2 : start + 1;
  return segment.indexOf(']', first + 1);
}

function setOf(content: readonly string[]): Token {
  const negated = content[0] === '!';
  const members = negated ? content.slice(1) : content;
  const ranges: [number, number][] = [];
  for (let at = 0; at < members.length; at++) {
    const from = code(members[at]);
    const isRange = members[at + 1] === '-' && at + 2 < members.length;
    ranges.push([from, isRange ? code(members[at + 2]) : from]);
    if (isRange) at += 2;
  }
  return (character) =>
    ranges.some(([from, to]) => from <= code(character) && code(character) <= to) !== negated;
}

function code(character: string | undefined): number {
  return character?.codePointAt(0) ?? 0;
}

/** Goes back to the last `*` only, so the time is at most the product of both lengths. */
function matches(tokens: readonly Token[], text: readonly string[]): boolean {
  let token = 0;
  let at = 0;
  let star = -1;
  let resume = 0;
  while (at < text.length) {
    const expected = tokens[token];
    if (expected === null) {
      star = token++;
      resume = at;
    } else if (expected?.(text[at] as string)) {
      token++;
      at++;
    } else if (star >= 0) {
      token = star + 1;
      at = ++resume;
    } else return false;
  }
  while (tokens[token] === null) token++;
  return token === tokens.length;
}
