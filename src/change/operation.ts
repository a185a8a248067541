import type { VerifiedRepository } from '../metadata/repository.ts';
import { canonicalText } from '../encoding/canonical-json.ts';
import type { Json, JsonObject } from '../encoding/json.ts';
import type { ComputedRole } from './compute.ts';

/** What kind of request it is; each permits its own difference (bundle-schema/README.md, operations). */
export type Operation = 'first-root' | 'targets' | 'refresh' | 'none';

/**
 * Derives the operation from the difference between base and result, never from the change list.
 */
export function deriveOperation(base: VerifiedRepository | null, roles: readonly ComputedRole[]): Operation {
  if (roles.length === 0) return 'none';
  if (!base) return 'first-root';
  const entriesDiffer = roles.some((role) => {
    const before = base.targets.get(role.role)?.signed;
    return contentOf(before) !== contentOf(role.signed);
  });
  return entriesDiffer ? 'targets' : 'refresh';
}

/** Everything but version and expiry, which every operation may move forward. */
function contentOf(signed: JsonObject | undefined): string {
  const rest: Record<string, Json> = { ...signed };
  delete rest['version'];
  delete rest['expires'];
  return canonicalText(rest);
}
