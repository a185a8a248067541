import { refused } from '../errors.ts';
import type { Dialect } from '../metadata/dialect.ts';
import type { Change } from './change.ts';
import { isDelegated, parentOf } from './delegations.ts';

/**
 * The roles whose metadata the changes lead to a new version of, sorted, so that a role comes before those that it
 * delegates to. Whoever plans versions and whoever computes must agree on it.
 *
 * @throws CHANGE-ROLE for a key of a role that no offline station can hold, or a root that holds targets
 */
export function changedRoles(dialect: Dialect, changes: readonly Change[]): string[] {
  const roles = new Set<string>();
  for (const change of changes) for (const role of rolesOf(dialect, change)) roles.add(role);
  return [...roles].sort();
}

function rolesOf(dialect: Dialect, change: Change): string[] {
  switch (change.type) {
    case 'init':
      return dialect.offlineRoles.map(({ role }) => role);
    case 'renew-certificate':
    case 'online-key':
      return ['root'];
    case 'add':
    case 'remove':
      return [change.role];
    case 'refresh':
      return [heldOffline(dialect, change.role)];
    case 'delegation-add':
    case 'delegation-remove':
    case 'paths-remove':
      dialect.checkTargetsRole(change.role);
      if (!isDelegated(change.role)) throw wrongRole(change.role, 'a delegated role');
      return [parentOf(change.role)];
    case 'key-add':
    case 'key-remove':
    case 'key-rotate':
    case 'threshold':
      if (isDelegated(change.role)) return [parentOf(change.role)];
      // A role whose keys change is signed anew, by those that sign it from now on.
      return ['root', heldOffline(dialect, change.role)];
  }
}

function heldOffline(dialect: Dialect, role: string): string {
  if (isDelegated(role) || dialect.offlineRoles.some((offline) => offline.role === role)) return role;
  throw wrongRole(
    role,
    `${dialect.offlineRoles.map((offline) => offline.role).join(', ')} or a delegated role`,
  );
}

function wrongRole(found: string, expected: string): Error {
  return refused('CHANGE-ROLE', 'the change is not for that role', { expected, found });
}
