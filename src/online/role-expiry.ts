import type { Change } from '../change/change.ts';
import { formatTime } from '../encoding/time.ts';
import type { Dialect } from '../metadata/dialect.ts';

const DAY = 86_400;

/**
 * When a role that changes now is to expire: as a refresh asked, the last one for the role, or as is usual.
 *
 * @param now seconds since 1970
 */
export function expiryFor(dialect: Dialect, changes: readonly Change[], role: string, now: number): string {
  const asked = changes.flatMap((change) =>
    change.type === 'refresh' && change.role === role ? [change.days] : [],
  );
  const days = asked.findLast((one) => one !== null) ?? dialect.expiry(role).usual;
  return formatTime(now + days * DAY);
}
