import { randomInt } from 'node:crypto';
import { refused } from '../../errors.ts';
import { digestLines } from '../views/digest-block.ts';
import { askTyped, pickWords } from './prompt.ts';

/**
 * Has people compare a digest: two of its words are typed as the other side, or the paper, reads. A script gives all
 * of it.
 *
 * @param approve 64 hex digits, or undefined to ask at the terminal
 * @throws APPROVE-DIGEST, CONFIRM-MISMATCH (exit 3), CONFIRM-TERMINAL (exit 6)
 */
export async function compareWords(
  kind: string,
  digest: string,
  approve: string | undefined,
  facts: readonly string[],
  readBy = 'as the other side reads them',
): Promise<void> {
  if (approve !== undefined) {
    if (approve === digest) return;
    throw refused('APPROVE-DIGEST', `the approved digest is not that of the ${kind}`, {
      expected: digest,
      found: approve,
    });
  }
  const [first, second] = pickWords(digest, (bound) => randomInt(bound));
  await askTyped({
    lines: [...facts, '', ...digestLines(kind, digest), ''],
    expected: `${first.word} ${second.word}`,
    ignoreCase: true,
    question: `type words ${String(first.position)} and ${String(second.position)} ${readBy}:`,
  });
}
