import type { DelegationDifference, KeyDifference, QuorumDifference } from '../review/key-difference.ts';
import { escapeCut, show } from './escape.ts';
import { wrapBehind } from './wrap.ts';

const MARKS: Readonly<Record<KeyDifference['state'], string>> = {
  stays: ' ',
  joins: '+',
  leaves: '-',
  renewed: '~',
};

/**
 * Who may sign the roles of a new root, old to new.
 *
 * @param open what is said of a key or certificate that is still to be made
 */
export function quorumLines(quorums: readonly QuorumDifference[], open: string): string[] {
  return quorums.flatMap((quorum) => [
    `    ${escapeCut(quorum.role, 60)}: ${thresholds(quorum)}`,
    ...quorum.keys.flatMap((key) => keyLines(key, open)),
  ]);
}

/** What becomes of delegated roles. */
export function delegationLines(delegations: readonly DelegationDifference[], open: string): string[] {
  return delegations.flatMap((delegation) => {
    const { role, thresholdBefore, thresholdAfter, keys, paths, pathsAdded, pathsRemoved } = delegation;
    const name = escapeCut(role, 200);
    const shown = keys.flatMap((key) => keyLines(key, open));
    if (thresholdAfter === 0) return [...wrapBehind('    - ', `delegation to ${name} goes`), ...shown];
    const fresh = thresholdBefore === 0;
    return [
      ...wrapBehind(
        fresh ? '    + ' : '    ~ ',
        `delegation to ${name}: ${thresholds(delegation)}; for ${pathsText(paths)}`,
      ),
      ...(fresh || pathsAdded.length === 0 ? [] : wrapBehind('      ', `now also ${pathsText(pathsAdded)}`)),
      ...(pathsRemoved.length === 0 ? [] : wrapBehind('      ', `no more ${pathsText(pathsRemoved)}`)),
      ...shown,
    ];
  });
}

function thresholds({ thresholdBefore, thresholdAfter, keys }: QuorumDifference): string {
  const count = keys.filter(({ state }) => state !== 'leaves').length;
  const now = `${String(thresholdAfter)} of ${String(count)} keys must sign`;
  return thresholdBefore === 0 || thresholdBefore === thresholdAfter
    ? now
    : `${now} (before: ${String(thresholdBefore)})`;
}

function keyLines({ keyid, canonicalId, algorithm, state, holder }: KeyDifference, open: string): string[] {
  const whose = holder === undefined ? '' : `, held by ${escapeCut(holder, 40)}`;
  const lines = [
    `      ${MARKS[state]} ${algorithm}${state === 'renewed' ? ', new certificate' : ''}${whose}`,
  ];
  if (/^[0-9a-f]{64}$/.test(keyid)) lines.push(`        ${keyid}`);
  else lines.push(`        ${open}`);
  if (canonicalId !== keyid && /^[0-9a-f]{64}$/.test(canonicalId)) lines.push(`        key ${canonicalId}`);
  return lines;
}

function pathsText(paths: readonly string[]): string {
  if (paths.length === 0) return 'no names';
  return paths
    .map((path) => (path === '' ? 'all names' : `names that begin with ${show(path, 60)}`))
    .join(', ');
}
