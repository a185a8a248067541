import type { Delegation } from '../dialect.ts';
import { covers, hashOf } from './paths.ts';

/** The delegations of one document, as a name looks for those that cover it. */
interface Index {
  /** Places of delegations that have patterns. */
  readonly patterned: readonly number[];
  /** Places of delegations by hash prefix, one map for each length of prefixes. */
  readonly prefixed: ReadonlyMap<number, ReadonlyMap<string, readonly number[]>>;
}

/** From this number on, asking each delegation costs more than an index. */
const WORTH_AN_INDEX = 16;
const indexes = new WeakMap<readonly Delegation[], Index>();

/**
 * The delegations that cover a target, in their order. A document may have thousands of hash bins: which of them a
 * name is in, its hash says, without asking each.
 */
export function covering(delegations: readonly Delegation[], target: string): readonly Delegation[] {
  if (delegations.length < WORTH_AN_INDEX) return delegations.filter((one) => covers(one, target));
  const { patterned, prefixed } = indexOf(delegations);
  const found = new Set(patterned.filter((at) => covers(delegations[at] as Delegation, target)));
  if (prefixed.size > 0) {
    const hash = hashOf(target);
    for (const [length, places] of prefixed)
      for (const at of places.get(hash.slice(0, length)) ?? []) found.add(at);
  }
  return [...found].sort((a, b) => a - b).map((at) => delegations[at] as Delegation);
}

function indexOf(delegations: readonly Delegation[]): Index {
  const known = indexes.get(delegations);
  if (known) return known;
  const patterned: number[] = [];
  const prefixed = new Map<number, Map<string, number[]>>();
  for (const [at, { paths, hashPrefixes }] of delegations.entries()) {
    if (paths.length > 0) patterned.push(at);
    for (const prefix of hashPrefixes) {
      const places = prefixed.get(prefix.length) ?? new Map<string, number[]>();
      prefixed.set(prefix.length, places);
      const same = places.get(prefix);
      if (same) same.push(at);
      else places.set(prefix, [at]);
    }
  }
  const index = { patterned, prefixed };
  indexes.set(delegations, index);
  return index;
}
