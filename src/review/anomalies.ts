import { resultDocument } from '../change/computed-role.ts';
import type { RepositoryReading } from '../exchange/read-request.ts';
import { sha256Hex } from '../encoding/hash.ts';
import type { SignedDocument } from '../metadata/document.ts';
import type { Marks } from '../exchange/marks.ts';
import type { Anomaly } from './anomaly.ts';
import type { ContentDifference, RoleDifference } from './difference.ts';
import { finalAnomalies } from './final.ts';
import { historyAnomalies } from './history.ts';
import { keyAnomalies, type KnownKeys } from './key-anomalies.ts';
import { returningTargets } from './returning-targets.ts';
import { shadows } from './shadows.ts';
import { targetAnomalies } from './target-anomalies.ts';
import { vanishedRoles } from './vanished-roles.ts';

/** Anomalies of one repository: first contact and history first, then its targets. */
export function anomaliesOf(
  reading: RepositoryReading,
  differences: readonly RoleDifference[],
  marks: Marks,
  sender: string,
  now: number,
  known: KnownKeys,
  since: readonly ContentDifference[],
): Anomaly[] {
  return [
    ...contact(reading, marks),
    ...finalAnomalies(reading, differences),
    ...otherSender(reading, marks, sender),
    ...superseded(reading, marks),
    ...overtaken(reading, marks),
    ...historyAnomalies(reading, marks, since, now),
    ...freshness(reading, now),
    ...gaps(reading, differences),
    ...expiries(reading, differences),
    ...strays(reading),
    ...vanishedRoles(reading, marks),
    ...wildcards(reading, marks),
    ...keyAnomalies(reading, differences, known),
    ...returningTargets(reading, differences, marks),
    ...shadows(reading, differences),
    ...differences.flatMap((difference) => targetAnomalies(reading.record.name, difference)),
  ];
}

function contact({ record, base }: RepositoryReading, marks: Marks): Anomaly[] {
  if (!base) {
    const server = record.serverKeys.map(({ role }) => role).join(' and ');
    return [
      {
        id: `FIRST-ROOT:${record.name}`,
        typed: true,
        text: `a first root for ${record.name}: nothing of it was ever seen here`,
      },
      ...(server
        ? [
            {
              id: `SERVER-KEYS:${record.name}`,
              typed: false,
              text: `the keys of ${server} are as the online half says, not verified`,
            },
          ]
        : []),
    ];
  }
  if (marks.pinned) return [];
  // A root that was signed here, and came back with exactly those bytes, is no stranger (M1, checked before).
  const own = marks.signed.get('root')?.get(base.root.version) ?? [];
  if (own.some(({ sha256 }) => sha256 === sha256Hex(base.root.payload))) return [];
  const idOf = (root: SignedDocument): string => `FIRST-CONTACT:${record.name}:${sha256Hex(root.file)}`;
  const [oldest] = base.roots;
  const from =
    oldest && oldest.version > 1 ? `; its history begins at root ${String(oldest.version)} here` : '';
  return [
    {
      id: idOf(base.root),
      typed: true,
      digest: sha256Hex(base.root.file),
      // Whoever vouches for an older root vouches for the newest: each was verified by the one before it.
      instead: base.roots.slice(0, -1).map(idOf),
      text: `first contact with ${record.name}: root version ${String(base.root.version)} is not pinned here${from}`,
    },
  ];
}

/** A repository belongs to the online station of its first contact until an officer lets another one in (M16). */
function otherSender({ record }: RepositoryReading, marks: Marks, sender: string): Anomaly[] {
  if (marks.partner === null || marks.partner === sender) return [];
  return [
    {
      id: `SENDER:${record.name}:${sender}`,
      typed: true,
      text: `requests for ${record.name} came from another online station so far`,
    },
  ];
}

/** Something else was published under a version that this station signed. */
function overtaken({ record }: RepositoryReading, marks: Marks): Anomaly[] {
  return record.base.flatMap(({ role, version, sha256 }) => {
    const signed = marks.signed.get(role)?.get(version);
    if (!signed || signed.some((mark) => mark.sha256 === sha256)) return [];
    return [
      {
        id: `OVERTAKEN:${record.name}:${role}:${String(version)}`,
        typed: true,
        text: `another ${role} ${String(version)} than the one signed here was published`,
      },
    ];
  });
}

/** An earlier content of the same root version was signed here and may still surface (M2). */
function superseded({ record }: RepositoryReading, marks: Marks): Anomaly[] {
  const requests = [...(marks.signed.get('root')?.values() ?? [])].flat().map(({ request }) => request);
  return record.supersedes
    .filter((digest) => requests.includes(digest))
    .map((digest) => ({
      id: `SUPERSEDE:${digest}`,
      typed: true,
      text: `a root of ${record.name} was signed for request ${digest}: it is replaced, and may still surface`,
    }));
}

/** The current timestamp and snapshot prove that the base is the newest only while they are valid (M12). */
function freshness({ record, base }: RepositoryReading, now: number): Anomaly[] {
  if (!base) return [];
  const late = [base.timestamp, base.snapshot].filter(
    (document) => !document || document.expires < now * 1000,
  );
  if (late.length === 0) return [];
  return [
    {
      id: `CHAIN-FRESHNESS:${record.name}`,
      typed: true,
      text: 'timestamp or snapshot has expired or is missing: nothing proves that this base is the newest',
    },
  ];
}

/** A version that is left out needs a reason (M11). */
function gaps({ record }: RepositoryReading, differences: readonly RoleDifference[]): Anomaly[] {
  return differences
    .filter(({ fromVersion, toVersion }) => toVersion > fromVersion + 1)
    .map(({ role, fromVersion, toVersion }) => ({
      id: `GAP:${record.name}:${role}:${String(toVersion)}`,
      typed: true,
      text: `${role} skips from version ${String(fromVersion)} to ${String(toVersion)}: those between were reserved or refused, and are not shown`,
    }));
}

function expiries({ record }: RepositoryReading, differences: readonly RoleDifference[]): Anomaly[] {
  return differences
    .filter(({ fromExpires, toExpires }) => fromExpires !== null && toExpires < fromExpires)
    .map(({ role }) => ({
      id: `SHORTER:${record.name}:${role}`,
      typed: false,
      text: `${role} would expire earlier than it does now`,
    }));
}

function strays({ record, base }: RepositoryReading): Anomaly[] {
  return (base?.strays ?? []).map((stray) => ({
    id: `STRAY:${record.name}:${stray.replace(' ', ':')}`,
    typed: false,
    text: `a signature in the current metadata does not count: ${stray}`,
  }));
}

/**
 * One root key for several repositories hands each of them to the keys of the others (M5): typed at first contact, and
 * where the request brings the certificate.
 */
function wildcards({ record, base, dialect, roles }: RepositoryReading, marks: Marks): Anomaly[] {
  const next = roles.find(({ role, open }) => role === 'root' && !open);
  const current = base ? dialect.sharedRootKeys(base.root) : [];
  const known = new Set(current.map(({ id }) => id));
  const joining = next ? dialect.sharedRootKeys(resultDocument(next)).filter(({ id }) => !known.has(id)) : [];
  return [...current, ...joining].map(({ id, name }) => ({
    id: `CERTIFICATE-WILDCARD:${record.name}:${id}`,
    typed: marks.pinned === null || !known.has(id),
    text: `the certificate of root key ${id} is for ${name}: a root of another such repository that it signed is accepted for ${record.name}`,
  }));
}
