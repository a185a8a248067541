import { resolve } from 'node:path';
import { usage } from '../../errors.ts';
import { dialectOf } from '../../metadata/dialects.ts';
import { fetchFile } from './fetch-file.ts';
import { readTarget, type ReadTarget } from './read-target.ts';
import { repositoryNamed } from '../repositories/repositories.ts';
import type { OnlineStation } from '../station.ts';
import type { Stores } from '../repositories/stores.ts';

/** A file that is what is signed. */
export interface Downloaded extends Pick<ReadTarget, 'target' | 'broken'> {
  readonly repository: string;
  /** Absolute. */
  readonly file: string;
  /** False where the right file was there already. */
  readonly fetched: boolean;
}

/**
 * Finds a target as a client does, and fetches its file.
 *
 * @param output where the file goes; null for the last segment of the target's name in the current folder, where no
 *   other file is replaced
 * @throws DOWNLOAD-PLACE, DOWNLOAD-NAME (exit 2), and what {@link readTarget} and {@link fetchFile} throw
 */
export async function downloadTarget(
  station: OnlineStation,
  stores: Stores,
  repository: string,
  name: string,
  output: string | null,
  roles: readonly string[],
): Promise<Downloaded> {
  const entry = repositoryNamed(station.home, repository);
  dialectOf(entry.dialect).checkTarget(name);
  const files = stores.targetFiles(entry);
  if (!files)
    throw usage('DOWNLOAD-PLACE', 'this repository signs files, but does not keep them', {
      where: repository,
      hint: `fetch the file from where it is kept, then: countersign verify ${repository} NAME FILE (an image: docker pull)`,
    });
  const file = resolve(output ?? ownName(name));
  const { target, consistent, broken } = await readTarget(station, stores, repository, name, roles);
  const fetched = await fetchFile({
    ...{ repository, target, files, consistent },
    destination: file,
    replace: output !== null,
  });
  return { repository, target, broken, file, fetched };
}

/** Hidden files mean something to the programs that read them: whoever publishes does not choose their names. */
function ownName(name: string): string {
  const own = name.slice(name.lastIndexOf('/') + 1);
  if (!own.startsWith('.')) return own;
  throw usage('DOWNLOAD-NAME', 'the file would be a hidden one', {
    found: own,
    hint: 'say with -o FILE where the file goes',
  });
}
