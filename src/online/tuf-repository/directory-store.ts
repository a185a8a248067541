import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { guarded, orNull } from '../directory/folder-faults.ts';
import { holdLock } from '../directory/publisher-lock.ts';
import { LIMITS } from '../repositories/store.ts';
import type { Store } from '../repositories/store.ts';
import { readCurrent } from './current-file.ts';
import { openTargetFile, putTargetFile } from './directory-targets.ts';
import { fileName } from './file-name.ts';
import { readBounded, rootVersions, tufFolder } from './folder.ts';
import { readListed } from './listed-file.ts';
import { viewOf } from './metadata-view.ts';
import { nextState } from './next-state.ts';
import { finishPlacing, makeFolder, placeFiles } from './place-file.ts';
import { planPublication } from './publication.ts';
import { readNewestRoot, readPublished } from './published-state.ts';
import { removeRepository } from './remove.ts';
import { settle } from './settle.ts';
import { ANY_ENTRY, targetPaths } from './target-files.ts';
import type { TargetFiles } from './target-files.ts';

/**
 * One TUF repository as static files in a folder (folder.ts), as other TUF tools write and read them. Snapshot and
 * timestamp come with the published files; publishers take turns, and each publishes whole or not at all: a kill at any
 * instant leaves the old state or the new one for every reader, and the publication can be repeated (publication.ts).
 *
 * @throws CountersignError DIRECTORY-PATH (exit 2)
 */
export function tufDirectoryStore(folder: string, repository: string): Store & TargetFiles {
  const place = tufFolder(folder);
  const where = `${repository} in ${folder}`;
  const read = async (name: string, limit: number): Promise<Uint8Array | null> =>
    readBounded(join(await place.metadata(), name), limit);
  const settled = async (): Promise<void> => settle(await place.metadata(), place.lock);
  const listed: Store['listed'] = (role, entry, consistent) =>
    guarded(where, () => readListed(read, role, entry, consistent, { name: 'DIRECTORY', where }));
  const newestRoot = async (): Promise<Uint8Array | null> =>
    readNewestRoot(read, await rootVersions(await place.metadata()));

  return {
    signsSnapshot: false,
    current: (role) =>
      guarded(where, async () => {
        await settled();
        return readCurrent(role, { read, listed, newestRoot });
      }),
    listed,
    rootVersion: (version) =>
      guarded(where, async () => {
        const named = await read(fileName('root', version), LIMITS.file);
        if (named !== null) return named;
        const plain = await read(fileName('root'), LIMITS.file);
        return plain !== null && viewOf('root', plain).version === version ? plain : null;
      }),
    serverKey: () => Promise.resolve(null),
    newServerKey: () => Promise.resolve(null),
    publish: (files) =>
      guarded(where, async () => {
        for (const role of files.keys()) fileName(role, 1);
        if (files.size === 0) return;
        await makeFolder(folder);
        const release = await holdLock(place.lock);
        try {
          const metadata = await place.metadata();
          await makeFolder(metadata);
          await finishPlacing(metadata);
          const now = await readPublished(read, await rootVersions(metadata), where);
          const next = nextState(now, files);
          await placeFiles(metadata, await planPublication(now, next, metadata, read));
        } finally {
          await release();
        }
      }),
    remove: () =>
      guarded(where, async () => {
        if ((await orNull(stat(folder))) === null) return;
        const release = await holdLock(place.lock);
        try {
          await removeRepository(place);
        } finally {
          await release();
        }
      }),
    describe: () => `folder ${folder}`,
    checkTargetPath: (path) => {
      targetPaths(path, ANY_ENTRY, true);
    },
    openTarget: (path, entry, consistent) =>
      guarded(where, () => openTargetFile(place.targets, path, entry, consistent)),
    putTarget: (path, file, entry, consistent) =>
      guarded(where, () => putTargetFile(place.targets, path, file, entry, consistent)),
  };
}
