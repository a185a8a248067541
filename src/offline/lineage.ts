import type { RequestManifest } from '../bundle/manifest.ts';
import { refused } from '../errors.ts';
import type { Anomaly } from '../review/anomaly.ts';
import type { StationMarks } from '../station/ledger/marks.ts';

/** Whether the request begins a repository anew that this station knows otherwise, and has not done so yet (M3). */
export function begins(
  { operation }: RequestManifest['repositories'][number],
  { pinned, signed, retiredBy }: StationMarks,
  digest: string,
): boolean {
  return operation === 'restart' && !retiredBy.has(digest) && (pinned !== null || signed.size > 0);
}

/** Typed: what the station knows of the repository is given up for good (M3). */
export function restartAnomaly(name: string, { pinned }: StationMarks): Anomaly {
  const version = String(pinned?.version ?? 1);
  return {
    id: `RESTART:${name}:${version}`,
    typed: true,
    text: `${name} would begin anew: root ${version}, which this station knows, and its keys are retired for good`,
  };
}

/** A second first root for one name would be another content for version 1 (M2, M3). @throws CHAIN-LINEAGE */
export function checkLineage(
  first: boolean,
  marks: StationMarks,
  record: RequestManifest['repositories'][number],
  digest: string,
): void {
  const others = (marks.signed.get('root')?.get(1) ?? []).filter(({ request }) => request !== digest);
  const [other] = others.filter(({ request }) => !record.supersedes.includes(request));
  if (!first || !other) return;
  throw refused('CHAIN-LINEAGE', 'this station has signed a first root for this repository', {
    found: 'another first root',
    where: record.name,
    hint: `publish the answer to request ${other.request}; resend writes it again`,
  });
}
