import { resultDocument } from '../change/computed-role.ts';
import { sha256Hex } from '../encoding/hash.ts';
import type { RepositoryReading } from '../exchange/read-request.ts';
import type { Marks } from '../exchange/marks.ts';
import { requireThreshold } from '../metadata/threshold.ts';
import { CountersignError } from '../errors.ts';
import type { Anomaly } from './anomaly.ts';
import type { ContentDifference } from './difference.ts';
import { missedRoot, sinceAnomalies } from './since.ts';

/** A root certificate that ends within a year is worth a word: once it has ended, nothing but a new start helps. */
const YEAR = 365 * 86_400;

/** What happened to a repository since this station last saw it, and to whom it will be readable (M11). */
export function historyAnomalies(
  reading: RepositoryReading,
  marks: Marks,
  since: readonly ContentDifference[],
  now: number,
): Anomaly[] {
  return [
    ...missedRoots(reading, marks, since),
    ...sinceAnomalies(reading, marks, since),
    ...ending(reading, now),
    ...stranded(reading),
  ];
}

/** Roots that others signed since the pinned one; where keys or thresholds changed, they are accepted by typing. */
function missedRoots(
  reading: RepositoryReading,
  marks: Marks,
  since: readonly ContentDifference[],
): Anomaly[] {
  const { record, base } = reading;
  const { pinned } = marks;
  if (!pinned || !base || !missedRoot(reading, marks)) return [];
  const differences = since.flatMap(({ quorums }) => quorums);
  const span = `${String(pinned.version)} to ${String(base.root.version)}`;
  const keys = differences.flatMap(({ role, keys: all }) =>
    all.filter(({ state }) => state !== 'stays').map(({ state, keyid }) => `${role} key ${keyid} ${state}`),
  );
  return [
    {
      id: `ROOTS:${record.name}:${String(base.root.version)}:${sha256Hex(base.root.file)}`,
      typed: differences.length > 0,
      text:
        differences.length > 0
          ? `root went from ${span} without this station, and who may sign changed: ${keys.join(', ') || 'thresholds'}`
          : `root went from ${span} without this station; keys and thresholds are the same`,
    },
  ];
}

/** Certificates of the root as it will be: a short one that is new is no accident, and is typed. */
function ending({ record, base, dialect, roles }: RepositoryReading, now: number): Anomaly[] {
  const next = roles.find(({ role, open }) => role === 'root' && !open);
  const after = next ? resultDocument(next) : base?.root;
  if (!after) return [];
  const before = new Set(base ? dialect.certificateEnds(base.root).map(({ keyid }) => keyid) : []);
  return dialect
    .certificateEnds(after)
    .filter(({ notAfter }) => notAfter < (now + YEAR) * 1000)
    .map(({ keyid, notAfter }) => ({
      id: `CERTIFICATE-ENDS:${record.name}:${keyid}`,
      typed: !before.has(keyid),
      text: `the certificate of root key ${keyid.slice(0, 16)} ends on ${new Date(notAfter).toISOString().slice(0, 10)}: renew it before, since afterwards only a new repository helps`,
    }));
}

/**
 * Walks the roots as an old client would, each verified by the one before it, with certificates that are valid now:
 * those that travel from below the pin prove nothing, but clients that still hold them must come through.
 */
function stranded({ record, base, dialect, roles, now }: RepositoryReading): Anomaly[] {
  if (!base || !roles.some(({ role }) => role === 'root')) return [];
  const context = { repository: record.name, now };
  const at = base.roots.findLastIndex((root, index) => {
    const before = base.roots[index - 1];
    if (!before) return false;
    try {
      requireThreshold(dialect, dialect.roleKeys(before, 'root', context), root, 'CHAIN-ROOT');
      return false;
    } catch (error) {
      if (error instanceof CountersignError) return true;
      throw error;
    }
  });
  const last = base.roots[at - 1];
  if (at < 1 || !last) return [];
  return [
    {
      id: `STRANDED:${record.name}:${String(last.version)}`,
      typed: false,
      text: `clients that last saw root ${String(last.version)} or an earlier one cannot follow: what verified the next root is not valid any more`,
    },
  ];
}
