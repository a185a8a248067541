import { usage } from '../errors.ts';
import { checkTargetsRoleName } from '../metadata/notary/names.ts';
import type { Side } from './home.ts';

const BASE_ROLES: Readonly<Record<Side, readonly string[]>> = {
  offline: ['root', 'targets'],
  online: ['snapshot', 'timestamp'],
};

/**
 * Checks that a station of this side holds keys of that role: offline root and targets, online snapshot and
 * timestamp, and either of them keys of delegations. The role is what the key is for, not a limit: a delegation's key
 * signs wherever the metadata lists it.
 *
 * @throws CountersignError KEY-ROLE (exit 2), NAME-ROLE (exit 3)
 */
export function checkHeldRole(side: Side, role: string): void {
  if (BASE_ROLES[side].includes(role)) return;
  if (role.startsWith('targets/')) {
    checkTargetsRoleName(role);
    return;
  }
  throw usage('KEY-ROLE', `an ${side} station holds no ${role} key`, {
    expected: [...BASE_ROLES[side], 'targets/NAME'].join(', '),
    found: role,
  });
}
