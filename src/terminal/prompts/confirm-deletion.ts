import { randomInt } from 'node:crypto';
import { refused } from '../../errors.ts';
import type { Deletion } from '../../online/repositories/delete-repository.ts';
import { digestLines } from '../views/digest-block.ts';
import { escapeCut, show } from '../escape.ts';
import { askTyped, pickWords } from './prompt.ts';
import { wrapBehind } from '../views/wrap.ts';

/**
 * Has a deletion confirmed: two words of the SHA-256 of the current root are typed. A script gives all of it. A
 * repository without any root is nothing to lose, and is not asked about.
 *
 * @param approve 64 hex digits, or undefined to ask at the terminal
 * @throws APPROVE-DIGEST, CONFIRM-MISMATCH (exit 3), CONFIRM-TERMINAL (exit 6)
 */
export async function confirmDeletion(deletion: Deletion, approve: string | undefined): Promise<void> {
  const { root } = deletion;
  if (approve !== undefined) {
    if (approve === root) return;
    throw refused('APPROVE-DIGEST', 'the approved digest is not that of the current root', {
      expected: root ?? 'none: no root is known',
      found: approve,
    });
  }
  if (root === null) return;
  const [first, second] = pickWords(root, (bound) => randomInt(bound));
  await askTyped({
    lines: [...factLines(deletion), '', ...digestLines('root', root), ''],
    expected: `${first.word} ${second.word}`,
    ignoreCase: true,
    question: `type words ${String(first.position)} and ${String(second.position)} of the root digest to delete it:`,
  });
}

function factLines({ entry, store, published }: Deletion): string[] {
  const name = show(entry.name, 200);
  if (!store) return [`forget where ${name} lives; what is published stays there`];
  return [
    ...wrapBehind('!! ', `delete ${name} for everybody: ${escapeCut(store.describe(), 200)}`),
    ...(typeof published === 'number'
      ? [`${String(published)} targets are published`]
      : published === null
        ? ['nothing is published']
        : wrapBehind('!! ', `nobody can read it: ${escapeCut(published, 300)}`)),
    'nothing brings it back: clients that know it refuse a new one under its name',
  ];
}
