import type { RepositoryReading } from '../exchange/read-request.ts';
import type { Marks } from '../exchange/marks.ts';
import type { Anomaly } from './anomaly.ts';
import type { RoleDifference } from './difference.ts';

/**
 * Roles that are delegated to anew, whose old file the snapshot lists still: servers keep it, and where the keys that
 * the role gets are those that signed it, its targets come back with the delegation. The file does not travel, so what
 * it holds is not shown; the role signed anew in the same request would replace it.
 */
export function returningTargets(
  { record, base, dialect, roles }: RepositoryReading,
  differences: readonly RoleDifference[],
  { seen }: Marks,
): Anomaly[] {
  const listed = base?.snapshot && dialect.listed(base.snapshot);
  if (!listed) return [];
  return differences
    .flatMap(({ delegations }) => delegations)
    .filter(({ role, thresholdBefore }) => thresholdBefore === 0 && listed.has(role))
    .filter(({ role }) => !roles.some((result) => result.role === role))
    .map(({ role }) => {
      const file = listed.get(role);
      const version = seen.get(role)?.version;
      const last = version === undefined ? '' : `, version ${String(version)} when it was last seen here,`;
      return {
        id: `RETURNING-TARGETS:${record.name}:${role}:${file?.hashes['sha256'] ?? String(file?.version)}`,
        typed: true,
        text: `the old file of ${role}${last} is still published: if the keys that the role gets signed it, clients see its targets again, and they are not shown here`,
      };
    });
}
