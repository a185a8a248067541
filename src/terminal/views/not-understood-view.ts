import type { NotUnderstood } from '../../review/not-understood.ts';
import { escapeCut } from '../escape.ts';
import { wrapBehind } from './wrap.ts';

/** Members that are named; the rest is counted. */
const NAMED = 12;

/** Members of a document of which the program has no idea; JSON pointers from outside. */
export function notUnderstoodLines(members: readonly string[]): string[] {
  if (members.length === 0) return [];
  const more = members.length - NAMED;
  return [
    '    not understood, and kept as it is (what is below /signed is signed):',
    ...members.slice(0, NAMED).flatMap((member) => wrapBehind('      ', escapeCut(member, 120))),
    ...(more > 0 ? [`      ... and ${String(more)} more`] : []),
  ];
}

/** The same of files that are not signed anew. */
export function unsignedNotUnderstoodLines(files: readonly NotUnderstood[], most: number): string[] {
  const more = files.length - most;
  return [
    ...files.slice(0, most).flatMap(({ role, version, members }) => {
      const named = members.slice(0, NAMED).map((member) => escapeCut(member, 120));
      const rest = members.length > NAMED ? ` and ${String(members.length - NAMED)} more` : '';
      return wrapBehind(
        '  ',
        `not understood in ${escapeCut(role, 60)} ${String(version)}, which stays: ${named.join(' ')}${rest}`,
      );
    }),
    ...(more > 0 ? [`  not understood: parts of ${String(more)} more files that stay`] : []),
  ];
}
