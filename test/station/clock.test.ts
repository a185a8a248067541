import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { refused } from '../../src/errors.ts';
import { formatTime, parseTime } from '../../src/encoding/time.ts';
import { BUILD_DATE } from '../../src/station/home/build-date.ts';
import { checkClock, clockFloor, resetClock } from '../../src/station/home/clock.ts';
import type { RecordedEvent } from '../../src/station/ledger/events.ts';
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

test('CLOCK-FLOOR a line that an officer confirms holds the clock at once; what a bundle brings about does not', async () => {
  await inHome(await newHome('vault'), async (home) => {
    home.ledger.append(['reviewed', 'refusal'].map((event) => ({ event, data: {} })));
    expect(clockFloor(home.ledger.lines())).toBe(BUILT);
    home.ledger.append([{ event: 'declined', data: { request: 'x', code: 'other' } }]);
    const now = Math.floor(Date.now() / 1000);
    expect(await endOf(() => checkClock(home, now - 3_600))).toBe('CLOCK-FLOOR 3');
    await resetClock(home, '2026-11-02T00:00:00Z', now, () => Promise.resolve());
    checkClock(home, now - 3_600);
  });
});

describe('clock reset', () => {
  test('lowers a floor that a wrong clock left behind, and is recorded with what it was', async () => {
    const dir = await newHome('vault');
    await inHome(dir, async (home) => {
      // a line under a clock that is years ahead
      home.ledger.append([
        { event: 'clock-reset', data: { floor: '2036-01-01T00:00:00Z', was: BUILD_DATE } },
      ]);
      expect(clockFloor(home.ledger.lines())).toBe(parseTime('2036-01-01T00:00:00Z'));
      const now = BUILT + 1_000;
      const reset = { floor: formatTime(now - 5), was: '2036-01-01T00:00:00Z' };
      const asked: object[] = [];
      const agree = (shown: object): Promise<void> => Promise.resolve(void asked.push(shown));
      expect(await resetClock(home, reset.floor, now, agree)).toEqual(reset);
      expect(asked).toEqual([reset]);
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
      const unasked = (): Promise<void> => Promise.reject(new Error('the officer was asked'));
      const reset = (floor: string) => () => resetClock(home, floor, now, unasked);
      expect(await endOf(reset(formatTime(now + 1)))).toBe('CLOCK-TIME 2');
      expect(await endOf(reset(formatTime(BUILT - 1)))).toBe('CLOCK-TIME 2');
      for (const text of ['', '2026-11-21', '2026-11-21T08:00:00+00:00', '2026-02-30T00:00:00Z'])
        expect((await errorOf(reset(text))).check).toBe('ENCODING-TIME');
      expect(home.ledger.head().line).toBe(1);
    });
  });

  test('nothing is recorded where the officer does not agree', async () => {
    await inHome(await newHome('vault'), async (home) => {
      const no = (): Promise<void> => Promise.reject(refused('CONFIRM-MISMATCH', 'no'));
      expect(await endOf(() => resetClock(home, BUILD_DATE, BUILT, no))).toBe('CONFIRM-MISMATCH 3');
      expect(home.ledger.head().line).toBe(1);
    });
  });
});
