import { refused } from '../errors.ts';

/** How far a sender's ledger may have grown between two bundles. */
const MAX_STEP = 1_000_000;
/** A sender that was never heard of may be old; this bound only keeps the numbers sensible. */
const MAX_FIRST = 1_000_000_000;

/** Sequences accepted from one sender before; 0 where there was none. */
export interface LastSequences {
  /** For this repository. */
  readonly here: number;
  /** For any repository. */
  readonly any: number;
}

/**
 * R6, M6: a sender's sequence only rises, for each repository, and not by leaps.
 *
 * @throws EXCHANGE-SEQUENCE
 */
export function checkSequence(sequence: number, last: LastSequences, where: string): void {
  const most = last.any === 0 ? MAX_FIRST : last.any + MAX_STEP;
  if (sequence > last.here && sequence <= most) return;
  throw refused('EXCHANGE-SEQUENCE', 'the bundle is out of order', {
    expected: `a sequence above ${String(last.here)} and at most ${String(most)}`,
    found: String(sequence),
    where,
    hint:
      sequence <= last.here
        ? 'a later bundle of this sender was accepted before: ask for a new export'
        : "the sender's ledger cannot have grown that much: check the sender",
  });
}
