import type { RepositoryReading } from '../exchange/read-request.ts';
import { refused } from '../errors.ts';
import type { RoleDifference } from '../review/difference.ts';

/** Operations that may take a key away from a top-level role. */
const REPLACING: readonly string[] = ['rotate-key', 'remove-compromised', 'threshold'];

/**
 * A role loses a key of this station only where the request says that it takes keys away, and never so that this
 * station would be the one that signs and the only one that leaves without a successor (M16).
 *
 * @param own canonical IDs of this station's keys
 * @throws CHAIN-SELF
 */
export function checkOwnKeys(
  { record }: RepositoryReading,
  differences: readonly RoleDifference[],
  own: (canonicalId: string) => boolean,
): void {
  if (REPLACING.includes(record.operation)) return;
  for (const { role, keys } of differences.flatMap(({ quorums }) => quorums))
    for (const { state, canonicalId } of keys)
      if (state === 'leaves' && own(canonicalId))
        throw refused('CHAIN-SELF', 'a role would lose a key of this station', {
          expected: `an operation that takes keys away: ${REPLACING.join(', ')}`,
          found: record.operation,
          where: `${record.name} ${role} ${canonicalId}`,
        });
}
