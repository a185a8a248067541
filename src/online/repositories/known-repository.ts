import { formatTime } from '../../encoding/time.ts';
import { dialectOf } from '../../metadata/dialects.ts';
import { archivedRoot } from '../../station/files/archive.ts';
import { repositoryKey } from '../../station/ledger/events.ts';
import { marksOf } from '../../station/ledger/marks.ts';
import { foldRoots } from '../../station/ledger/root-history.ts';
import { readVerified } from '../reading/read.ts';
import type { RepositoryEntry } from './place.ts';
import { repositories, repositoryNamed } from './repositories.ts';
import { seenEvents, type OnlineStation } from '../station.ts';
import type { Stores } from './stores.ts';

/** A root out of the archive. */
export interface ArchivedRoot {
  readonly version: number;
  readonly expires: string;
  /** SHA-256 of the file. */
  readonly file: string;
  /** SHA-256 of the signed bytes. */
  readonly sha256: string;
  readonly threshold: number;
  /** Keys that sign roots, as it lists them. */
  readonly keyids: readonly string[];
}

/** What this station has verified of a repository, without asking anybody. */
export interface KnownRepository extends RepositoryEntry {
  readonly pinned: { readonly version: number; readonly sha256: string } | null;
  /** The chain of roots, oldest first. */
  readonly roots: readonly ArchivedRoot[];
  readonly seen: readonly { readonly role: string; readonly version: number; readonly sha256: string }[];
}

/** @throws REPOSITORY-UNKNOWN (exit 2), ARCHIVE-DAMAGED (exit 3) */
export function knownRepository(station: OnlineStation, name: string): KnownRepository {
  const entry = repositoryNamed(station.home, name);
  const dialect = dialectOf(entry.dialect);
  const key = repositoryKey(entry);
  const { pinned, seen } = marksOf(station.marks, key);
  const roots = foldRoots(station.home.ledger.lines(), key).map(({ version, sha256, file }) => {
    const document = archivedRoot(station.home, file, entry);
    const { threshold, keys } = dialect.declaredKeys(document, 'root');
    const expires = formatTime(Math.floor(document.expires / 1000));
    return { version, expires, file, sha256, threshold, keyids: keys.map(({ id }) => id) };
  });
  return { ...entry, pinned, roots, seen: [...seen].map(([role, mark]) => ({ role, ...mark })) };
}

/**
 * Reads repositories, verifies each from this station's pin, and records what was found: the roots are kept, and the
 * newest one is the pin from now on.
 *
 * @param names repositories; all of the station's if empty
 * @throws what reading throws; those before it are recorded
 */
export async function fetchRepositories(
  station: OnlineStation,
  stores: Stores,
  names: readonly string[],
  progress: (done: number, total: number) => void,
): Promise<KnownVersion[]> {
  const { home } = station;
  const entries =
    names.length > 0 ? [...new Set(names)].map((name) => repositoryNamed(home, name)) : repositories(home);
  const fetched: KnownVersion[] = [];
  for (const entry of entries) {
    const { verified } = await readVerified(station, stores, entry);
    const events = seenEvents(station, entry, verified);
    home.ledger.append(events);
    fetched.push({ name: entry.name, root: verified.root.version, recorded: events.length });
    progress(fetched.length, entries.length);
  }
  return fetched;
}

/** What a fetch found of a repository. */
export interface KnownVersion {
  readonly name: string;
  /** Version of the newest root. */
  readonly root: number;
  /** Ledger lines that were new. */
  readonly recorded: number;
}
