import type { Change } from '../change/change.ts';
import { formatTime } from '../encoding/time.ts';
import { DEFAULT_DAYS } from '../policy/expiry.ts';

const DAY = 86_400;

/**
 * When a role that changes now is to expire: as a refresh asked, the last one for the role, or as is usual.
 *
 * @param now seconds since 1970
 */
export function expiryFor(changes: readonly Change[], role: string, now: number): string {
  const asked = changes.flatMap((change) =>
    change.type === 'refresh' && change.role === role ? [change.days] : [],
  );
  const days = asked.findLast((one) => one !== null) ?? DEFAULT_DAYS[role] ?? DEFAULT_DAYS['targets'] ?? 0;
  return formatTime(now + days * DAY);
}
