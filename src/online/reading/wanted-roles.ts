import type { Change } from '../../change/change.ts';
import { isDelegated } from '../../metadata/roles.ts';
import type { WantedRoles } from './fetch-targets.ts';

/**
 * The delegated roles that changes build on, or whose declaration they touch, and who declares them. Null where there
 * are no changes: an adoption shows the whole repository.
 */
export function wantedRoles(changes: readonly Change[]): WantedRoles | null {
  if (changes.length === 0) return null;
  const wanted = new Map<string, string | null>();
  for (const change of changes) {
    if (!('role' in change) || !isDelegated(change.role)) continue;
    const parent = change.type === 'delegation-add' ? change.parent : null;
    if (!wanted.has(change.role)) wanted.set(change.role, parent);
    if (parent !== null && isDelegated(parent) && !wanted.has(parent)) wanted.set(parent, null);
  }
  return wanted;
}
