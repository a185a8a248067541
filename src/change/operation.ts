import type { VerifiedRepository } from '../metadata/repository.ts';
import { sameJson, type JsonObject } from '../encoding/json.ts';
import type { ComputedRole } from './compute.ts';

/** What kind of request it is; each permits its own difference (bundle-schema/README.md, operations). */
export type Operation = 'first-root' | 'targets' | 'refresh' | 'none';

/**
 * Derives the operation from the difference between base and result, never from the change list.
 */
export function deriveOperation(base: VerifiedRepository | null, roles: readonly ComputedRole[]): Operation {
  if (roles.length === 0) return 'none';
  if (!base) return 'first-root';
  const differ = roles.some((role) => !sameContent(base.targets.get(role.role)?.signed, role.signed));
  return differ ? 'targets' : 'refresh';
}

/** Whether two documents are the same but for version and expiry, which every operation may move forward. */
function sameContent(before: JsonObject | undefined, after: JsonObject): boolean {
  if (!before) return false;
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  for (const name of ['version', 'expires']) names.delete(name);
  return [...names].every((name) => sameJson(before[name], after[name]));
}
