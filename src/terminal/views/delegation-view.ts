import type { DelegationList, ListedDelegation } from '../../online/reading/delegation-list.ts';
import { escapeCut, show } from '../escape.ts';
import { prefixesText } from './prefixes-text.ts';

const HEAD = ['ROLE', 'PATHS', 'KEY IDS', 'THRESHOLD'];
/** What dialects have besides, in which names of roles are free. */
const FREE_HEAD = ['PARENT', 'ORDER', 'TERMINATING'];
/** Columns between two cells, as the stock client sets them. */
const GAP = 4;

type DelegationTable = Pick<DelegationList, 'delegations' | 'delegatesByHash' | 'pathsAre'>;

/**
 * Delegations as `notary delegation list` prints them: one row a role, and as many lines as it has paths or keys.
 * Key IDs stay whole, so that they can be copied. Where names of roles do not say who delegates to whom, three more
 * columns say it, and in which order clients ask.
 */
export function delegationTable(list: DelegationTable): string[] {
  const { delegations, delegatesByHash: free } = list;
  if (delegations.length === 0) return ['No delegations present in this repository.'];
  const head = free ? [...HEAD, ...FREE_HEAD] : HEAD;
  const cells = [
    head,
    head.map((name) => '-'.repeat(name.length)),
    ...delegations.flatMap((one) => rowsOf(one, list)),
  ];
  const widths = head.map((_, at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)) + GAP);
  return cells.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('')
      .trimEnd(),
  );
}

function rowsOf(
  delegation: ListedDelegation,
  { delegatesByHash: free, pathsAre }: DelegationTable,
): string[][] {
  const { role, parent, order, keys, threshold, terminating } = delegation;
  const names = namesOf(delegation, pathsAre === 'beginnings');
  return Array.from({ length: Math.max(1, names.length, keys.length) }, (_, line) => [
    line === 0 ? escapeCut(role, 255) : '',
    names[line] ?? '',
    keys[line]?.canonicalId ?? '',
    line === 0 ? String(threshold) : '',
    ...(free && line === 0 ? [escapeCut(parent, 255), String(order), terminating ? 'yes' : 'no'] : []),
  ]);
}

function namesOf({ paths, hashPrefixes }: ListedDelegation, beginnings: boolean): string[] {
  const shown = paths.map((path) => (beginnings && path === '' ? '"" <all paths>' : show(path, 60)));
  return hashPrefixes.length > 0 ? [...shown, prefixesText(hashPrefixes)] : shown;
}
