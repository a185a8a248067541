import type { LedgerHead } from '../bundle/manifest.ts';
import { refused } from '../errors.ts';
import type { ExchangeEvent } from './ledger/events.ts';
import type { Ledger, LedgerEvent } from './ledger/ledger.ts';

/** More lines than this are not lost between a backup and its restoration, and no sequence jumps further (M13). */
const MAX_LOST = 1_000_000;

/** Lines that a station writes anew. */
export interface Recovery {
  readonly what: 'response' | 'head';
  /** The newest head of the lost ledger that is recovered. */
  readonly head: LedgerHead;
  /** Number of a line that the next bundle's must be above: sequences and heads only rise. */
  readonly last: number;
  /** Each part ends with the `recovered` line of its head. */
  readonly parts: readonly { readonly head: LedgerHead; readonly events: readonly ExchangeEvent[] }[];
}

/**
 * Writes a recovery down, in one write: that it begins; a `lost` line for each number that the lost ledger had used,
 * since numbers of bundles and heads never come twice; then each part, closed by the line that lets the echo of its
 * head pass. Cut off anywhere, it leaves a station that is still behind, and can be run again.
 *
 * @throws RECOVER-FAR, LEDGER-WRITE
 */
export function writeRecovery(ledger: Ledger, { what, head, last, parts }: Recovery): void {
  const lost = Math.max(0, last - ledger.head().line);
  if (lost > MAX_LOST)
    throw refused('RECOVER-FAR', 'the head is further ahead than a lost ledger could be', {
      expected: `at most ${String(MAX_LOST)} lines ahead`,
      found: `line ${String(last)}, and this ledger ends at line ${String(ledger.head().line)}`,
    });
  const named = ({ line, hash }: LedgerHead): ExchangeEvent['data'] & object => ({
    what,
    line,
    sha256: hash,
  });
  ledger.append([
    { event: 'recovery', data: named(head) },
    ...Array.from({ length: lost }, (): LedgerEvent => ({ event: 'lost', data: {} })),
    ...parts.flatMap((part): LedgerEvent[] => [
      ...part.events,
      { event: 'recovered', data: named(part.head) },
    ]),
  ]);
}
