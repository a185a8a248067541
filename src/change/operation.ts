import { refused } from '../errors.ts';
import { sameJson, type JsonObject } from '../encoding/json.ts';
import type { Dialect } from '../metadata/dialect.ts';
import type { RoleKeys } from '../metadata/document.ts';
import type { VerifiedRepository } from '../metadata/verified.ts';
import { resultDocument, type ComputedRole } from './computed-role.ts';

/** What kind of request it is; each permits its own difference (bundle-schema/README.md, operations). */
export type Operation =
  | 'first-root'
  | 'restart'
  | 'targets'
  | 'delegations'
  | 'refresh'
  | 'rotate-key'
  | 'threshold'
  | 'remove-compromised'
  | 'renew-certificate'
  | 'server-keys'
  | 'none';

/**
 * Derives the operation from the difference between base and result, never from the change list (M18). Whether a
 * first root is a restart cannot be seen in bytes: the station's own lineage says so, and `restart` only asks.
 *
 * @param restart whether the request says that it begins the repository anew
 * @throws POLICY-MIXED where a difference belongs to several operations, which travel in requests of their own
 */
export function deriveOperation(
  dialect: Dialect,
  base: VerifiedRepository | null,
  roles: readonly ComputedRole[],
  restart: boolean,
): Operation {
  if (roles.length === 0) return 'none';
  if (!base) return restart ? 'restart' : 'first-root';
  const root = roles.find(({ role }) => role === 'root');
  const kinds = new Set<Operation>(root ? rootKinds(dialect, base, root) : []);
  for (const role of roles)
    if (role.role !== 'root') targetsKinds(base, role).forEach((kind) => kinds.add(kind));
  // What the table allows together: entries beside delegations.
  if (kinds.has('delegations')) kinds.delete('targets');
  const [kind, other] = kinds;
  if (other !== undefined)
    throw refused('POLICY-MIXED', 'the request would be several operations at once', {
      expected: 'one operation for a repository',
      found: [...kinds].join(' and '),
      hint: 'export and publish one of them first: status shows what is staged',
    });
  return kind ?? 'refresh';
}

function rootKinds(dialect: Dialect, base: VerifiedRepository, root: ComputedRole): Operation[] {
  const after = resultDocument(root);
  const kindOf = (role: string): Operation | null =>
    keysKind(dialect.declaredKeys(base.root, role), dialect.declaredKeys(after, role));
  const online = dialect.onlineRoles.some((role) => kindOf(role) !== null);
  const offline = new Set(dialect.offlineRoles.map(({ role }) => kindOf(role)));
  // One request may change several roles; its name is that of the change that takes most away.
  const kind = (['remove-compromised', 'threshold', 'rotate-key', 'renew-certificate'] as const).find((one) =>
    offline.has(one),
  );
  return [...(online ? (['server-keys'] as const) : []), ...(kind ? [kind] : [])];
}

function keysKind(before: RoleKeys, after: RoleKeys): Operation | null {
  const threshold = before.threshold !== after.threshold;
  const gained = after.keys.some((key) => !before.keys.some((one) => one.canonicalId === key.canonicalId));
  const lost = before.keys.some((key) => !after.keys.some((one) => one.canonicalId === key.canonicalId));
  if (gained) return threshold ? 'threshold' : 'rotate-key';
  if (lost) return 'remove-compromised';
  if (threshold) return 'threshold';
  const renewed = after.keys.some((key) => !before.keys.some(({ id }) => id === key.id));
  return renewed ? 'renew-certificate' : null;
}

function targetsKinds(base: VerifiedRepository, role: ComputedRole): Operation[] {
  const before = base.targets.get(role.role);
  if (!before) return ['targets'];
  const [old, next] = [before.signed, role.signed];
  const same = before.entries.bytes.equals(role.entries.bytes) && sameContent(old, next, ['delegations']);
  return [
    ...(same ? [] : (['targets'] as const)),
    ...(sameJson(old['delegations'], next['delegations']) ? [] : (['delegations'] as const)),
  ];
}

/** Whether two documents are the same but for version and expiry, which every operation may move forward. */
function sameContent(before: JsonObject, after: JsonObject, besides: readonly string[]): boolean {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  for (const name of ['version', 'expires', ...besides]) names.delete(name);
  return [...names].every((name) => sameJson(before[name], after[name]));
}
