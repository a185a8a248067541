import type { Change } from '../../change/change.ts';
import type { Dialect } from '../../metadata/dialect.ts';
import type { Home } from '../../station/home/home.ts';
import { keptFile } from '../staging/kept-files.ts';
import type { RepositoryEntry } from '../repositories/place.ts';
import type { TargetFiles } from '../tuf-repository/target-files.ts';

/** What is about to be published, and where its target files belong. */
export interface TargetsToPublish {
  readonly entry: RepositoryEntry;
  readonly dialect: Dialect;
  readonly changes: readonly Change[];
  /** The metadata that is to be published, by role. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Whether target files are served under names with their hash. */
  readonly consistent: boolean;
}

/**
 * Copies the files that `add` kept to where clients will ask for them: before the metadata that lists them, so that no
 * client is led to a file that is not there. A rerun finds what is in place already.
 *
 * @throws TARGET-* as {@link TargetFiles.putTarget}
 */
export async function putKeptFiles(
  home: Home,
  store: TargetFiles,
  { entry, dialect, changes, files, consistent }: TargetsToPublish,
): Promise<void> {
  const done = new Set<string>();
  for (const change of changes) {
    if (change.type !== 'add' || done.has(`${change.hashes.sha256} ${change.name}`)) continue;
    const kept = keptFile(home, entry, change.hashes.sha256);
    const metadata = files.get(change.role);
    if (kept === null || !metadata) continue;
    const listed = dialect.target(dialect.parse(change.role, metadata), change.name);
    // a later change may have had the last word on the name
    if (listed?.hashes['sha256'] !== change.hashes.sha256) continue;
    await store.putTarget(change.name, kept, listed, consistent);
    done.add(`${change.hashes.sha256} ${change.name}`);
  }
}
