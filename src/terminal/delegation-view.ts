import type { ListedDelegation } from '../online/delegation-list.ts';
import { escapeCut, show } from './escape.ts';

const HEAD = ['ROLE', 'PATHS', 'KEY IDS', 'THRESHOLD'];
/** Columns between two cells, as the stock client sets them. */
const GAP = 4;

/**
 * Delegations as `notary delegation list` prints them: one row a role, and as many lines as it has paths or keys.
 * Key IDs stay whole, so that they can be copied.
 */
export function delegationTable(delegations: readonly ListedDelegation[]): string[] {
  if (delegations.length === 0) return ['No delegations present in this repository.'];
  const rows = delegations.flatMap(({ role, paths, keys, threshold }) =>
    Array.from({ length: Math.max(1, paths.length, keys.length) }, (_, line) => [
      line === 0 ? escapeCut(role, 255) : '',
      pathText(paths[line]),
      keys[line]?.canonicalId ?? '',
      line === 0 ? String(threshold) : '',
    ]),
  );
  const cells = [HEAD, HEAD.map((name) => '-'.repeat(name.length)), ...rows];
  const widths = HEAD.map((_, at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)) + GAP);
  return cells.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('')
      .trimEnd(),
  );
}

function pathText(path: string | undefined): string {
  if (path === undefined) return '';
  return path === '' ? '"" <all paths>' : show(path, 60);
}
