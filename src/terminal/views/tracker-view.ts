import type { TrackedRepository } from '../../offline/progress-of-roles.ts';
import type { TrackedRole, TrackedSigner } from '../../exchange/tracker.ts';
import { escapeCut } from '../escape.ts';
import { UNVERIFIABLE } from './keys-view.ts';

const QUORUMS: Readonly<Record<TrackedSigner['quorum'], string>> = {
  old: 'old',
  new: 'new',
  both: 'old and new',
};

/** Which keys signed each role and which are missing, one line a key. */
export function trackerLines(roles: readonly TrackedRole[]): string[] {
  return roles.flatMap(({ role, version, needs, missing, signers }) => [
    `${escapeCut(role, 60)} ${String(version)}: ${missing === 0 ? 'complete' : `${String(missing)} more of ${needsText(needs)}`}`,
    ...signers.map(signerLine),
  ]);
}

function signerLine({
  keyid,
  canonicalId,
  quorum,
  signed,
  elsewhere,
  verifiable,
  holder,
}: TrackedSigner): string {
  const id = escapeCut((canonicalId ?? keyid).slice(0, 16), 16).padEnd(16);
  const state = signed ? 'signed ' : verifiable ? 'missing' : 'ignored';
  const note = verifiable ? (elsewhere ? ', signed elsewhere' : '') : `: ${UNVERIFIABLE}`;
  return `  ${state}  ${id}  ${QUORUMS[quorum].padEnd(11)}  ${escapeCut(holder, 24)}${note}`;
}

/** Repositories whose tracker is shown. */
const SHOWN = 8;

/** Who must sign, where it is more than one key. */
export function reviewTrackerLines(tracker: readonly TrackedRepository[]): string[] {
  const several = tracker.filter(({ roles }) => roles.some(({ signers }) => signers.length > 1));
  if (several.length === 0) return [];
  return [
    '',
    'Who must sign:',
    ...several
      .slice(0, SHOWN)
      .flatMap(({ name, roles }) => [
        ...(tracker.length > 1 ? [escapeCut(name, 200)] : []),
        ...trackerLines(roles).map((line) => `  ${line}`),
      ]),
    ...(several.length > SHOWN ? [`... and ${String(several.length - SHOWN)} more repositories`] : []),
  ];
}

function needsText({ old, new: fresh }: TrackedRole['needs']): string {
  if (old === 0) return `${String(fresh)} needed`;
  return `${String(old)} by the old and ${String(fresh)} by the new quorum`;
}
