import { sha256Hex } from '../encoding/hash.ts';
import type { Marks } from '../exchange/marks.ts';
import type { RepositoryReading } from '../exchange/read-request.ts';
import type { SignedDocument } from '../metadata/document.ts';
import { documentOf } from '../exchange/request.ts';
import type { Anomaly } from './anomaly.ts';
import { contentDifference, type ContentDifference } from './difference.ts';

/** A role that others changed since this station last saw it. */
export interface MissedRole {
  readonly role: string;
  /** Version that was seen here, and the one that the request builds on. */
  readonly from: number;
  readonly to: number;
}

/**
 * The roles whose base is newer than what this station saw, and is not what it signed itself on top of that (M11).
 * Snapshot and timestamp change with every publication and say nothing of their own.
 */
export function missedRoles(
  base: RepositoryReading['record']['base'],
  { seen, signed }: Marks,
): MissedRole[] {
  return base.flatMap(({ role, version, sha256 }) => {
    const last = seen.get(role);
    if (role === 'root' || role === 'snapshot' || role === 'timestamp') return [];
    if (!last || version <= last.version) return [];
    const own = signed.get(role)?.get(version) ?? [];
    if (version === last.version + 1 && own.some((mark) => mark.sha256 === sha256)) return [];
    return [{ role, from: last.version, to: version }];
  });
}

/** Whether others signed roots since the one that is pinned here. */
export function missedRoot({ base }: RepositoryReading, { pinned, signed }: Marks): boolean {
  if (!pinned || !base || base.root.version <= pinned.version) return false;
  const own = signed.get('root')?.get(base.root.version) ?? [];
  return !own.some(({ sha256 }) => sha256 === sha256Hex(base.root.payload));
}

/**
 * What changed between what this station last saw and what the request builds on: the third column of a review (M11),
 * by the same comparison as what would change. Root is compared with the pinned one.
 *
 * @param kept the documents as they were seen here, by role, as far as they are kept
 */
export function sinceLastSeen(
  reading: RepositoryReading,
  marks: Marks,
  kept: ReadonlyMap<string, SignedDocument>,
): ContentDifference[] {
  const { base, dialect, record, pinned } = reading;
  if (!base) return [];
  const root = missedRoot(reading, marks) && pinned ? [contentDifference(dialect, pinned, base.root)] : [];
  return [
    ...root,
    ...missedRoles(record.base, marks).flatMap(({ role }) => {
      const [before, after] = [kept.get(role), documentOf(base, role)];
      return before && after ? [contentDifference(dialect, before, after)] : [];
    }),
  ];
}

/** Versions of other roles that this station did not sign and has not seen; where the old one is gone, that is typed. */
export function sinceAnomalies(
  { record }: RepositoryReading,
  marks: Marks,
  since: readonly ContentDifference[],
): Anomaly[] {
  return missedRoles(record.base, marks).map(({ role, from, to }) => {
    const shown = since.some((difference) => difference.role === role);
    const versions = `${role} was version ${String(from)} when this station last saw it, and is ${String(to)} now`;
    return {
      id: `${shown ? 'SINCE' : 'SINCE-UNKNOWN'}:${record.name}:${role}:${String(to)}`,
      typed: !shown,
      text: shown
        ? `${versions}: what changed is shown with the role`
        : `${versions}; what it held then is not kept here any more, so what changed cannot be shown`,
    };
  });
}
