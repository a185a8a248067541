import type { DelegationDifference } from './key-difference.ts';

/** Delegations of one parent that change alike: a set of hash bins, or one alone. */
export interface DelegationGroup {
  readonly parent: string;
  readonly roles: readonly string[];
  /** The role's name, or the first and the last with their number. */
  readonly label: string;
  readonly members: readonly DelegationDifference[];
}

/** From this number on, roles by hash that change alike are one group. */
const LEAST = 4;

/** Roles that hold names by hash and have the same keys, thresholds and endings stand together. */
export function groupDelegations(differences: readonly DelegationDifference[]): DelegationGroup[] {
  const groups = new Map<string, DelegationDifference[]>();
  for (const difference of differences) {
    const key = isBin(difference) ? likeness(difference) : JSON.stringify(['one', difference.role]);
    const group = groups.get(key);
    if (group) group.push(difference);
    else groups.set(key, [difference]);
  }
  return [...groups.values()].flatMap((members) =>
    members.length < LEAST ? members.map((member) => groupOf([member])) : [groupOf(members)],
  );
}

function isBin({ paths, pathsRemoved, hashPrefixes, hashPrefixesRemoved }: DelegationDifference): boolean {
  return (
    paths.length + pathsRemoved.length === 0 && (hashPrefixes.length > 0 || hashPrefixesRemoved.length > 0)
  );
}

function likeness(difference: DelegationDifference): string {
  const { parent, thresholdBefore, thresholdAfter, keys, terminatingBefore, terminatingAfter } = difference;
  const { hashPrefixesAdded, hashPrefixesRemoved } = difference;
  return JSON.stringify([
    parent,
    [thresholdBefore, thresholdAfter, terminatingBefore, terminatingAfter],
    [hashPrefixesAdded.length > 0, hashPrefixesRemoved.length > 0],
    keys.map(({ keyid, canonicalId, state }) => [keyid, canonicalId, state]),
  ]);
}

function groupOf(members: readonly DelegationDifference[]): DelegationGroup {
  const roles = members.map(({ role }) => role);
  const [first = '', last = ''] = [roles[0], roles.at(-1)];
  const label = roles.length === 1 ? first : `${String(roles.length)} bins ${first}..${last}`;
  return { parent: members[0]?.parent ?? '', roles, label, members };
}
