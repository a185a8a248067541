import { sha256Hex } from '../encoding/hash.ts';
import { toUtf8 } from '../encoding/text.ts';
import type { DelegatedNames, Dialect } from '../metadata/dialect.ts';
import type { SignedDocument } from '../metadata/document.ts';
import { groupDelegations } from './delegation-groups.ts';
import type { DelegationDifference } from './key-difference.ts';

/** Delegations that are sampled, names that are tried of those at hand, and paths of one delegation. */
const DELEGATIONS = 24;
const POOL = 2_000;
const PATHS = 8;
/** Hash prefixes up to this length (hex digits) have names that are found in no time. */
const DIGITS = 4;
const TRIES = 16 ** DIGITS * 8;

/**
 * Names that the changed delegations are about: such as are at hand, and made ones, since a delegation may be for names
 * that nobody has used yet.
 */
export function sampleNames(
  dialect: Dialect,
  differences: readonly DelegationDifference[],
  documents: ReadonlyMap<string, SignedDocument>,
): string[] {
  if (differences.length === 0) return [];
  const pool: string[] = [];
  for (const document of documents.values()) {
    if (pool.length >= POOL) break;
    for (const name of dialect.targets(document).keys()) if (pool.push(name) >= POOL) break;
  }
  const ends = groupDelegations(differences).flatMap(({ members }) =>
    members.length > 2 ? members.filter((_, at) => at === 0 || at === members.length - 1) : members,
  );
  return evenly(ends, DELEGATIONS).flatMap((difference) => {
    const names = namesOf(difference);
    const used = pool.find((name) => dialect.covers(names, name));
    const parent = documents.get(difference.parent);
    const ended = parent && difference.terminatingAfter ? common(dialect, parent, difference, names) : [];
    return [...(used === undefined ? [] : [used]), ...made(dialect, names), ...ended];
  });
}

/** First and last, and what lies between at equal distances. */
function evenly<T>(all: readonly T[], most: number): T[] {
  if (all.length <= most) return [...all];
  return Array.from({ length: most }, (_, at) => all[Math.floor((at * (all.length - 1)) / (most - 1))] as T);
}

/** Every name that the delegation covers before or after; what changes comes first. */
function namesOf(difference: DelegationDifference): DelegatedNames {
  const { paths, pathsAdded, pathsRemoved, hashPrefixes, hashPrefixesAdded, hashPrefixesRemoved } =
    difference;
  return {
    paths: [...new Set([...pathsAdded, ...pathsRemoved, ...paths])],
    hashPrefixes: [...new Set([...hashPrefixesAdded, ...hashPrefixesRemoved, ...hashPrefixes])],
    terminating: false,
  };
}

/** Names that a terminating delegation takes from others of the same document. */
function common(
  dialect: Dialect,
  parent: SignedDocument,
  { role }: DelegationDifference,
  names: DelegatedNames,
): string[] {
  return dialect
    .delegations(parent)
    .filter((other) => other.role !== role && dialect.meet(other, names))
    .slice(0, DELEGATIONS)
    .flatMap((other) => made(dialect, other).find((name) => dialect.covers(names, name)) ?? []);
}

function made(dialect: Dialect, names: DelegatedNames): string[] {
  const samples = names.paths.slice(0, PATHS).flatMap((path) => {
    const candidates = [path.replaceAll('*', 'example').replaceAll('?', 'x'), `${path}example`, path];
    const found = candidates.find((name) => name !== '' && dialect.covers(names, name));
    return found === undefined ? [] : [found];
  });
  const [prefix] = names.hashPrefixes;
  if (prefix === undefined || prefix.length > DIGITS) return samples;
  for (let number = 1; number <= TRIES; number++) {
    const name = `example-${String(number)}`;
    if (sha256Hex(toUtf8(name)).startsWith(prefix)) return [...samples, name];
  }
  return samples;
}
