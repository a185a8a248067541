import { resultDocument } from '../change/computed-role.ts';
import type { RepositoryReading } from '../exchange/read-request.ts';
import type { Delegation } from '../metadata/dialect.ts';
import type { Anomaly } from './anomaly.ts';
import { groupDelegations, type DelegationGroup } from './delegation-groups.ts';
import type { DelegationDifference } from './key-difference.ts';
import type { Reach } from './reach.ts';

/** What is unusual about the names that delegated roles may hold, and about the order in which they are asked. */
export function delegationAnomalies(
  reading: RepositoryReading,
  delegations: readonly DelegationDifference[],
): Anomaly[] {
  const { name } = reading.record;
  return [
    ...delegations.flatMap((delegation) => [
      ...widened(name, delegation),
      ...widenedPrefixes(name, delegation),
      ...endings(name, delegation),
    ]),
    ...groupDelegations(delegations).flatMap((group) => overlaps(reading, group)),
  ];
}

/** Roles that clients would no longer ask, because the request has the search end before them. */
export function hiddenRoles(name: string, reach: readonly Reach[]): Anomaly[] {
  const pairs = new Map<string, { role: string; by: string; count: number; first: string }>();
  for (const { count, names, hidden } of reach)
    for (const { role, by } of hidden) {
      const key = JSON.stringify([role, by]);
      const pair = pairs.get(key) ?? { role, by, count: 0, first: names[0] ?? '' };
      pair.count += count;
      pairs.set(key, pair);
    }
  return [...pairs.values()].map(({ role, by, count, first }) => ({
    id: `HIDDEN:${name}:${role}:${by}`,
    typed: true,
    text: `${by} would end the search before ${role} is asked: ${count === 1 ? first : `${String(count)} of the names below, such as ${first}`}`,
  }));
}

/** A role that may hold more names than before. */
function widened(name: string, difference: DelegationDifference): Anomaly[] {
  const { role, thresholdBefore, pathsAdded, pathsAre } = difference;
  if (thresholdBefore === 0 || pathsAdded.length === 0) return [];
  const all = pathsAre === 'beginnings' && pathsAdded.includes('');
  const names = all ? 'all names' : pathsAdded.join(', ');
  return [
    {
      id: `PATHS:${name}:${role}:${pathsAdded.join(',')}`,
      typed: true,
      text: `${role} may hold more names than before: ${names}`,
    },
  ];
}

/** The same by hashes; a longer prefix of one that was there widens nothing. */
function widenedPrefixes(name: string, difference: DelegationDifference): Anomaly[] {
  const { role, thresholdBefore, thresholdAfter, hashPrefixes, hashPrefixesAdded, hashPrefixesRemoved } =
    difference;
  if (thresholdBefore === 0 || thresholdAfter === 0) return [];
  const fresh = new Set(hashPrefixesAdded);
  const before = [...hashPrefixes.filter((prefix) => !fresh.has(prefix)), ...hashPrefixesRemoved];
  const wider = hashPrefixesAdded.filter((prefix) => !before.some((old) => prefix.startsWith(old)));
  if (wider.length === 0) return [];
  return [
    {
      id: `PREFIXES:${name}:${role}:${wider.join(',')}`,
      typed: true,
      text: `${role} may hold more names than before: those whose hash begins with ${wider.join(', ')}`,
    },
  ];
}

/** Whether roles that come later are asked at all is decided by those before them. */
function endings(
  name: string,
  { role, thresholdAfter, terminatingBefore, terminatingAfter }: DelegationDifference,
): Anomaly[] {
  if (thresholdAfter === 0 || terminatingBefore === null || terminatingBefore === terminatingAfter) return [];
  return [
    {
      id: `TERMINATING:${name}:${role}:${terminatingAfter ? 'yes' : 'no'}`,
      typed: true,
      text: terminatingAfter
        ? `${role} becomes terminating: for its names clients ask no role after it any more`
        : `${role} is no longer terminating: for its names clients ask the roles after it too`,
    },
  ];
}

/** Names that two roles may hold are taken from the one that is asked first. Bins count as one. */
function overlaps(reading: RepositoryReading, group: DelegationGroup): Anomaly[] {
  const { dialect, record } = reading;
  const next = reading.roles.find(({ role }) => role === group.parent);
  const added = addedNames(group);
  if (!next || !added) return [];
  const own = new Set(group.roles);
  const others = dialect
    .delegations(resultDocument(next))
    .filter((other) => !own.has(other.role) && dialect.meet(other, added));
  return some(others).map(({ role, count }) => ({
    id: `OVERLAP:${record.name}:${group.roles[0] ?? ''}:${role}`,
    typed: false,
    text: `${group.label} may hold names of ${role}${count > 1 ? ` and ${String(count - 1)} other roles` : ''} too; the one declared first is asked first`,
  }));
}

/** Each by name; of very many the first speaks for all. */
function some(others: readonly Delegation[]): { role: string; count: number }[] {
  const [first] = others;
  if (first && others.length > MANY) return [{ role: first.role, count: others.length }];
  return others.map(({ role }) => ({ role, count: 1 }));
}

const MANY = 16;

function addedNames({ members }: DelegationGroup): {
  paths: string[];
  hashPrefixes: string[];
  terminating: boolean;
} | null {
  const paths = members.flatMap(({ pathsAdded }) => pathsAdded);
  const hashPrefixes = members.flatMap(({ hashPrefixesAdded }) => hashPrefixesAdded);
  if (paths.length === 0 && hashPrefixes.length === 0) return null;
  return { paths, hashPrefixes: shortest(hashPrefixes), terminating: false };
}

/** Prefixes that say the same in fewer words: sixteen that differ in their last digit alone are the one before it. */
function shortest(prefixes: readonly string[]): string[] {
  let all = new Set(prefixes);
  for (let length = Math.max(0, ...[...all].map((prefix) => prefix.length)); length > 0; length--) {
    const heads = new Map<string, number>();
    for (const prefix of all)
      if (prefix.length === length) heads.set(prefix.slice(0, -1), (heads.get(prefix.slice(0, -1)) ?? 0) + 1);
    const full = new Set([...heads].filter(([, count]) => count === 16).map(([head]) => head));
    if (full.size === 0) continue;
    all = new Set(
      [...all].map((prefix) =>
        full.has(prefix.slice(0, length - 1)) && prefix.length === length ? prefix.slice(0, -1) : prefix,
      ),
    );
  }
  return [...all];
}
