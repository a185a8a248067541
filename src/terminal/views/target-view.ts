import type { FoundTarget } from '../../online/reading/found-targets.ts';
import { customText } from './custom-text.ts';
import { escapeCut, show } from '../escape.ts';
import { wrapBehind } from './wrap.ts';

/** Published targets: name, size and role, the whole digest on a line of its own. */
export function targetLines(targets: readonly FoundTarget[]): string[] {
  if (targets.length === 0) return ['nothing is signed here'];
  return targets.flatMap(({ name, role, entry }) => [
    ...wrapBehind('', `${show(name, 200)} ${String(entry.length)} bytes (${escapeCut(role, 60)})`),
    ...Object.entries(entry.hashes)
      .filter(([algorithm]) => algorithm === 'sha256')
      .map(([algorithm, hex]) => `  ${algorithm} ${hex}`),
    ...(entry.custom === undefined ? [] : wrapBehind('  custom ', customText(entry.custom))),
  ]);
}
