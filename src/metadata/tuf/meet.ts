import type { DelegatedNames } from '../dialect.ts';
import { covers } from './paths.ts';

/**
 * Whether there may be a name that both delegations cover. Where that cannot be told (sets in patterns, patterns
 * against hashes) there may be.
 */
export function meet(one: DelegatedNames, other: DelegatedNames): boolean {
  return (
    one.hashPrefixes.some((a) => other.hashPrefixes.some((b) => a.startsWith(b) || b.startsWith(a))) ||
    one.paths.some((a) => other.paths.some((b) => patternsMeet(a, b))) ||
    hashesMeet(one.paths, other) ||
    hashesMeet(other.paths, one)
  );
}

/** A pattern without wildcards is one name, whose hash is known. */
function hashesMeet(paths: readonly string[], { hashPrefixes }: DelegatedNames): boolean {
  if (hashPrefixes.length === 0) return false;
  const bins = { paths: [], hashPrefixes, terminating: false };
  return paths.some((path) => /[*?[]/.test(path) || covers(bins, path));
}

function patternsMeet(a: string, b: string): boolean {
  const [as, bs] = [a.split('/'), b.split('/')];
  return as.length === bs.length && as.every((segment, at) => segmentsMeet(segment, bs[at] as string));
}

/** Whether a text matches both; at most the product of their lengths. */
function segmentsMeet(a: string, b: string): boolean {
  if (a.includes('[') || b.includes('[')) return true;
  const [as, bs] = [Array.from(a), Array.from(b)];
  // Whether what is left of `a` from the row's place on, and of `b` from the column's, have a text in common.
  let below: boolean[] = [];
  for (let i = as.length; i >= 0; i--) {
    const row: boolean[] = [];
    for (let j = bs.length; j >= 0; j--) {
      const [x, y] = [as[i], bs[j]];
      row[j] =
        (x === undefined && y === undefined) ||
        (x === '*' && (below[j] === true || (y !== undefined && row[j + 1] === true))) ||
        (y === '*' && (row[j + 1] === true || (x !== undefined && below[j] === true))) ||
        (x !== undefined && y !== undefined && alike(x, y) && below[j + 1] === true);
    }
    below = row;
  }
  return below[0] === true;
}

function alike(x: string, y: string): boolean {
  return x === y || x === '?' || y === '?' || x === '*' || y === '*';
}
