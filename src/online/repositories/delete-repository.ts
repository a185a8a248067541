import { sha256Hex } from '../../encoding/hash.ts';
import { conflict, CountersignError, failure } from '../../errors.ts';
import { repositoryKey, type ExchangeEvent } from '../../station/ledger/events.ts';
import { marksOf } from '../../station/ledger/marks.ts';
import { outstandingFor } from '../../station/ledger/outbox.ts';
import { listTargets } from '../reading/found-targets.ts';
import { sweepKeptFiles } from '../staging/kept-files.ts';
import { readVerified } from '../reading/read.ts';
import type { RepositoryEntry } from './place.ts';
import { forgetRepository, repositoryNamed } from './repositories.ts';
import { stagedChanges } from '../staging/staged.ts';
import type { OnlineStation } from '../station.ts';
import type { Store } from './store.ts';
import type { Stores } from './stores.ts';

/** A deletion that waits for consent. */
export interface Deletion {
  readonly entry: RepositoryEntry;
  /** Null where the repository is only forgotten here. */
  readonly store: Store | null;
  /** SHA-256 of the current root's file: as it is served, or as it is pinned; null where there is none. */
  readonly root: string | null;
  /** Targets that are published, or why nobody can read the repository; null where it was not looked at. */
  readonly published: number | string | null;
}

/**
 * What would be deleted. Nothing may be staged for the repository or on its way.
 *
 * @param remote whether it is to be removed where it lives, too
 * @throws REPOSITORY-UNKNOWN (exit 2), DELETE-STAGED, DELETE-OUTSTANDING (exit 5), SERVER-* (exit 6)
 */
export async function planDeletion(
  station: OnlineStation,
  stores: Stores,
  name: string,
  remote: boolean,
): Promise<Deletion> {
  const entry = repositoryNamed(station.home, name);
  checkIdle(station, entry);
  const pinned = marksOf(station.marks, repositoryKey(entry)).pinnedFile;
  if (!remote) return { entry, store: null, root: pinned, published: null };
  const store = stores.open(entry);
  const served = await store.current('root');
  const published = served && (await contentOf(station, stores, entry));
  return { entry, store, root: served ? sha256Hex(served) : pinned, published };
}

function checkIdle(station: OnlineStation, entry: RepositoryEntry): void {
  const { changes } = stagedChanges(station.home, entry, station.outbox.batches);
  if (changes.length > 0)
    throw conflict('DELETE-STAGED', 'changes are staged for the repository', {
      found: `${String(changes.length)} changes`,
      where: entry.name,
      hint: 'countersign reset forgets them',
    });
  const request = outstandingFor(station.outbox, repositoryKey(entry));
  if (request)
    throw conflict('DELETE-OUTSTANDING', 'a request for the repository is on its way', {
      found: request.digest,
      where: entry.name,
      hint: 'publish its answer, or give it up with export --supersede DIGEST',
    });
}

/** A repository that nobody can read any more must still be possible to delete. */
async function contentOf(
  station: OnlineStation,
  stores: Stores,
  entry: RepositoryEntry,
): Promise<number | string> {
  try {
    return listTargets(await readVerified(station, stores, entry)).length;
  } catch (error) {
    if (error instanceof CountersignError) return `${error.check}: ${error.message}`;
    throw error;
  }
}

/**
 * Deletes what was consented to. A kill in between leaves a repository that the same command deletes.
 *
 * @throws DELETE-MOVED (exit 5) if the root has changed meanwhile, DELETE-READBACK (exit 1) if something is left
 */
export async function deleteRepository(station: OnlineStation, deletion: Deletion): Promise<void> {
  const { entry, store, root } = deletion;
  const { ledger } = station.home;
  const repository = repositoryKey(entry);
  if (store) {
    const served = await store.current('root');
    if (served && sha256Hex(served) !== root)
      throw conflict('DELETE-MOVED', 'the repository has changed meanwhile; nothing was deleted', {
        expected: root ?? 'no root',
        found: sha256Hex(served),
        where: entry.name,
        hint: 'look at what is published now, then run the command again',
      });
    ledger.append([{ event: 'deleting', data: { repository, root } }]);
    await store.remove();
    await checkGone(entry, store);
  }
  const deleted: ExchangeEvent = { event: 'deleted', data: { repository, root, remote: store !== null } };
  ledger.append([deleted]);
  sweepKeptFiles(station, entry);
  forgetRepository(station.home, entry.name);
}

async function checkGone({ name }: RepositoryEntry, store: Store): Promise<void> {
  for (const role of ['root', 'timestamp', 'targets'])
    if ((await store.current(role)) !== null)
      throw failure('DELETE-READBACK', 'deleted, but something is still served', {
        expected: 'nothing',
        found: role,
        where: `${name} at ${store.describe()}`,
        hint: 'a cache in between, or another copy of the server: run the command again later',
      });
}
