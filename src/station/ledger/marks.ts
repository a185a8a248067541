import type { Mark, Marks, SignedMark } from '../../exchange/marks.ts';
import { exchangeEvent, type RecordedEvent } from './events.ts';

/** Versions that count as seen and as signed without their bytes being known: what recovery could find out (M9). */
export interface Floor {
  readonly seen: number;
  readonly signed: number;
}

interface MutableMarks {
  pinned: Mark | null;
  /** SHA-256 of the pinned root's file, in the archive. */
  pinnedFile: string | null;
  seen: Map<string, Mark>;
  seenIn: Map<string, string>;
  signed: Map<string, Map<number, SignedMark[]>>;
  /** Highest sequence accepted from each sender. */
  sequences: Map<string, number>;
  floors: Map<string, Floor>;
  partner: string | null;
  retiredBy: Set<string>;
}

export interface StationMarks extends Marks {
  readonly pinnedFile: string | null;
  /** SHA-256 of the request's file, in the inbox, that brought what was seen of a role. */
  readonly seenIn: ReadonlyMap<string, string>;
  readonly sequences: ReadonlyMap<string, number>;
  /** By role; none but after a recovery. */
  readonly floors: ReadonlyMap<string, Floor>;
  /** Requests with which the repository began anew: what was known before is retired (M3). */
  readonly retiredBy: ReadonlySet<string>;
}

/** What a station knows of a repository that it never met. */
function nothing(): MutableMarks {
  return { ...forgotten(), sequences: new Map(), partner: null, retiredBy: new Set() };
}

const NOTHING: StationMarks = nothing();

/** Marks of every repository, out of the ledger only (M1). */
export function foldMarks(lines: Iterable<RecordedEvent>): ReadonlyMap<string, StationMarks> {
  const all = new Map<string, MutableMarks>();
  const of = (repository: string): MutableMarks => {
    let marks = all.get(repository);
    if (!marks) all.set(repository, (marks = nothing()));
    return marks;
  };
  // What follows an approval in the ledger was seen in the request that was approved.
  let file: string | null = null;
  for (const line of lines) {
    const { event, data } = exchangeEvent(line);
    if (event === 'approved') file = data.file;
    else if (event === 'pinned') {
      of(data.repository).pinned = { version: data.version, sha256: data.sha256 };
      of(data.repository).pinnedFile = data.file;
    } else if (event === 'seen') {
      const { seen, seenIn } = of(data.repository);
      seen.set(data.role, { version: data.version, sha256: data.sha256 });
      if (file !== null) seenIn.set(data.role, file);
    } else if (event === 'intent') {
      const { signed } = of(data.repository);
      const versions = signed.get(data.role) ?? new Map<number, SignedMark[]>();
      const marks = versions.get(data.version) ?? [];
      marks.push({ sha256: data.payload, request: data.request });
      signed.set(data.role, versions.set(data.version, marks));
    } else if (event === 'accepted') {
      of(data.repository).sequences.set(data.from, data.sequence);
      of(data.repository).partner = data.from;
    } else if (event === 'retired') {
      const marks = of(data.repository);
      all.set(data.repository, { ...marks, ...forgotten(), retiredBy: marks.retiredBy.add(data.request) });
    } else if (event === 'recovered-floor') {
      const { floors } = of(data.repository);
      const before = floors.get(data.role) ?? { seen: 0, signed: 0 };
      const [seen, signed] = [Math.max(before.seen, data.seen), Math.max(before.signed, data.signed)];
      floors.set(data.role, { seen, signed });
    }
  }
  return all;
}

/** A lineage that begins: nothing is pinned, seen or signed in it. */
function forgotten(): Pick<MutableMarks, 'pinned' | 'pinnedFile' | 'seen' | 'seenIn' | 'signed' | 'floors'> {
  const maps = { seen: new Map(), seenIn: new Map(), signed: new Map(), floors: new Map() };
  return { pinned: null, pinnedFile: null, ...maps };
}

/** The marks as they will be once a request has begun the repository anew. */
export function withoutLineage(marks: StationMarks): StationMarks {
  return { ...marks, ...forgotten() };
}

/** Marks of one repository; empty where the station never met it. */
export function marksOf(all: ReadonlyMap<string, StationMarks>, repository: string): StationMarks {
  return all.get(repository) ?? NOTHING;
}
