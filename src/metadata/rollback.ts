import { refused } from '../errors.ts';
import type { Dialect } from './dialect.ts';
import type { SignedDocument } from './document.ts';

/**
 * A timestamp after one that was trusted before: neither it nor the snapshot that it lists is older (TUF 1.0
 * specification 5.4.3).
 *
 * @throws READ-ROLLBACK
 */
export function requireLaterTimestamp(dialect: Dialect, before: SignedDocument, after: SignedDocument): void {
  requireNoLower('timestamp', before.version, after.version, after);
  const listed = (document: SignedDocument): number | null =>
    dialect.listed(document).get('snapshot')?.version ?? null;
  requireNoLower('snapshot', listed(before), listed(after), after);
}

/**
 * A snapshot after one that was trusted before: it lists every role that was listed, and none of them in an older
 * version (specification 5.5.5).
 *
 * @throws READ-ROLLBACK
 */
export function requireLaterSnapshot(dialect: Dialect, before: SignedDocument, after: SignedDocument): void {
  const now = dialect.listed(after);
  for (const [role, { version }] of dialect.listed(before)) {
    const listed = now.get(role);
    if (!listed)
      throw refused('READ-ROLLBACK', 'a role that was published is not listed any more', {
        expected: role,
        found: 'no entry',
        where: placeOf(after),
      });
    requireNoLower(role, version, listed.version, after);
  }
}

/**
 * Whether a root takes away a key that may sign snapshot or timestamp. What was trusted of both does not bind any more
 * then, so that an attacker's very high version can be left behind (specification 5.3.11).
 */
export function onlineKeysLeft(dialect: Dialect, before: SignedDocument, after: SignedDocument): boolean {
  return dialect.onlineRoles.some((role) => {
    const stays = new Set(dialect.declaredKeys(after, role).keys.map(({ canonicalId }) => canonicalId));
    return dialect.declaredKeys(before, role).keys.some(({ canonicalId }) => !stays.has(canonicalId));
  });
}

function requireNoLower(
  role: string,
  before: number | null,
  after: number | null,
  list: SignedDocument,
): void {
  if (before === null || after === null || after >= before) return;
  throw refused('READ-ROLLBACK', `an older ${role} is served than was published before`, {
    expected: `version ${String(before)} or later`,
    found: `version ${String(after)}`,
    where: placeOf(list),
    hint: 'the server was restored from a backup, or somebody keeps the newer version back',
  });
}

function placeOf({ role, version }: SignedDocument): string {
  return `${role} version ${String(version)}`;
}
