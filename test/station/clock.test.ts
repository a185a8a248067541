import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatTime, parseTime } from '../../src/encoding/time.ts';
import { BUILD_DATE } from '../../src/station/build-date.ts';
import { checkClock, clockFloor, resetClock } from '../../src/station/clock.ts';
import type { RecordedEvent } from '../../src/station/events.ts';
import { endOf, errorOf, inHome, newHome } from './homes.ts';

const BUILT = parseTime(BUILD_DATE);
const at = (event: string, time: number, data = {}): RecordedEvent => ({
  line: 1,
  event,
  time: formatTime(time),
  data,
});
const CONFIRMED = ['approved', 'paired', 'unpaired', 'declined'];

describe('CLOCK-FLOOR (M13)', () => {
  test('the floor of a new station is the date of the program', () => {
    expect(clockFloor([])).toBe(BUILT);
    expect(clockFloor([at('genesis', BUILT - 999)])).toBe(BUILT);
  });

  test.each(CONFIRMED)('a line "%s", which a person confirmed, raises it', (event) => {
    expect(clockFloor([at(event, BUILT + 50)])).toBe(BUILT + 50);
    expect(clockFloor([at(event, BUILT - 50)])).toBe(BUILT);
  });

  test.each(['genesis', 'reviewed', 'accepted', 'refusal', 'answered', 'seen', 'pinned', 'recovered'])(
    'a line "%s", which a bundle alone brings about, does not',
    (event) => {
      expect(clockFloor([at(event, BUILT + 50, { created: '2099-01-01T00:00:00Z' })])).toBe(BUILT);
    },
  );

  test('property: it never falls but by a reset, and never below the program', () => {
    const line = fc.tuple(fc.constantFrom(...CONFIRMED, 'seen'), fc.integer({ min: -500, max: 500 }));
    fc.assert(
      fc.property(fc.array(line), (drawn) => {
        const lines = drawn.map(([event, offset]) => at(event, BUILT + offset));
        let before = BUILT;
        for (let count = 0; count <= lines.length; count++) {
          const floor = clockFloor(lines.slice(0, count));
          expect(floor).toBeGreaterThanOrEqual(before);
          before = floor;
        }
        expect(clockFloor([...lines, at('clock-reset', BUILT, { floor: formatTime(BUILT + 3) })])).toBe(
          BUILT + 3,
        );
      }),
    );
  });

  test('a clock below the floor is refused and told what to do; one at the floor is not', async () => {
    await inHome(await newHome('vault'), (home) => {
      checkClock(home, BUILT);
      const error = (() => {
        try {
          checkClock(home, BUILT - 1);
        } catch (thrown) {
          return thrown;
        }
        return null;
      })();
      expect(error).toMatchObject({
        check: 'CLOCK-FLOOR',
        exit: 3,
        expected: `${BUILD_DATE} or later`,
        found: formatTime(BUILT - 1),
        hint: expect.stringContaining('clock reset'),
      });
    });
  });
});

describe('clock reset', () => {
  test('lowers a floor that a wrong clock left behind, and is recorded with what it was', async () => {
    const dir = await newHome('vault');
    await inHome(dir, (home) => {
      // a line under a clock that is years ahead
      home.ledger.append([
        { event: 'clock-reset', data: { floor: '2036-01-01T00:00:00Z', was: BUILD_DATE } },
      ]);
      expect(clockFloor(home.ledger.lines())).toBe(parseTime('2036-01-01T00:00:00Z'));
      const now = BUILT + 1_000;
      expect(resetClock(home, formatTime(now - 5), now)).toEqual({
        floor: formatTime(now - 5),
        was: '2036-01-01T00:00:00Z',
      });
      checkClock(home, now);
    });
    await inHome(dir, ({ ledger }) => {
      expect(ledger.lines().at(-1)).toMatchObject({
        event: 'clock-reset',
        data: { was: '2036-01-01T00:00:00Z' },
      });
    });
  });

  test('CLOCK-TIME not later than the clock, not earlier than the program; other texts are no time', async () => {
    await inHome(await newHome('vault'), async (home) => {
      const now = BUILT + 1_000;
      expect(await endOf(() => resetClock(home, formatTime(now + 1), now))).toBe('CLOCK-TIME 2');
      expect(await endOf(() => resetClock(home, formatTime(BUILT - 1), now))).toBe('CLOCK-TIME 2');
      for (const text of ['', '2026-11-21', '2026-11-21T08:00:00+00:00', '2026-02-30T00:00:00Z'])
        expect((await errorOf(() => resetClock(home, text, now))).check).toBe('ENCODING-TIME');
      expect(home.ledger.head().line).toBe(1);
    });
  });
});
