import type { StagedResult } from '../../online/staging/staging.ts';
import { changeLine } from './change-view.ts';
import { escapeCut } from '../escape.ts';
import { wrapBehind } from './wrap.ts';

/** Changes of one repository that are listed; the rest is counted. */
const LISTED = 20;

/** What a command has staged, repository by repository. */
export function stagedLines(results: readonly StagedResult[]): string[] {
  return results.flatMap(({ repository, changes, notes, staged }) => [
    `${escapeCut(repository, 200)}: ${String(staged)} staged`,
    ...changes.slice(0, LISTED).map((change) => `  + ${changeLine(change)}`),
    ...(changes.length > LISTED ? [`  + ${String(changes.length - LISTED)} more`] : []),
    ...notes.flatMap((note) => wrapBehind('  ! ', escapeCut(note, 2_000))),
  ]);
}
