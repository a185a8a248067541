import type { TrackedRole, TrackedSigner } from '../exchange/tracker.ts';
import { escapeCut } from './escape.ts';

const QUORUMS: Readonly<Record<TrackedSigner['quorum'], string>> = {
  old: 'old',
  new: 'new',
  both: 'old and new',
};

/** Which keys signed each role and which are missing, one line a key. */
export function trackerLines(roles: readonly TrackedRole[]): string[] {
  return roles.flatMap(({ role, version, needs, missing, signers }) => [
    `${escapeCut(role, 60)} ${String(version)}: ${missing === 0 ? 'complete' : `${String(missing)} more of ${needsText(needs)}`}`,
    ...signers.map(
      ({ keyid, canonicalId, quorum, signed, holder }) =>
        `  ${signed ? 'signed ' : 'missing'}  ${(canonicalId ?? keyid).slice(0, 16).padEnd(16)}  ${QUORUMS[quorum].padEnd(11)}  ${escapeCut(holder, 24)}`,
    ),
  ]);
}

function needsText({ old, new: fresh }: TrackedRole['needs']): string {
  if (old === 0) return `${String(fresh)} needed`;
  return `${String(old)} by the old and ${String(fresh)} by the new quorum`;
}
