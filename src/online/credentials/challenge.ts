import { unavailable } from '../../errors.ts';

/** One challenge of a `WWW-Authenticate` header (RFC 9110 section 11.6.1); names in lower case. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Longest header that is read. */
const MAX_LENGTH = 8 * 1024;
const MAX_CHALLENGES = 8;
const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const SPACE = /[ \t]*/y;
const COMMAS = /[ \t]*(?:,[ \t]*)*/y;
const NAME = /([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*=[ \t]*/y;
const QUOTED =
  /"((?:[\t \u0021\u0023-\u005b\u005d-\u007e\u0080-\u00ff]|\\[\t \u0021-\u007e\u0080-\u00ff])*)"/y;
const TOKEN68 = /[A-Za-z0-9\-._~+/]+=*(?=[ \t]*(?:,|$))/y;

/**
 * Reads a `WWW-Authenticate` header.
 *
 * @throws CountersignError (exit 6) HTTP-CHALLENGE where it is not of that form, is longer than 8 KiB, or names
 *   a parameter twice
 */
export function parseChallenges(header: string): Challenge[] {
  if (header.length > MAX_LENGTH) throw malformed(header, 'longer than 8 KiB');
  const cursor = { text: header, at: 0 };
  const challenges: Challenge[] = [];
  take(cursor, COMMAS);
  while (cursor.at < header.length) {
    if (challenges.length === MAX_CHALLENGES) throw malformed(header, 'more than 8 challenges');
    challenges.push(readChallenge(cursor));
  }
  return challenges;
}

interface Cursor {
  readonly text: string;
  at: number;
}

function readChallenge(cursor: Cursor): Challenge {
  const scheme = take(cursor, TOKEN)?.[0];
  if (scheme === undefined) throw malformed(cursor.text, `no scheme at character ${String(cursor.at)}`);
  const parameters = new Map<string, string>();
  const spaces = take(cursor, SPACE)?.[0] ?? '';
  const bare = cursor.at === cursor.text.length || cursor.text[cursor.at] === ',';
  if (bare || (spaces !== '' && take(cursor, TOKEN68) !== null)) {
    endOfChallenge(cursor);
  } else {
    while (readParameter(cursor, parameters));
    if (parameters.size === 0) throw malformed(cursor.text, `no parameter at character ${String(cursor.at)}`);
  }
  return { scheme: scheme.toLowerCase(), parameters };
}

/** Reads `name=value` and the commas behind it; false where the next challenge, or the end, stands instead. */
function readParameter(cursor: Cursor, parameters: Map<string, string>): boolean {
  const name = take(cursor, NAME)?.[1]?.toLowerCase();
  if (name === undefined) return false;
  const value = take(cursor, QUOTED)?.[1]?.replace(/\\(.)/g, '$1') ?? take(cursor, TOKEN)?.[0];
  if (value === undefined) throw malformed(cursor.text, `no value at character ${String(cursor.at)}`);
  if (parameters.has(name)) throw malformed(cursor.text, `a parameter occurs twice: ${name}`);
  parameters.set(name, value);
  endOfChallenge(cursor);
  return true;
}

function endOfChallenge(cursor: Cursor): void {
  const commas = take(cursor, COMMAS)?.[0] ?? '';
  if (cursor.at < cursor.text.length && !commas.includes(','))
    throw malformed(cursor.text, `"," expected at character ${String(cursor.at)}`);
}

function take(cursor: Cursor, pattern: RegExp): RegExpExecArray | null {
  pattern.lastIndex = cursor.at;
  const found = pattern.exec(cursor.text);
  if (found !== null) cursor.at += found[0].length;
  return found;
}

function malformed(header: string, reason: string): Error {
  return unavailable('HTTP-CHALLENGE', 'the WWW-Authenticate header cannot be read', {
    expected: 'Bearer realm="...",service="..."',
    found: `${reason}: ${header.slice(0, 200)}`,
  });
}
