import type { Change } from '../change/change.ts';
import { formatTime } from '../encoding/time.ts';
import type { ExpiryRule } from '../metadata/dialect.ts';

const DAY = 86_400;

/**
 * When a role that changes now is to expire: as a refresh asked, the last one for the role, or as is usual here.
 *
 * @param now seconds since 1970
 */
export function expiryFor(rule: ExpiryRule, changes: readonly Change[], role: string, now: number): string {
  const asked = changes.flatMap((change) =>
    change.type === 'refresh' && change.role === role ? [change.days] : [],
  );
  return usualExpiry({ ...rule, usual: asked.findLast((one) => one !== null) ?? rule.usual }, now);
}

/** The usual expiry of a role that is signed now. */
export function usualExpiry({ usual }: ExpiryRule, now: number): string {
  return formatTime(now + usual * DAY);
}
