import type { RepositoryRequest } from '../bundle/manifest.ts';
import { refused } from '../errors.ts';
import type { Marks } from '../exchange/marks.ts';

/** Versions that a station lost the contents of, and that count as seen and as signed, by role. */
export type Floors = ReadonlyMap<string, { readonly seen: number; readonly signed: number }>;

/**
 * R7 after a recovery (M9): of versions whose bytes the station does not know any more, the base is not older than
 * the last one seen, and a new version is above every one that was taken. Where the bytes are known, the marks decide.
 *
 * @throws CHAIN-SEEN, VERSION-TAKEN
 */
export function checkFloors(record: RepositoryRequest, floors: Floors, marks: Marks): void {
  for (const { role, version } of record.base) {
    const floor = floors.get(role)?.seen ?? 0;
    if (version >= floor) continue;
    throw refused('CHAIN-SEEN', 'the base is older than what this station had seen before it was recovered', {
      expected: `version ${String(floor)} or later`,
      found: version === 0 ? 'no such file' : `version ${String(version)}`,
      where: `${record.name} ${role}`,
      hint: 'the server, or the online half, went back: find out which before anything is signed',
    });
  }
  for (const { role, version } of record.result) {
    const floor = floors.get(role)?.signed ?? 0;
    if (version > floor || marks.signed.get(role)?.has(version)) continue;
    throw refused('VERSION-TAKEN', 'the version was taken before this station was recovered', {
      expected: `a version above ${String(floor)}`,
      found: `version ${String(version)}`,
      where: `${record.name} ${role}`,
      hint: 'refuse this request, so that the online half learns the versions, and have it export anew',
    });
  }
}
