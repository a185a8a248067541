import type { DelegatedNames } from '../dialect.ts';
import { TOP_LEVEL } from './names.ts';

/** The first digits of every SHA-256: together they hold every name there is. */
const EVERY_HASH = Array.from('0123456789abcdef');

/** Slashes behind a beginning that patterns reach across, where no name that there is needs more. */
const LEAST_DEPTH = 4;

/**
 * What a delegated role of Notary is called in TUF, where names are free and become file names: without `targets/`,
 * and with dots for slashes, which no Notary role holds, so that two never clash and a nested one says its parents. One
 * that would get the name of a top-level role, alone or as its first part, keeps `targets.` before it.
 */
export function roleNameFromNotary(role: string): string {
  const [, ...parts] = role.split('/');
  const [first = ''] = parts;
  const taken = TOP_LEVEL.includes(first) || /^[0-9]+$/.test(first);
  return [...(taken ? ['targets'] : []), ...parts].join('.');
}

/** What a role may hold, as patterns, and how much less that is. */
export interface NamesFromNotary {
  readonly names: DelegatedNames;
  /** Slashes behind a beginning, more of which are not covered any more; null where nothing is lost. */
  readonly depth: number | null;
}

/** As many slashes as the patterns of a repository have to reach across, given every name that it holds. */
export function depthOf(held: Iterable<string>): number {
  let depth = LEAST_DEPTH;
  for (const name of held) depth = Math.max(depth, name.split('/').length - 1);
  return depth;
}

/**
 * Which names a delegation of Notary, which has beginnings of names, lets its role hold in TUF: never more, and all of
 * those that it holds. A `*` does not match a slash (specification 4.5), so a beginning becomes a pattern for each depth;
 * all names become all hashes, which loses nothing. Some clients let a `*` pass over a dot that begins a segment: names
 * with such are named in full.
 *
 * @param beginnings without those that the role above was not given
 * @param held names that the role, or one below it, holds
 */
export function namesFromNotary(
  beginnings: readonly string[],
  held: Iterable<string>,
  depth: number,
): NamesFromNotary {
  if (beginnings.includes(''))
    return { names: { paths: [], hashPrefixes: EVERY_HASH, terminating: false }, depth: null };
  const below = Array.from({ length: depth + 1 }, (_, slashes) => `*${'/*'.repeat(slashes)}`);
  const patterns = beginnings.flatMap((beginning) => below.map((pattern) => beginning + pattern));
  const dotted = [...held].filter((name) => name.startsWith('.') || name.includes('/.'));
  const names = { paths: [...new Set([...patterns, ...dotted])], hashPrefixes: [], terminating: false };
  return { names, depth };
}

/** Whether a beginning can stand in a pattern and mean itself to every client, in names that a target may have. */
export function meansItself(beginning: string): boolean {
  if (/[*?[\]{}\\]|(?:^|\/)[!#]|[!+@]\(/.test(beginning)) return false;
  const whole = beginning.split('/').slice(0, -1);
  return !whole.some((segment) => segment === '' || segment === '.' || segment === '..');
}
