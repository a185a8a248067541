import { readChanges } from '../../exchange/read-changes.ts';
import { repositoryKey } from '../../station/ledger/events.ts';
import { openStored } from '../stored-request.ts';
import { stagedChanges, withRestored, writeStaged, type StagedChanges, type StagedFor } from './staged.ts';
import type { OnlineStation } from '../station.ts';

/** The staged list of one repository as it is once changes are put back into it. */
export interface RestoredList {
  readonly repository: StagedFor;
  readonly list: StagedChanges;
}

/**
 * The staged lists with the changes of a request put back, before those that were staged since (M8), by `dialect:name`.
 * Nothing is written: whoever takes the lists for what is staged writes them, or leaves everything as it was.
 */
export async function restoredLists(
  station: OnlineStation,
  digest: string,
): Promise<ReadonlyMap<string, RestoredList>> {
  const { home, outbox } = station;
  const stored = await openStored(station, digest);
  return new Map(
    stored.manifest.repositories.map((record) => {
      const changes = readChanges(stored.read(record.changes));
      const list = withRestored(stagedChanges(home, record, outbox.batches), changes, digest);
      return [repositoryKey(record), { repository: record, list }] as const;
    }),
  );
}

/**
 * Puts the changes of a request back into the staged lists. Runs again without harm: a list remembers what was put back
 * into it.
 *
 * @param repositories which of the request's repositories, as `dialect:name`
 */
export async function restoreChanges(
  station: OnlineStation,
  digest: string,
  repositories: ReadonlySet<string>,
): Promise<void> {
  for (const [key, { repository, list }] of await restoredLists(station, digest))
    if (repositories.has(key)) writeStaged(station.home, repository, list);
}
