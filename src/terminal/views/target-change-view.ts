import { sameJson } from '../../encoding/json.ts';
import type { TargetEntry } from '../../metadata/document.ts';
import { kindOf, type TargetChange } from '../../review/target-change.ts';
import { capped } from './capped.ts';
import { customText } from './custom-text.ts';
import { show } from '../escape.ts';
import { wrapBehind } from './wrap.ts';

/**
 * What becomes of the targets of a role, old to new: what goes first, additions last.
 *
 * @param total number of targets that the role has then
 * @param most lines of one kind that are shown before the rest is only counted
 */
export function targetChangeLines(targets: readonly TargetChange[], total: number, most: number): string[] {
  if (targets.length === 0) return [`    no target changes; ${String(total)} in all`];
  const added = targets.filter(({ before }) => !before);
  const removed = targets.filter(({ after }) => !after);
  const stay = targets.filter(({ before, after }) => before && after);
  const custom = stay.filter((change) => kindOf(change) === 'custom');
  const moved = stay.filter((change) => kindOf(change) !== 'custom');
  const others = custom.length > 0 ? `, ${String(custom.length)} with other custom data` : '';
  return [
    `    ${String(added.length)} added, ${String(moved.length)} moved, ${String(removed.length)} removed${others}; then ${String(total)} in all`,
    ...[removed, moved, custom, added].flatMap((list) => capped(list, most, changeLines)),
  ];
}

function changeLines(change: TargetChange): string[] {
  const { name, before, after } = change;
  const mark = !before ? '+' : !after ? '-' : '~';
  const one = after ?? before;
  const size =
    before && after && before.length !== after.length
      ? `${String(before.length)} -> ${String(after.length)}`
      : String(one?.length ?? 0);
  return [
    ...wrapBehind(`    ${mark} `, `${show(name, 90)} ${size} bytes`),
    ...(before && after
      ? bothLines(before, after, kindOf(change) === 'custom')
      : [...hashLine('', one), ...customLines('', one)]),
  ];
}

/** What stays is shown once, what changes old and new. */
function bothLines(before: TargetEntry, after: TargetEntry, same: boolean): string[] {
  const custom = sameJson(before.custom, after.custom);
  return [
    ...(same ? hashLine('', after) : [...hashLine('old', before), ...hashLine('new', after)]),
    ...(custom ? customLines('', after) : [...customLines('old', before), ...customLines('new', after)]),
  ];
}

function hashLine(label: string, entry: TargetEntry | null): string[] {
  const sha256 = entry?.hashes['sha256'];
  return sha256 ? [`      ${label.padEnd(3)} ${sha256}`] : [];
}

function customLines(label: string, entry: TargetEntry | null): string[] {
  const custom = entry?.custom;
  if (custom === undefined && label === '') return [];
  const text = custom === undefined ? 'none' : customText(custom);
  return wrapBehind(`      ${label.padEnd(3)} custom `, text);
}
