import { formatTime } from '../encoding/time.ts';
import type { RepositoryReading } from '../exchange/read-request.ts';
import type { Anomaly } from './anomaly.ts';
import type { RoleDifference } from './difference.ts';

/**
 * That the request is to be the last one for its repository: nothing in the metadata says so, so it is typed. What is
 * signed then is what clients see until it ends.
 */
export function finalAnomalies(
  { record, changes }: RepositoryReading,
  differences: readonly RoleDifference[],
): Anomaly[] {
  if (!changes.some(({ type }) => type === 'final')) return [];
  const ends = differences.map(
    ({ role, toExpires }) => `${role} until ${formatTime(Math.floor(toExpires / 1000))}`,
  );
  return [
    {
      id: `FINAL:${record.name}`,
      typed: true,
      text: `the last root and targets of ${record.name}: nobody means to sign for it again. Clients accept ${ends.join(', ')}, and nothing after`,
    },
  ];
}
