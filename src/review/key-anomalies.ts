import { isDelegated } from '../change/delegations.ts';
import type { RepositoryReading } from '../exchange/read-request.ts';
import type { Anomaly } from './anomaly.ts';
import type { RoleDifference } from './difference.ts';
import type { DelegationDifference, QuorumDifference } from './key-difference.ts';

/** What a station knows of keys: who holds them, and which it saw leave a role before. */
export interface KnownKeys {
  /** Key ID, canonical or as filled in, to the name of the station, of this one or of a pinned card. */
  readonly holders: ReadonlyMap<string, string>;
  /** `role canonicalId` of keys that requests approved here took away. */
  readonly dropped: ReadonlySet<string>;
}

/** Anomalies of keys, thresholds and delegations of one repository. */
export function keyAnomalies(
  reading: RepositoryReading,
  differences: readonly RoleDifference[],
  known: KnownKeys,
): Anomaly[] {
  const name = reading.record.name;
  const quorums = differences.flatMap(({ quorums: own }) => own);
  const delegations = differences.flatMap(({ delegations: own }) => own);
  return [
    ...quorums.flatMap((quorum) => strangers(reading, quorum, known)),
    ...[...quorums, ...delegations].flatMap((quorum) => [
      ...lowered(name, quorum),
      ...returning(name, quorum, known),
    ]),
    ...delegations.flatMap((delegation) => [
      ...widened(name, delegation),
      ...overlaps(reading, delegation),
      ...unreadable(reading, differences, delegation),
    ]),
  ];
}

/** A key that joins a top-level role and is on no pinned card; server keys are as the online half says (S25). */
function strangers(
  reading: RepositoryReading,
  { role, keys, thresholdBefore }: QuorumDifference,
  { holders }: KnownKeys,
): Anomaly[] {
  const { name } = reading.record;
  const online = reading.dialect.onlineRoles.includes(role);
  if (online && thresholdBefore === 0) return [];
  return keys
    .filter(
      ({ state, keyid, canonicalId, algorithm }) =>
        state === 'joins' && algorithm !== 'open' && !holders.has(canonicalId),
    )
    .map(({ keyid }) => ({
      id: `${online ? 'SERVER-KEY' : 'STRANGE-KEY'}:${name}:${role}:${keyid}`,
      typed: true,
      text: online
        ? `the ${role} key becomes ${keyid}, as the online half says: not verified`
        : `nobody's key joins ${role}: ${keyid} is on no card that is pinned here`,
    }));
}

function lowered(name: string, { role, thresholdBefore, thresholdAfter }: QuorumDifference): Anomaly[] {
  if (thresholdAfter === 0 || thresholdAfter >= thresholdBefore) return [];
  return [
    {
      id: `THRESHOLD:${name}:${role}:${String(thresholdAfter)}`,
      typed: true,
      text: `${role} would need only ${String(thresholdAfter)} signatures, not ${String(thresholdBefore)}`,
    },
  ];
}

function returning(name: string, { role, keys }: QuorumDifference, { dropped }: KnownKeys): Anomaly[] {
  return keys
    .filter(({ state, canonicalId }) => state === 'joins' && dropped.has(`${role} ${canonicalId}`))
    .map(({ canonicalId }) => ({
      id: `RETURNING-KEY:${name}:${role}:${canonicalId}`,
      typed: true,
      text: `key ${canonicalId} comes back into ${role}: a request approved here took it away`,
    }));
}

/** A role that may hold more names than before. */
function widened(name: string, { role, thresholdBefore, pathsAdded }: DelegationDifference): Anomaly[] {
  if (thresholdBefore === 0 || pathsAdded.length === 0) return [];
  const names = pathsAdded.map((path) => (path === '' ? 'all names' : path)).join(', ');
  return [
    {
      id: `PATHS:${name}:${role}:${pathsAdded.join(',')}`,
      typed: true,
      text: `${role} may hold more names than before: ${names}`,
    },
  ];
}

/** Names that two roles may hold are taken from the one that is asked first. */
function overlaps(reading: RepositoryReading, delegation: DelegationDifference): Anomaly[] {
  const parent = delegation.role.slice(0, delegation.role.lastIndexOf('/'));
  const current = reading.base?.targets.get(parent);
  if (!current || delegation.pathsAdded.length === 0) return [];
  return reading.dialect
    .delegations(current)
    .filter((other) => other.role !== delegation.role)
    .filter(({ paths }) => paths.some((path) => delegation.pathsAdded.some((added) => meet(path, added))))
    .map((other) => ({
      id: `OVERLAP:${reading.record.name}:${delegation.role}:${other.role}`,
      typed: false,
      text: `${delegation.role} may hold names of ${other.role} too; the one declared first is asked first`,
    }));
}

function meet(a: string, b: string): boolean {
  return a.startsWith(b) || b.startsWith(a);
}

/**
 * Clients drop a role's targets as soon as its declared keys no longer verify its file (stock readers warn and skip
 * it): where the file is not signed anew in the same request, or the role goes.
 */
function unreadable(
  reading: RepositoryReading,
  differences: readonly RoleDifference[],
  { role, thresholdAfter, keys }: DelegationDifference,
): Anomaly[] {
  const file = reading.base?.targets.get(role);
  if (!isDelegated(role) || !file || differences.some((difference) => difference.role === role)) return [];
  const gone = thresholdAfter === 0;
  const left = file.signatures.filter(({ keyid }) =>
    keys.some((key) => key.keyid === keyid && key.state === 'stays'),
  );
  if (!gone && left.length >= thresholdAfter) return [];
  const count = reading.dialect.targets(file).size;
  return [
    {
      id: `UNREADABLE:${reading.record.name}:${role}:${String(count)}`,
      typed: true,
      text: `clients will no longer see the ${String(count)} targets of ${role}: ${gone ? 'the role goes' : 'its file is signed by keys that leave, and is not signed anew'}`,
    },
  ];
}
