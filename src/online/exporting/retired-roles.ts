import { resultDocument, type ComputedRole } from '../../change/computed-role.ts';
import { isDelegated } from '../../metadata/roles.ts';
import type { Dialect } from '../../metadata/dialect.ts';
import type { SignedDocument } from '../../metadata/document.ts';
import type { VerifiedRepository } from '../../metadata/verified.ts';
import { countSigners } from '../../metadata/threshold.ts';
import type { Marks } from '../../exchange/marks.ts';
import type { Ground } from '../staging/foresee.ts';
import type { Store } from '../repositories/store.ts';

/**
 * Versions that delegated roles had which are removed, or whose file no client reads: a server stores no lower one
 * again, and keeps such files in its snapshot (facts of notary-server). What this station saw counts too, for a
 * folder, whose snapshot forgets them.
 *
 * @param roles delegated roles that a request is to write; those with a file that counts are passed over
 * @throws METADATA-*, SERVER-*
 */
export async function retiredVersions(
  dialect: Dialect,
  store: Store,
  verified: VerifiedRepository,
  marks: Marks,
  roles: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const versions = new Map<string, number>();
  for (const role of roles) {
    if (!isDelegated(role) || verified.targets.has(role)) continue;
    const last = (await listedFile(dialect, store, verified, role))?.version ?? 0;
    versions.set(role, Math.max(last, marks.seen.get(role)?.version ?? 0));
  }
  return versions;
}

async function listedFile(
  dialect: Dialect,
  store: Store,
  { snapshot, root }: VerifiedRepository,
  role: string,
): Promise<SignedDocument | null> {
  const entry = snapshot && dialect.listed(snapshot).get(role);
  const file = entry ? await store.listed(role, entry, dialect.consistent(root)) : null;
  return file && dialect.parse(role, file);
}

/**
 * Roles that are delegated to anew, and whose last file the keys that they get had signed: with the delegation its
 * targets come back.
 */
export async function returningRoles(
  { dialect, base, store }: Ground & { readonly store: Store },
  roles: readonly ComputedRole[],
): Promise<{ readonly role: string; readonly targets: number }[]> {
  if (!base) return [];
  const returning: { role: string; targets: number }[] = [];
  const changed = new Set(roles.map(({ role }) => role));
  for (const parent of roles) {
    if (parent.role === 'root') continue;
    for (const declared of dialect.delegations(resultDocument(parent))) {
      if (base.targets.has(declared.role) || changed.has(declared.role)) continue;
      const last = await listedFile(dialect, store, base, declared.role);
      if (last && countSigners(dialect, declared, last).signers.length >= declared.threshold)
        returning.push({ role: declared.role, targets: dialect.targets(last).size });
    }
  }
  return returning;
}
