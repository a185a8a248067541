import { refused } from '../errors.ts';

/** How far a sender's ledger may have grown between two bundles. */
const MAX_STEP = 1_000_000;

/**
 * R6, M6: a sender's sequence only rises, for each repository, and not by leaps.
 *
 * @param last the last sequence accepted from this sender for this repository; 0 if none
 * @throws EXCHANGE-SEQUENCE
 */
export function checkSequence(sequence: number, last: number, where: string): void {
  if (sequence > last && sequence <= last + MAX_STEP) return;
  throw refused('EXCHANGE-SEQUENCE', 'the bundle is out of order', {
    expected: `a sequence above ${String(last)} and at most ${String(last + MAX_STEP)}`,
    found: String(sequence),
    where,
    hint:
      sequence <= last
        ? 'a later bundle of this sender was accepted before: ask for a new export'
        : 'the sender’s ledger cannot have grown that much: check the sender',
  });
}
