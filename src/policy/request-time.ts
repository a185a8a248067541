import type { RequestManifest } from '../bundle/manifest.ts';
import { formatTime, parseTime } from '../encoding/time.ts';
import { refused } from '../errors.ts';

/** Farther than this the clocks are not the same clock (seconds). */
export const CLOCK_TOLERANCE = 86_400;

/**
 * A stick that was withheld is not a request (M6).
 *
 * @param now seconds since 1970
 * @throws REQUEST-EXPIRED
 */
export function checkNotAfter(request: RequestManifest, now: number): void {
  if (now > parseTime(request.notAfter))
    throw refused('REQUEST-EXPIRED', 'the request has ended', {
      expected: `not after ${request.notAfter}`,
      found: formatTime(now),
      hint: 'ask the online half to export anew; if this clock is wrong, set it first',
    });
}
