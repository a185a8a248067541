import { compareUtf8 } from '../encoding/canonical-json.ts';
import { refused } from '../errors.ts';
import type { Dialect } from '../metadata/dialect.ts';
import type { Change } from './change.ts';
import type { VerifiedRepository } from '../metadata/verified.ts';
import { isDelegated } from '../metadata/roles.ts';
import { RoleParents } from './role-parents.ts';

/**
 * The roles whose metadata the changes lead to a new version of: the root, then by depth and name, so that a role comes
 * before those that it delegates to. Whoever plans versions and whoever computes must agree on it.
 *
 * @throws CHANGE-ROLE for a key of a role that no offline station can hold, or a root that holds targets;
 *   CHANGE-DELEGATION for a role that nothing delegates to
 */
export function changedRoles(
  dialect: Dialect,
  base: VerifiedRepository | null,
  changes: readonly Change[],
): string[] {
  const parents = new RoleParents(dialect, base, changes);
  const roles = new Set<string>();
  for (const change of changes) for (const role of rolesOf(dialect, parents, change)) roles.add(role);
  if (dialect.declaredMustExist)
    for (const role of declaredAnew(changes)) if (!base?.targets.has(role)) roles.add(role);
  const depth = new Map([...roles].map((role) => [role, role === 'root' ? -1 : parents.chain(role).length]));
  return [...roles].sort((a, b) => (depth.get(a) ?? 0) - (depth.get(b) ?? 0) || compareUtf8(a, b));
}

/** Roles that the changes leave declared and had declared. */
function declaredAnew(changes: readonly Change[]): Set<string> {
  const declared = new Set<string>();
  for (const change of changes)
    if (change.type === 'delegation-add') declared.add(change.role);
    else if (change.type === 'delegation-remove') declared.delete(change.role);
  return declared;
}

function rolesOf(dialect: Dialect, parents: RoleParents, change: Change): string[] {
  switch (change.type) {
    case 'init':
      return dialect.offlineRoles.map(({ role }) => role);
    case 'renew-certificate':
    case 'online-key':
      return ['root'];
    case 'final':
      return [];
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
      return [parents.of(change.role)];
    case 'key-add':
    case 'key-remove':
    case 'key-rotate':
    case 'threshold':
      if (isDelegated(change.role)) return [parents.of(change.role)];
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
