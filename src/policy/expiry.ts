import type { ComputedRole } from '../change/compute.ts';
import { formatTime, parseTime } from '../encoding/time.ts';
import { refused } from '../errors.ts';

const DAY = 86_400;

/** How long a role may be valid, in days from now by the offline clock. Stock Notary's defaults are the middle. */
const BOUNDS: Readonly<Record<string, { readonly least: number; readonly most: number }>> = {
  root: { least: 30, most: 3_660 },
  targets: { least: 1, most: 1_100 },
};

/**
 * The expiry comes from the online half, so the offline clock bounds it (M13).
 *
 * @param now seconds since 1970
 * @throws POLICY-EXPIRY
 */
export function checkExpiry(role: ComputedRole, now: number, repository: string): void {
  const bounds = BOUNDS[role.role] ?? BOUNDS['targets'];
  const expires = parseTime(role.expires);
  const least = now + (bounds?.least ?? 0) * DAY;
  const most = now + (bounds?.most ?? 0) * DAY;
  if (expires < least || expires > most)
    throw refused('POLICY-EXPIRY', 'the new expiry is outside what this station allows', {
      expected: `${formatTime(least)} to ${formatTime(most)}`,
      found: role.expires,
      where: `${repository} ${role.role}`,
    });
}

/** Default validity that the online half asks for, in days. */
export const DEFAULT_DAYS: Readonly<Record<string, number>> = {
  root: 3_650,
  targets: 1_095,
  snapshot: 1_095,
  timestamp: 14,
};
