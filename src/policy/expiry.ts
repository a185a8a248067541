import type { ComputedRole } from '../change/computed-role.ts';
import type { ExpiryRule } from '../metadata/dialect.ts';
import { formatTime, parseTime } from '../encoding/time.ts';
import { refused } from '../errors.ts';

const DAY = 86_400;

/**
 * The expiry comes from the online half, so the offline clock bounds it (M13).
 *
 * @param rule what this station allows for the role
 * @param now seconds since 1970
 * @throws POLICY-EXPIRY
 */
export function checkExpiry(rule: ExpiryRule, role: ComputedRole, now: number, repository: string): void {
  const expires = parseTime(role.expires);
  const least = now + rule.least * DAY;
  const most = now + rule.most * DAY;
  if (expires < least || expires > most)
    throw refused('POLICY-EXPIRY', 'the new expiry is outside what this station allows', {
      expected: `${formatTime(least)} to ${formatTime(most)}`,
      found: role.expires,
      where: `${repository} ${role.role}`,
      hint: 'policy show shows the bounds of this station, policy set changes them',
    });
}
