import { randomInt } from 'node:crypto';
import { CountersignError, refused } from '../../errors.ts';
import type { Examination } from '../../offline/examination.ts';
import { stillOpen, type Approval } from '../../offline/approval.ts';
import type { Anomaly } from '../../review/anomaly.ts';
import { digestLines } from '../views/digest-block.ts';
import { askTyped, pickWords, type TypedConsent } from './prompt.ts';
import { reviewLines, RULE } from '../views/review-view.ts';
import { wrapBehind } from '../views/wrap.ts';
import { escapeCut } from '../escape.ts';

/**
 * The officer's yes at a terminal: the closed documents, then everything that must be typed, then two words of
 * the digest and the new version, or the number of repositories (R8).
 *
 * @param given IDs that were accepted on the command line
 * @throws CONFIRM-MISMATCH, CONFIRM-TERMINAL
 */
export async function consentAtTerminal(
  examination: Examination,
  given: readonly string[],
): Promise<Approval> {
  const typed = stillOpen(examination, given);
  let lines: readonly string[] = [...reviewLines(examination), RULE];
  for (const anomaly of typed) {
    const shown = [...lines, ...wrapBehind('!! ', escapeCut(anomaly.text, 300))];
    await askTyped(questionFor(anomaly, shown));
    lines = [];
  }
  const [first, second] = pickWords(examination.digest, (bound) => randomInt(bound));
  const { value, name } = count(examination);
  try {
    await askTyped({
      lines,
      expected: `${first.word} ${second.word} ${value}`,
      ignoreCase: true,
      question: `type words ${String(first.position)} and ${String(second.position)} of the request digest, and the ${name}:`,
    });
  } catch (error) {
    if (error instanceof CountersignError && error.check === 'CONFIRM-MISMATCH')
      throw refused('CONFIRM-MISMATCH', 'what was typed is not what was asked for: nothing was signed', {
        expected: `two words of the digest and the ${name}`,
        hint: 'read the digest again, from the sender as well, and repeat the command',
      });
    throw error;
  }
  return { by: 'typed', accepted: [...given, ...typed.map(({ id }) => id)] };
}

/** What has a digest is compared with what came by another way, so its words are asked for (M10). */
function questionFor({ id, digest }: Anomaly, lines: readonly string[]): TypedConsent {
  if (digest === undefined) {
    const word = id.slice(0, id.indexOf(':'));
    return { lines, expected: word, question: `type ${word} to accept this:` };
  }
  const [first, second] = pickWords(digest, (bound) => randomInt(bound));
  return {
    lines: [...lines, ...digestLines('root file', digest)],
    expected: `${first.word} ${second.word}`,
    ignoreCase: true,
    question: `type words ${String(first.position)} and ${String(second.position)} as they came to you by another way:`,
  };
}

function count({ repositories }: Examination): { value: string; name: string } {
  const [only] = repositories;
  const role = repositories.length === 1 ? only?.differences.at(-1) : undefined;
  if (role) return { value: String(role.toVersion), name: `new version of ${role.role}` };
  return { value: String(repositories.length), name: 'number of repositories' };
}
