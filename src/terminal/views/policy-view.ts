import type { Policy } from '../../station/set-policy.ts';
import { table } from './table.ts';

/** How long each role is valid, in days. */
export function policyLines({ expiry }: Policy): string[] {
  const rows = expiry.map(({ dialect, repository, role, usual, least, most, set }) => [
    dialect,
    repository ?? 'all',
    role,
    ...[usual, least, most].map((days) => `${String(days)} d`),
    set ? 'set here' : '',
  ]);
  return table(['DIALECT', 'REPOSITORY', 'ROLE', 'USUAL', 'LEAST', 'MOST', ''], rows);
}
