import type { KeyDifference, QuorumDifference } from '../../review/key-difference.ts';
import { escapeCut } from '../escape.ts';

const MARKS: Readonly<Record<KeyDifference['state'], string>> = {
  stays: ' ',
  joins: '+',
  leaves: '-',
  renewed: '~',
};

/** What is said of a key that other tools may verify with, and this program cannot. */
export const UNVERIFIABLE = 'of a kind that nothing here verifies, never counted';

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

/** How many signatures a role needs of how many keys. */
export function thresholds({ thresholdBefore, thresholdAfter, keys }: QuorumDifference): string {
  const count = keys.filter(({ state }) => state !== 'leaves').length;
  const now = `${String(thresholdAfter)} of ${String(count)} keys must sign`;
  return thresholdBefore === 0 || thresholdBefore === thresholdAfter
    ? now
    : `${now} (before: ${String(thresholdBefore)})`;
}

/** One key and what becomes of it. */
export function keyLines(
  { keyid, canonicalId, algorithm, state, holder }: KeyDifference,
  open: string,
): string[] {
  const whose = holder === undefined ? '' : `, held by ${escapeCut(holder, 40)}`;
  const kind = algorithm === 'unknown' ? `a key ${UNVERIFIABLE}` : algorithm;
  const lines = [`      ${MARKS[state]} ${kind}${state === 'renewed' ? ', new certificate' : ''}${whose}`];
  // Other programs name keys as they like.
  lines.push(`        ${algorithm === 'open' ? open : escapeCut(keyid, 64)}`);
  if (canonicalId !== keyid && /^[0-9a-f]{64}$/.test(canonicalId)) lines.push(`        key ${canonicalId}`);
  return lines;
}
