import type { RequestManifest } from '../bundle/manifest.ts';
import { formatTime, parseTime } from '../encoding/time.ts';
import { refused } from '../errors.ts';

/** Farther than this the clocks are not the same clock (seconds). */
export const CLOCK_TOLERANCE = 86_400;

/** Longest life of a request, seconds: ninety days. */
const MAX_LIFE = 90 * 86_400;

/**
 * A stick that was withheld is not a request (M6).
 *
 * @param now seconds since 1970
 * @throws REQUEST-EXPIRED, REQUEST-LIFE
 */
export function checkNotAfter(request: RequestManifest, now: number): void {
  const created = parseTime(request.created);
  if (parseTime(request.notAfter) > created + MAX_LIFE)
    throw refused('REQUEST-LIFE', 'the request would live too long', {
      expected: `not after ${formatTime(created + MAX_LIFE)}`,
      found: request.notAfter,
    });
  if (now > parseTime(request.notAfter))
    throw refused('REQUEST-EXPIRED', 'the request has ended', {
      expected: `not after ${request.notAfter}`,
      found: formatTime(now),
      hint: 'ask the online half to export anew; if this clock is wrong, set it first',
    });
}
