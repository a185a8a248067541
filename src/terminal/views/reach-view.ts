import type { Reach, ReachStep } from '../../review/reach.ts';
import { escapeCut, show } from '../escape.ts';
import { UNVERIFIABLE } from './keys-view.ts';
import { wrapBehind } from './wrap.ts';

/** Roles of one search that are named. */
const ROLES = 8;
/** Digits of a key ID. */
const DIGITS = 16;

/** Who can sign names, before and after: one entry for all names of which the same is true. */
export function reachLines(reach: readonly Reach[], most: number): string[] {
  if (reach.length === 0) return [];
  const changed = reach.filter((one) => !isSame(one));
  const same = reach.filter(isSame);
  const hidden = reach.length - most;
  return [
    '  who can sign what changes, in the order in which clients ask:',
    ...[...changed, ...same].slice(0, most).flatMap(oneReach),
    ...(hidden > 0 ? [`    ... and ${String(hidden)} more like these (review --only NAME lists each)`] : []),
  ];
}

/** The same of names that somebody asked about. */
export function askedReachLines(
  repositories: readonly { readonly name: string; readonly reach: readonly Reach[] }[],
): string[] {
  return repositories.flatMap(({ name, reach }) => [
    `${escapeCut(name, 200)}: who can sign, in the order in which clients ask`,
    ...reach.flatMap(oneReach),
    '',
  ]);
}

function isSame({ before, after }: Reach): boolean {
  return JSON.stringify(before) === JSON.stringify(after);
}

function oneReach(one: Reach): string[] {
  const { count, names, before, after, hidden } = one;
  const [first = ''] = names;
  const what = count === 1 ? show(first, 90) : `${String(count)} names, such as ${show(first, 60)}`;
  return [
    ...wrapBehind('    ', `${what}:`),
    ...(isSame(one)
      ? wrapBehind('      ', `as before: ${stepsText(after)}`)
      : [
          ...wrapBehind('      ', `before: ${stepsText(before)}`),
          ...wrapBehind('      ', `after:  ${stepsText(after)}`),
        ]),
    ...hidden.flatMap(({ role, by }) =>
      wrapBehind('      ', `hidden: ${escapeCut(role, 60)}, since ${escapeCut(by, 60)} ends the search`),
    ),
  ];
}

function stepsText(steps: readonly ReachStep[]): string {
  if (steps.length === 0) return 'nobody';
  const shown = steps.slice(0, ROLES).map(stepText);
  if (steps.length > ROLES) shown.push(`${String(steps.length - ROLES)} more roles`);
  return shown.join('; then ');
}

function stepText({ role, threshold, keys, terminating }: ReachStep): string {
  const ids = keys.map(({ canonicalId, holder, verifiable }) => {
    const id = /^[0-9a-f]{64}$/.test(canonicalId) ? canonicalId.slice(0, DIGITS) : 'a key made at signing';
    if (verifiable === false) return `${id}, ${UNVERIFIABLE}`;
    return holder === undefined ? id : `${id} at ${escapeCut(holder, 40)}`;
  });
  const end = terminating ? ', where the search ends' : '';
  return `${escapeCut(role, 60)} (${String(threshold)} of: ${ids.join(', ') || 'no key'})${end}`;
}
