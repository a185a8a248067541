import type { LedgerHead } from '../bundle/manifest.ts';
import { refused } from '../errors.ts';
import { exchangeEvent, type RecordedEvent } from './ledger/events.ts';
import type { Ledger } from './ledger/ledger.ts';

/** What a station that was behind its own echo found out since (M9). */
export interface Recovered {
  /** `line hash` of the heads that its own responses led back to. */
  readonly heads: ReadonlySet<string>;
  /** The last head that officers typed, or null. */
  readonly typed: LedgerHead | null;
  /** Repositories of which officers accepted that versions are taken, or that were signed for, since that head. */
  readonly accepted: ReadonlySet<string>;
}

/** What was recovered, out of the ledger. */
export function foldRecovered(lines: Iterable<RecordedEvent>): Recovered {
  const heads = new Set<string>();
  const accepted = new Set<string>();
  let typed: LedgerHead | null = null;
  for (const line of lines) {
    const { event, data } = exchangeEvent(line);
    if (event === 'recovered-floor' || event === 'accepted') accepted.add(data.repository);
    else if (event === 'recovery' && data.what === 'head') {
      // The same head again: one more repository, or the rest of a recovery that was killed.
      if (typed?.line !== data.line || typed.hash !== data.sha256) accepted.clear();
    } else if (event === 'recovered' && data.what === 'response') heads.add(nameOf(data.line, data.sha256));
    else if (event === 'recovered' && data.what === 'head') typed = { line: data.line, hash: data.sha256 };
  }
  return { heads, typed, accepted };
}

/** Whether a head needs no recovery: the ledger holds the line, or what it led to was recovered. */
export function holdsHead(ledger: Ledger, { line, hash }: LedgerHead): boolean {
  if (ledger.hashOfLine(line) === hash) return true;
  const { heads, typed } = foldRecovered(ledger.lines());
  if (heads.has(nameOf(line, hash))) return true;
  return typed !== null && (line < typed.line || (line === typed.line && hash === typed.hash));
}

/**
 * The ledger is not behind a head that was heard of it (M9).
 *
 * @param message who heard of it, as one fact
 * @param where the bundle that names the head
 * @throws LEDGER-ROLLBACK
 */
export function checkHead(ledger: Ledger, head: LedgerHead, message: string, where: string): void {
  if (holdsHead(ledger, head)) return;
  throw refused('LEDGER-ROLLBACK', message, {
    expected: `line ${String(head.line)} ${head.hash}`,
    found: ledger.hashOfLine(head.line) ?? 'no such line',
    where,
    hint: 'this home is an old copy, or was cloned: find out which; for an old copy, station recover reads its lost responses',
  });
}

function nameOf(line: number, hash: string): string {
  return `${String(line)} ${hash}`;
}
