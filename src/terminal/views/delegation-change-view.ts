import { groupDelegations, type DelegationGroup } from '../../review/delegation-groups.ts';
import type { DelegationDifference } from '../../review/key-difference.ts';
import { escapeCut, show } from '../escape.ts';
import { keyLines, thresholds } from './keys-view.ts';
import { prefixesText } from './prefixes-text.ts';
import { wrapBehind } from './wrap.ts';

/** What becomes of delegated roles; hash bins that change alike are one entry. */
export function delegationLines(delegations: readonly DelegationDifference[], open: string): string[] {
  return groupDelegations(delegations).flatMap((group) => groupLines(group, open));
}

function groupLines(group: DelegationGroup, open: string): string[] {
  const [delegation] = group.members;
  if (!delegation) return [];
  const { thresholdBefore, thresholdAfter, keys } = delegation;
  const name = escapeCut(group.label, 200);
  const shown = keys.flatMap((key) => keyLines(key, open));
  if (thresholdAfter === 0) return [...wrapBehind('    - ', `delegation to ${name} goes`), ...shown];
  const fresh = thresholdBefore === 0;
  return [
    ...wrapBehind(
      fresh ? '    + ' : '    ~ ',
      `delegation to ${name}: ${thresholds(delegation)}; for ${namesText(
        delegation,
        delegation.paths,
        all(group, ({ hashPrefixes }) => hashPrefixes),
      )}${endingText(delegation)}`,
    ),
    ...(fresh ? [] : alsoLines(group)),
    ...shown,
  ];
}

function alsoLines(group: DelegationGroup): string[] {
  const [delegation] = group.members;
  if (!delegation) return [];
  const { pathsAdded, pathsRemoved } = delegation;
  const added = all(group, ({ hashPrefixesAdded }) => hashPrefixesAdded);
  const removed = all(group, ({ hashPrefixesRemoved }) => hashPrefixesRemoved);
  return [
    ...(pathsAdded.length + added.length === 0
      ? []
      : wrapBehind('      ', `now also ${namesText(delegation, pathsAdded, added)}`)),
    ...(pathsRemoved.length + removed.length === 0
      ? []
      : wrapBehind('      ', `no more ${namesText(delegation, pathsRemoved, removed)}`)),
  ];
}

function all(
  { members }: DelegationGroup,
  of: (member: DelegationDifference) => readonly string[],
): readonly string[] {
  return members.flatMap(of);
}

function endingText({ terminatingBefore, terminatingAfter }: DelegationDifference): string {
  if (terminatingBefore !== null && terminatingBefore !== terminatingAfter)
    return terminatingAfter ? '; the search now ends with it' : '; the search no longer ends with it';
  return terminatingAfter ? '; the search ends with it' : '';
}

function namesText(
  { pathsAre }: DelegationDifference,
  paths: readonly string[],
  prefixes: readonly string[],
): string {
  const texts = paths.map(pathsAre === 'beginnings' ? beginningText : patternText);
  if (prefixes.length > 0) texts.push(prefixesText(prefixes));
  return texts.length === 0 ? 'no names' : texts.join(', ');
}

function beginningText(path: string): string {
  return path === '' ? 'all names' : `names that begin with ${show(path, 60)}`;
}

/** A pattern in which nothing stands for anything else is one name. */
function patternText(path: string): string {
  return /[*?[]/.test(path) ? `names like ${show(path, 60)}` : `the name ${show(path, 60)}`;
}
