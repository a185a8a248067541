import { readChanges } from '../exchange/read-request.ts';
import { repositoryKey } from '../station/events.ts';
import { openStored } from './stored-request.ts';
import { restoreStaged } from './staged.ts';
import type { OnlineStation } from './station.ts';

/**
 * Puts the changes of a request back into the staged lists, before those that were staged since (M8). Runs again
 * without harm: a list remembers what was put back into it.
 *
 * @param repositories which of the request's repositories, as `dialect:name`; null for all
 */
export async function restoreChanges(
  station: OnlineStation,
  digest: string,
  repositories: ReadonlySet<string> | null,
): Promise<void> {
  const stored = await openStored(station, digest);
  for (const record of stored.manifest.repositories) {
    if (repositories && !repositories.has(repositoryKey(record))) continue;
    restoreStaged(
      station.home,
      record,
      readChanges(stored.read(record.changes)),
      digest,
      station.outbox.batches,
    );
  }
}
