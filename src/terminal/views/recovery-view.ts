import { randomInt } from 'node:crypto';
import { refused } from '../../errors.ts';
import type { HeadPlan, HeadResult } from '../../offline/recover-head.ts';
import type { RecoveryPlan, RecoveryResult } from '../../offline/recover.ts';
import { compareWords } from '../prompts/compare-words.ts';
import { digestLines } from './digest-block.ts';
import { show } from '../escape.ts';
import { askTyped, pickWords } from '../prompts/prompt.ts';
import { table } from './table.ts';

/** Rows that are shown before the rest is counted. */
const ROWS = 40;

/**
 * Has the head that a recovery leads to compared with the paper, after showing what is restored.
 *
 * @throws APPROVE-DIGEST, CONFIRM-MISMATCH (exit 3), CONFIRM-TERMINAL (exit 6)
 */
export async function confirmRecovery(plan: RecoveryPlan, approve: string | undefined): Promise<void> {
  const facts = [
    `this ledger ends at line ${String(plan.from)}; the newest response names line ${String(plan.head.line)}`,
    `${String(plan.responses.length)} lost responses, ${String(plan.fills)} fills; signed, and now known again:`,
    '',
    ...rows(
      ['REPOSITORY', 'ROLE', 'VERSION'],
      plan.signed.map(({ repository, role, version }) => [repository, role, String(version)]),
    ),
  ];
  await compareWords('ledger head', plan.head.hash, approve, facts, 'as the paper of that session reads');
}

/** How a script says what would be typed. */
export interface HeadConsent {
  /** Hash of the head, 64 hex digits. */
  readonly approve: string | undefined;
  /** `TAKEN:NAME` for each repository. */
  readonly accept: readonly string[];
}

/**
 * Has two words of the head read from the paper, without showing them, and the taken versions accepted.
 *
 * @throws APPROVE-DIGEST, APPROVE-ANOMALY, CONFIRM-MISMATCH (exit 3), CONFIRM-TERMINAL (exit 6)
 */
export async function confirmHead(plan: HeadPlan, { approve, accept }: HeadConsent): Promise<void> {
  if (approve !== undefined) {
    await compareWords('ledger head', plan.head.hash, approve, []);
    acceptedByScript(plan, accept);
    return;
  }
  const [first, second] = pickWords(plan.head.hash, (bound) => randomInt(bound));
  await askTyped({
    lines: [
      `this ledger ends at line ${String(plan.from)}; it is recovered up to line ${String(plan.head.line)}`,
      'what was signed in between is not known any more',
    ],
    expected: `${first.word} ${second.word}`,
    ignoreCase: true,
    question: `type words ${String(first.position)} and ${String(second.position)} of that head, from the paper:`,
  });
  await askTyped({
    lines: ['', 'every version up to these counts as taken:', '', ...takenRows(plan)],
    expected: 'TAKEN',
    question: 'type TAKEN to accept this:',
  });
}

function acceptedByScript({ taken }: HeadPlan, accept: readonly string[]): void {
  const names = new Set(taken.map(({ repository }) => `TAKEN:${repository}`));
  const open = [...names].filter((id) => !accept.includes(id));
  if (open.length === 0) return;
  throw refused('APPROVE-ANOMALY', 'something must be accepted that the script does not name', {
    expected: open
      .slice(0, 8)
      .map((id) => `--accept ${id}`)
      .join(' '),
    found: 'every version up to those of the request would count as taken',
  });
}

/** What was restored out of responses. */
export function recoveredLines(result: RecoveryResult): string[] {
  return [
    `recovered ${String(result.responses.length)} responses, up to line ${String(result.head.line)}`,
    ...headLines(result),
  ];
}

/** What counts as taken from now on. */
export function acceptedLines(result: HeadResult): string[] {
  return [
    `recovered up to line ${String(result.head.line)}; taken from now on:`,
    ...takenRows(result),
    ...headLines(result),
  ];
}

function headLines({ now }: RecoveryResult | HeadResult): string[] {
  return ['', `write down: ledger line ${String(now.line)}`, ...digestLines('ledger head', now.hash)];
}

function takenRows({ taken }: HeadPlan): string[] {
  return rows(
    ['REPOSITORY', 'ROLE', 'SEEN', 'SIGNED'],
    taken.map(({ repository, role, seen, signed }) => [repository, role, String(seen), String(signed)]),
  );
}

function rows(head: readonly string[], all: readonly (readonly string[])[]): string[] {
  const rest = all.length - ROWS;
  return [...table(head, all.slice(0, ROWS)), ...(rest > 0 ? [`and ${show(String(rest))} more`] : [])];
}
