import { isDelegated } from '../metadata/roles.ts';
import type { RepositoryReading } from '../exchange/read-request.ts';
import type { Anomaly } from './anomaly.ts';
import { delegationAnomalies } from './delegation-anomalies.ts';
import type { RoleDifference } from './difference.ts';
import type { DelegationDifference, KeyDifference, QuorumDifference } from './key-difference.ts';

/** What a station knows of keys: who holds them, and which it saw leave a role before. */
export interface KnownKeys {
  /** Key ID, canonical or as filled in, to the name of the station, of this one or of a pinned card. */
  readonly holders: ReadonlyMap<string, string>;
  /** IDs of keys that an offline station holds, on its pinned card or as it filled in. */
  readonly vouched: ReadonlySet<string>;
  /** Name of the station that fills in what is still open. */
  readonly filler: string;
  /** Whether this station holds the key with that canonical ID. */
  readonly own: (canonicalId: string) => boolean;
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
    ...quorums.flatMap((quorum) => [
      ...strangers(reading, quorum, known),
      ...leaving(reading, quorum, known),
    ]),
    ...[...quorums, ...delegations].flatMap((quorum) => [
      ...lowered(name, quorum),
      ...returning(name, quorum, known),
      ...together(name, quorum, known),
    ]),
    ...delegationAnomalies(reading, delegations),
    ...delegations.flatMap((delegation) => unreadable(reading, differences, delegation)),
  ];
}

const CANONICAL = /^[0-9a-f]{64}$/;

/**
 * A key that joins a top-level role and that no offline station holds; server keys are as the online half says (S25).
 * A key whose certificate is still to be made is known by its canonical ID already.
 */
function strangers(
  reading: RepositoryReading,
  { role, keys, thresholdBefore }: QuorumDifference,
  { vouched }: KnownKeys,
): Anomaly[] {
  const { name } = reading.record;
  const online = reading.dialect.onlineRoles.includes(role);
  if (online && thresholdBefore === 0) return [];
  return keys
    .filter(
      ({ state, canonicalId }) =>
        state === 'joins' && CANONICAL.test(canonicalId) && (online || !vouched.has(canonicalId)),
    )
    .map(({ canonicalId }) => ({
      id: `${online ? 'SERVER-KEY' : 'STRANGE-KEY'}:${name}:${role}:${canonicalId}`,
      typed: true,
      text: online
        ? `the ${role} key becomes ${canonicalId}, as the online half says: not verified`
        : `nobody's key joins ${role}: ${canonicalId} is on no card of an offline station that is pinned here`,
    }));
}

/** The last key of this station leaves a role, and none of its own takes the place: from then on it has no say. */
function leaving(
  { record }: RepositoryReading,
  { role, keys }: QuorumDifference,
  { own }: KnownKeys,
): Anomaly[] {
  const stays = ({ state, canonicalId }: KeyDifference): boolean =>
    state !== 'leaves' && (own(canonicalId) || !CANONICAL.test(canonicalId));
  if (keys.some(stays)) return [];
  return keys
    .filter(({ state, canonicalId }) => state === 'leaves' && own(canonicalId))
    .map(({ canonicalId }) => ({
      id: `OWN-KEY:${record.name}:${role}:${canonicalId}`,
      typed: true,
      text: `${role} would lose this station's key ${canonicalId}, and have none of this station`,
    }));
}

/** A quorum that one station can meet alone is none. What is still open, one station fills in. */
function together(
  name: string,
  { role, keys, thresholdAfter }: QuorumDifference,
  known: KnownKeys,
): Anomaly[] {
  if (thresholdAfter < 2) return [];
  const counts = new Map<string, number>();
  for (const { state, canonicalId } of keys) {
    const holder = CANONICAL.test(canonicalId) ? known.holders.get(canonicalId) : known.filler;
    if (state !== 'leaves' && holder !== undefined) counts.set(holder, (counts.get(holder) ?? 0) + 1);
  }
  return [...counts]
    .filter(([, count]) => count >= thresholdAfter)
    .map(([holder]) => ({
      id: `ONE-STATION:${name}:${role}`,
      typed: true,
      text: `${holder} could give all ${String(thresholdAfter)} signatures of ${role} alone`,
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

/** In another role than it left as well: a signer's next name is not a new signer. */
function returning(name: string, { role, keys }: QuorumDifference, { dropped }: KnownKeys): Anomaly[] {
  const isDropped = (canonicalId: string): boolean =>
    [...dropped].some((entry) => entry.endsWith(` ${canonicalId}`));
  return keys
    .filter(({ state, canonicalId }) => state === 'joins' && isDropped(canonicalId))
    .map(({ canonicalId }) => ({
      id: `RETURNING-KEY:${name}:${role}:${canonicalId}`,
      typed: true,
      text: `key ${canonicalId} comes back into ${role}: a request approved here took it away`,
    }));
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
