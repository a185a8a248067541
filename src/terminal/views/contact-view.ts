import type { FirstContact } from '../../review/first-contact.ts';
import { formatTime } from '../../encoding/time.ts';
import { digestLines } from './digest-block.ts';
import { wrapBehind } from './wrap.ts';

/** Roots that are listed, the newest. */
const SHOWN = 12;

/** The history of a repository that is not known here, and the words of its newest root's digest (M10). */
export function contactLines({ roots }: FirstContact): string[] {
  const oldest = roots[0];
  const newest = roots.at(-1);
  if (!oldest || !newest) return [];
  const history =
    oldest === newest
      ? `root ${String(newest.version)} alone is here, verified by its own keys`
      : `roots ${String(oldest.version)} to ${String(newest.version)}: each verified by the one before it and by its own keys`;
  const below =
    oldest.version === 1
      ? []
      : wrapBehind('  ', `nothing is known of the roots before ${String(oldest.version)}`);
  return [
    ...wrapBehind('  ', history),
    ...below,
    ...roots
      .slice(-SHOWN)
      .map(
        ({ version, file, expires }) =>
          `    root ${String(version)}, until ${formatTime(Math.floor(expires / 1000)).slice(0, 10)}\n      ${file}`,
      )
      .flatMap((lines) => lines.split('\n')),
    ...digestLines('root file', newest.file).map((line) => `  ${line}`),
  ];
}
