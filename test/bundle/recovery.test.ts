import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ExchangeEvent } from '../../src/station/ledger/events.ts';
import { foldMarks } from '../../src/station/ledger/marks.ts';
import { checkHead, foldRecovered, holdsHead } from '../../src/station/recovered.ts';
import { writeRecovery } from '../../src/station/recovery.ts';
import { endOf, inHome, newHome } from '../station/homes.ts';

const REPOSITORY = 'notary:registry.example.com/team/app';
const HEAD = { line: 9, hash: 'ab'.repeat(32) };
const SECOND = { line: 14, hash: 'cd'.repeat(32) };
const floor = (seen: number, signed: number, repository = REPOSITORY): ExchangeEvent => ({
  event: 'recovered-floor',
  data: { repository, role: 'targets', seen, signed },
});

describe('recovery of a ledger', () => {
  test('B-67 cut off after any of its lines, it leaves a station that is behind; whole, one that is not', async () => {
    const dir = await newHome('vault');
    const before = readFileSync(join(dir, 'ledger.jsonl'));
    await inHome(dir, ({ ledger }) => {
      expect(holdsHead(ledger, HEAD)).toBe(false);
      writeRecovery(ledger, {
        what: 'response',
        head: SECOND,
        last: 16,
        parts: [
          { head: HEAD, events: [floor(3, 4)] },
          { head: SECOND, events: [floor(5, 5)] },
        ],
      });
      expect([HEAD, SECOND].map((head) => holdsHead(ledger, head))).toEqual([true, true]);
    });
    const whole = readFileSync(join(dir, 'ledger.jsonl'));
    const lines = whole.subarray(before.length).toString('utf8').split('\n').slice(0, -1);
    for (let kept = 0; kept <= lines.length; kept++) {
      const cut = Buffer.concat([
        before,
        Buffer.from(
          lines
            .slice(0, kept)
            .map((line) => `${line}\n`)
            .join(''),
        ),
      ]);
      writeFileSync(join(dir, 'ledger.jsonl'), cut);
      await inHome(dir, ({ ledger }) => {
        const held = [HEAD, SECOND].map((head) => holdsHead(ledger, head));
        expect([kept, held]).toEqual([kept, [kept >= lines.length - 2, kept === lines.length]]);
      });
    }
  });

  test('B-67 numbers of lost lines are not used again; a line for each says so', async () => {
    await inHome(await newHome('vault'), ({ ledger }) => {
      writeRecovery(ledger, { what: 'response', head: HEAD, last: 11, parts: [{ head: HEAD, events: [] }] });
      expect(ledger.head().line).toBeGreaterThan(11);
      expect(ledger.lines().filter(({ event }) => event === 'lost')).toHaveLength(10);
      expect(ledger.lines().at(-1)).toMatchObject({
        event: 'recovered',
        data: { what: 'response', line: 9, sha256: HEAD.hash },
      });
    });
  });

  test('RECOVER-FAR a head that is more than a million lines ahead is refused, and nothing is written', async () => {
    await inHome(await newHome('vault'), async ({ ledger }) => {
      const far = { what: 'head', head: HEAD, last: 1_000_002, parts: [] } as const;
      expect(
        await endOf(() => {
          writeRecovery(ledger, far);
        }),
      ).toBe('RECOVER-FAR 3');
      expect(ledger.head().line).toBe(1);
    });
  });

  test('M9 LEDGER-ROLLBACK a response frees its own head only; a typed head those before it too', async () => {
    await inHome(await newHome('vault'), async ({ ledger }) => {
      writeRecovery(ledger, {
        what: 'response',
        head: SECOND,
        last: 1,
        parts: [{ head: SECOND, events: [] }],
      });
      const check = (line: number, hash: string) => () => {
        checkHead(ledger, { line, hash }, 'heard', 'a request');
      };
      expect(await endOf(check(9, HEAD.hash))).toBe('LEDGER-ROLLBACK 3');
      expect(await endOf(check(14, HEAD.hash))).toBe('LEDGER-ROLLBACK 3');
      writeRecovery(ledger, { what: 'head', head: SECOND, last: 1, parts: [{ head: SECOND, events: [] }] });
      check(9, HEAD.hash)();
      check(14, SECOND.hash)();
      expect(await endOf(check(14, HEAD.hash))).toBe('LEDGER-ROLLBACK 3');
      expect(await endOf(check(15, HEAD.hash))).toBe('LEDGER-ROLLBACK 3');
    });
  });

  test('M9 floors only rise, and accepted repositories are those of the last typed head', async () => {
    const other = 'notary:registry.example.com/team/other';
    await inHome(await newHome('vault'), ({ ledger }) => {
      const typed = (head: typeof HEAD, ...events: ExchangeEvent[]): void => {
        writeRecovery(ledger, { what: 'head', head, last: 1, parts: [{ head, events }] });
      };
      typed(HEAD, floor(7, 4));
      typed(HEAD, floor(3, 5), floor(1, 1, other));
      expect([...foldRecovered(ledger.lines()).accepted]).toEqual([REPOSITORY, other]);
      typed(SECOND, floor(1, 1));
      expect([...foldRecovered(ledger.lines()).accepted]).toEqual([REPOSITORY]);
      expect(foldRecovered(ledger.lines()).typed).toEqual(SECOND);
      const marks = foldMarks(ledger.lines()).get(REPOSITORY);
      expect(marks?.floors.get('targets')).toEqual({ seen: 7, signed: 5 });
    });
  });
});
