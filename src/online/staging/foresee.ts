import type { Change } from '../../change/change.ts';
import { changedRoles } from '../../change/changed-roles.ts';
import { computeRoles } from '../../change/compute.ts';
import { resultDocument, type ComputedRole } from '../../change/computed-role.ts';
import { deriveOperation } from '../../change/operation.ts';
import { changedOnlineRoles } from '../../change/root.ts';
import { fromHex } from '../../encoding/text.ts';
import { refused } from '../../errors.ts';
import { documentOf, restarts } from '../../exchange/request.ts';
import type { Dialect, ExpiryRule, KeyContext } from '../../metadata/dialect.ts';
import { publicKeyFromEd25519Raw } from '../../metadata/public-key.ts';
import type { MetadataKey } from '../../metadata/document.ts';
import type { VerifiedRepository } from '../../metadata/verified.ts';
import { countSigners } from '../../metadata/threshold.ts';
import { checkExpiry } from '../../policy/expiry.ts';
import { expiriesAfter } from '../repositories/role-expiry.ts';

/** What changes are tried on. */
export interface Ground {
  readonly dialect: Dialect;
  readonly context: KeyContext;
  /** Null where the repository does not exist yet. */
  readonly base: VerifiedRepository | null;
  /** How long each role is valid at this station. */
  readonly rule: (role: string) => ExpiryRule;
}

/** Stands for a key of a server, which is asked for at export: the base point of the curve. */
const STAND_IN = `58${'66'.repeat(31)}`;

/**
 * The metadata that changes would lead to, so that what export or an officer would refuse is refused when it is
 * staged. Keys of servers, and versions, are not yet those that will be.
 *
 * @throws CHANGE-*, CHAIN-TARGETS, NAME-ROLE, POLICY-MIXED, POLICY-EXPIRY
 */
export function foresee(
  { dialect, context, base, rule }: Ground,
  changes: readonly Change[],
): ComputedRole[] {
  const now = Math.floor(context.now / 1000);
  const standIn = dialect.keyValue(publicKeyFromEd25519Raw(fromHex(STAND_IN)));
  const expiryOf = expiriesAfter(changes, now);
  const plan = changedRoles(dialect, base, changes).map((role) => ({
    role,
    version: ((base && documentOf(base, role)?.version) ?? 0) + 1,
    expires: expiryOf(role, rule(role)),
  }));
  const onlineKeys = changedOnlineRoles(dialect, { base, changes }).map((role) => ({ role, value: standIn }));
  const roles = computeRoles(dialect, { base, changes, plan, onlineKeys, fills: new Map(), context });
  deriveOperation(dialect, base, roles, restarts(changes));
  for (const role of roles) checkExpiry(rule(role.role), role, now, context.repository);
  return roles;
}

/** A delegated role whose targets clients will not see any more. */
export interface LostRole {
  readonly role: string;
  /** Number of its targets. */
  readonly targets: number;
  /** Keys that may sign it from then on; null where nothing delegates to it any more. */
  readonly keys: readonly MetadataKey[] | null;
  readonly threshold: number;
}

/** Delegated roles whose files, as they are now, lack signatures of the keys that they will have, or that go. */
export function lostRoles({ dialect, base }: Ground, roles: readonly ComputedRole[]): LostRole[] {
  const changed = new Map(roles.map((one) => [one.role, one]));
  return [...(base?.targets ?? [])].flatMap(([role, document]): LostRole[] => {
    const parent = changed.get(base?.parents.get(role) ?? '');
    if (!parent || changed.has(role)) return [];
    const targets = dialect.targets(document).size;
    const after = dialect.delegatedKeys(resultDocument(parent), role);
    if (!after) return [{ role, targets, keys: null, threshold: 0 }];
    if (countSigners(dialect, after, document).signers.length >= after.threshold) return [];
    return [{ role, targets, keys: after.keys, threshold: after.threshold }];
  });
}

/**
 * What changes has to be there for clients, who do not go below a role whose file its keys did not sign: nothing changes
 * below one that is lost by the same changes. Publishing would refuse it, after officers have signed.
 *
 * @throws CHANGE-UNREADABLE
 */
export function checkReadable(ground: Ground, roles: readonly ComputedRole[]): void {
  const { base } = ground;
  const lost = new Set(lostRoles(ground, roles).flatMap(({ role, keys }) => (keys === null ? [] : [role])));
  if (!base || lost.size === 0) return;
  for (const { role } of roles)
    for (let above = base.parents.get(role); above !== undefined; above = base.parents.get(above))
      if (lost.has(above))
        throw refused('CHANGE-UNREADABLE', 'a role changes below another one that clients will not read', {
          expected: `${above} to be signed by the keys that it gets`,
          found: `${above} loses the signatures of its file, and is not signed anew`,
          where: `${ground.context.repository} ${role}`,
          hint: `stage witness ${above} too, or change ${role} once ${above} is signed again`,
        });
}
