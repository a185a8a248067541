import { conflict } from '../../errors.ts';
import { LIMITS } from '../repositories/store.ts';
import { fileName } from './file-name.ts';
import { newestOf } from './folder.ts';
import { readListed } from './listed-file.ts';
import type { ReadFile } from './listed-file.ts';
import { viewOf } from './metadata-view.ts';
import type { MetadataView } from './metadata-view.ts';

/** One file with what it says. */
export interface Viewed {
  readonly bytes: Uint8Array;
  readonly view: MetadataView;
}

/** What is published: the files that lead to all others. Null where there is none yet. */
export interface PublishedState {
  readonly root: Viewed | null;
  readonly timestamp: Viewed | null;
  readonly snapshot: Viewed | null;
}

/** The bytes with what they say. @throws CountersignError DIRECTORY-FILE (exit 5) */
export function viewed(role: string, bytes: Uint8Array): Viewed {
  return { bytes, view: viewOf(role, bytes) };
}

/** The newest root's bytes; `root.json` where no root has its version in its name. */
export function readNewestRoot(read: ReadFile, versions: readonly number[]): Promise<Uint8Array | null> {
  const newest = newestOf(versions);
  return read(fileName('root', newest === 0 ? null : newest), LIMITS.file);
}

/**
 * What is published at this moment. Without a root nothing is, whatever else is there.
 *
 * @throws CountersignError DIRECTORY-INCOMPLETE (exit 5) where the timestamp's snapshot is missing
 */
export async function readPublished(
  read: ReadFile,
  versions: readonly number[],
  where: string,
): Promise<PublishedState> {
  const root = await readNewestRoot(read, versions);
  if (root === null) return { root: null, timestamp: null, snapshot: null };
  const seen = viewed('root', root);
  const timestamp = await read(fileName('timestamp'), LIMITS.timestamp);
  if (timestamp === null) return { root: seen, timestamp: null, snapshot: null };
  const leading = viewed('timestamp', timestamp);
  const listed = leading.view.listed.get('snapshot');
  const { consistent } = seen.view;
  const snapshot =
    listed === undefined
      ? null
      : await readListed(read, 'snapshot', listed, consistent, { name: 'DIRECTORY', where });
  if (snapshot === null)
    throw conflict('DIRECTORY-INCOMPLETE', 'the snapshot that the timestamp lists is missing', {
      where,
      hint: 'put it back from a copy of the repository',
    });
  return { root: seen, timestamp: leading, snapshot: viewed('snapshot', snapshot) };
}
