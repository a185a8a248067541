import { refused } from '../errors.ts';
import type { Delegation, DelegationEdit, Dialect } from '../metadata/dialect.ts';
import type { MetadataKey } from '../metadata/document.ts';
import { isDelegated } from '../metadata/roles.ts';
import type { Change } from './change.ts';
import { changesQuorum, quorumAfter, type QuorumInputs } from './quorum.ts';

/** The delegated roles whose declaration a change touches, in the order in which changes first name them. */
export function touchedDelegations(changes: readonly Change[]): string[] {
  const roles = changes.flatMap((change) => {
    switch (change.type) {
      case 'delegation-add':
      case 'delegation-remove':
      case 'paths-remove':
      case 'key-add':
      case 'key-remove':
      case 'key-rotate':
      case 'threshold':
        return isDelegated(change.role) ? [change.role] : [];
      default:
        return [];
    }
  });
  return [...new Set(roles)];
}

/** The changes that name each role, in their order. */
function changesByRole(changes: readonly Change[]): ReadonlyMap<string, readonly Change[]> {
  const roles = new Map<string, Change[]>();
  for (const change of changes) {
    if (!('role' in change)) continue;
    const list = roles.get(change.role);
    if (list) list.push(change);
    else roles.set(change.role, [change]);
  }
  return roles;
}

/**
 * What becomes of the roles that one document delegates to.
 *
 * @param current the parent's delegations now
 * @throws CHANGE-DELEGATION, CHANGE-KEY, CHANGE-THRESHOLD, NAME-ROLE
 */
export function delegationEdits(
  dialect: Dialect,
  current: readonly Delegation[],
  roles: readonly string[],
  changes: readonly Change[],
  inputs: QuorumInputs,
): DelegationEdit[] {
  if (roles.length === 0) return [];
  const listed = current.flatMap(({ keys }) => keys);
  const declared = new Map(current.map((delegation) => [delegation.role, delegation]));
  const named = changesByRole(changes);
  return roles.map((role) => {
    dialect.checkTargetsRole(role);
    return editOf(dialect, role, declared.get(role) ?? null, named.get(role) ?? [], inputs, listed);
  });
}

function editOf(
  dialect: Dialect,
  role: string,
  before: Delegation | null,
  changes: readonly Change[],
  inputs: QuorumInputs,
  listed: readonly MetadataKey[],
): DelegationEdit {
  const where = `${inputs.context.repository} ${role}`;
  let current = before;
  let exists = before !== null;
  let since = 0;
  let paths = [...(before?.paths ?? [])];
  let hashPrefixes = [...(before?.hashPrefixes ?? [])];
  let terminating = before?.terminating ?? false;
  for (const [index, change] of changes.entries()) {
    if (change.type === 'delegation-add') {
      exists = true;
      paths = [...new Set([...paths, ...change.paths])];
      hashPrefixes = [...new Set([...hashPrefixes, ...change.hashPrefixes])];
      terminating = change.terminating ?? terminating;
    } else if (change.type === 'delegation-remove') {
      if (!exists) throw absent(role, where);
      // A role that is removed and added again in one request begins without its old keys and paths.
      exists = false;
      current = null;
      since = index + 1;
      paths = [];
      hashPrefixes = [];
      terminating = false;
    } else if (change.type === 'paths-remove') {
      if (!exists) throw absent(role, where);
      remove(paths, change.paths, 'path', where);
      remove(hashPrefixes, change.hashPrefixes, 'hash prefix', where);
    } else if (changesQuorum(change, role) && !exists) throw absent(role, where);
  }
  if (!exists) return { role, declared: null };
  const quorum = quorumAfter(dialect, role, current, changes.slice(since), inputs, listed);
  if (quorum.keys.some(({ slot }) => slot !== null))
    throw refused('CHANGE-KEY', 'the key of a delegated role is not made at signing', { where });
  return { role, declared: { quorum, paths, hashPrefixes, terminating } };
}

function remove(all: string[], gone: readonly string[], what: string, where: string): void {
  const left = new Set(all);
  for (const one of gone)
    if (!left.delete(one))
      throw refused('CHANGE-DELEGATION', `the delegation has no such ${what}`, { found: one, where });
  all.splice(0, all.length, ...all.filter((one) => left.has(one)));
}

function absent(role: string, where: string): Error {
  return refused('CHANGE-DELEGATION', 'nothing delegates to this role', {
    found: role,
    where,
    hint: 'delegation list shows the roles that there are; delegation add makes one',
  });
}
