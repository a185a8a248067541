import { formatTime, parseTime } from '../../encoding/time.ts';
import { refused, usage } from '../../errors.ts';
import { BUILD_DATE } from './build-date.ts';
import { textOf, type RecordedEvent } from '../ledger/events.ts';
import type { Home } from './home.ts';

/** Lines that are written after an officer's confirmation: their time is one that a person accepted (M13). */
const CONFIRMED = new Set(['approved', 'paired', 'unpaired', 'declined']);

/**
 * The earliest time that the clock may show: that of the last confirmed line, or of the program's build. Never
 * taken from a bundle. Seconds since 1970.
 */
export function clockFloor(lines: Iterable<RecordedEvent>): number {
  let floor = parseTime(BUILD_DATE);
  for (const { event, time, data } of lines) {
    if (event === 'clock-reset') floor = Math.max(parseTime(BUILD_DATE), parseTime(textOf(data, 'floor')));
    else if (CONFIRMED.has(event)) floor = Math.max(floor, parseTime(time));
  }
  return floor;
}

/** @throws CLOCK-FLOOR if the clock is below the floor: nothing is signed then */
export function checkClock(home: Home, now: number): void {
  const floor = clockFloor(home.ledger.lines());
  if (now >= floor) return;
  throw refused('CLOCK-FLOOR', 'the clock is behind what this station has seen', {
    expected: `${formatTime(floor)} or later`,
    found: formatTime(now),
    hint: 'set the clock; if it was once wrong by years: countersign clock reset UTC',
  });
}

/** What a reset of the clock floor changes, both as time stamps. */
export interface ClockReset {
  readonly floor: string;
  readonly was: string;
}

/**
 * Lowers a floor that a wrong clock left behind, to a time that the officer typed; recorded. The time is checked
 * before the officer is asked.
 *
 * @param confirm takes the officer's yes; throws otherwise
 * @throws ENCODING-TIME (exit 3), CLOCK-TIME (exit 2) for a time after the clock's or before the program was built
 */
export async function resetClock(
  home: Home,
  floor: string,
  now: number,
  confirm: (reset: ClockReset) => Promise<void>,
): Promise<ClockReset> {
  const seconds = parseTime(floor);
  if (seconds > now)
    throw usage('CLOCK-TIME', 'the new floor is later than the clock', {
      expected: `at most ${formatTime(now)}`,
      found: floor,
    });
  if (seconds < parseTime(BUILD_DATE))
    throw usage('CLOCK-TIME', 'the new floor is earlier than the program', {
      expected: `at least ${BUILD_DATE}`,
      found: floor,
    });
  const reset = { floor, was: formatTime(clockFloor(home.ledger.lines())) };
  await confirm(reset);
  home.ledger.append([{ event: 'clock-reset', data: { ...reset } }]);
  return reset;
}
