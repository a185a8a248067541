import { isDelegated } from '../metadata/roles.ts';
import type { Marks } from '../exchange/marks.ts';
import type { RepositoryReading } from '../exchange/read-request.ts';
import type { Anomaly } from './anomaly.ts';

/**
 * Delegated roles that this station saw a file of, that are declared still, and that have none in the request: the
 * online half says that their keys changed, and no present one signed a file. Nothing here proves it, and what was in
 * the role is not shown.
 */
export function vanishedRoles({ record, base, dialect }: RepositoryReading, marks: Marks): Anomaly[] {
  return record.base.flatMap(({ role, version }) => {
    const seen = marks.seen.get(role);
    if (version > 0 || !seen || !isDelegated(role)) return [];
    const parent = base?.targets.get(base.parents.get(role) ?? '');
    if (!parent || dialect.delegatedKeys(parent, role) === null) return [];
    return [
      {
        id: `VANISHED:${record.name}:${role}:${String(seen.version)}`,
        typed: true,
        text: `${role} had version ${String(seen.version)} when it was last seen here; the online half says that none of its files is signed by its present keys`,
      },
    ];
  });
}
