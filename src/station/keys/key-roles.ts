import { usage } from '../../errors.ts';
import type { DialectName } from '../../metadata/dialect.ts';
import { dialectOf } from '../../metadata/dialects.ts';
import { isDelegated } from '../../metadata/roles.ts';
import type { Side } from '../home/home.ts';

const BASE_ROLES: Readonly<Record<Side, readonly string[]>> = {
  offline: ['root', 'targets'],
  online: ['snapshot', 'timestamp'],
};

/** A key of any delegated role: what it signs, the metadata says. */
const ANY_DELEGATION = 'delegation';

/**
 * Checks that a station of this side holds keys of that role: offline root and targets, online snapshot and timestamp,
 * and either of them keys of delegations. The role is what the key is for, not a limit: a delegation's key signs
 * wherever the metadata lists it.
 *
 * @throws CountersignError KEY-ROLE (exit 2), NAME-ROLE (exit 3)
 */
export function checkHeldRole(side: Side, role: string, dialect: DialectName): void {
  if (BASE_ROLES[side].includes(role) || role === ANY_DELEGATION) return;
  if (isDelegated(role)) {
    dialectOf(dialect).checkTargetsRole(role);
    return;
  }
  throw usage('KEY-ROLE', `an ${side} station holds no ${role} key`, {
    expected: [...BASE_ROLES[side], 'or a delegated role'].join(', '),
    found: role,
  });
}

/** How a repository is named in the ledger and on cards; null where none is. */
export function boundTo(dialect: DialectName, repository: string | undefined): string | null {
  return repository === undefined ? null : `${dialect}:${repository}`;
}
