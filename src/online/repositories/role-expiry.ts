import type { Change } from '../../change/change.ts';
import { formatTime } from '../../encoding/time.ts';
import type { ExpiryRule } from '../../metadata/dialect.ts';

const DAY = 86_400;

/**
 * When roles that change now are to expire: as a refresh asked, the last one for the role, or as is usual here.
 *
 * @param now seconds since 1970
 */
export function expiriesAfter(
  changes: readonly Change[],
  now: number,
): (role: string, rule: ExpiryRule) => string {
  const asked = new Map<string, number>();
  for (const change of changes)
    if (change.type === 'refresh' && change.days !== null) asked.set(change.role, change.days);
  return (role, rule) => usualExpiry({ ...rule, usual: asked.get(role) ?? rule.usual }, now);
}

/** The usual expiry of a role that is signed now. */
export function usualExpiry({ usual }: ExpiryRule, now: number): string {
  return formatTime(now + usual * DAY);
}
