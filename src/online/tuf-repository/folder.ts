import { constants } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { unavailable, usage } from '../../errors.ts';
import { orNull } from '../directory/folder-faults.ts';
import { versionedName } from './file-name.ts';

/**
 * Where the files of a repository stand; any web server or object store serves the folder as it is.
 *
 *     DIR/metadata/N.root.json        every root
 *     DIR/metadata/VERSION.ROLE.json  every version of every other role but the timestamp
 *     DIR/metadata/ROLE.json          the newest one, in a repository without consistent snapshots
 *     DIR/metadata/timestamp.json     what is current: it lists the snapshot, which lists the rest
 *     DIR/targets/                    target files
 *     DIR/.countersign.lock           held while somebody publishes
 *
 * Where DIR has no folder `metadata` but holds a root or timestamp itself, it is the metadata folder (the flat layout
 * of Sigstore's repository).
 */
export interface TufFolder {
  /** DIR, absolute. */
  readonly base: string;
  readonly targets: string;
  readonly lock: string;
  /** Looked up at each use: the first publication makes it. */
  metadata(): Promise<string>;
}

/** @throws CountersignError DIRECTORY-PATH (exit 2) */
export function tufFolder(base: string): TufFolder {
  if (!isAbsolute(base) || base.includes('\0'))
    throw usage('DIRECTORY-PATH', 'the folder is not an absolute path', { found: base.slice(0, 300) });
  const inside = join(base, 'metadata');
  return {
    base,
    targets: join(base, 'targets'),
    lock: join(base, '.countersign.lock'),
    async metadata() {
      if ((await orNull(stat(inside)))?.isDirectory() === true) return inside;
      const names = (await orNull(readdir(base))) ?? [];
      return names.some((name) => name === 'timestamp.json' || isRoot(name)) ? base : inside;
    },
  };
}

/** Versions of the roots in a metadata folder, rising. */
export async function rootVersions(metadata: string): Promise<number[]> {
  const names = (await orNull(readdir(metadata))) ?? [];
  return names
    .filter(isRoot)
    .map((name) => versionedName(name)?.version ?? 0)
    .sort((a, b) => a - b);
}

/**
 * The newest root: the last of those without a gap from the lowest, since clients go from one to the next. 0 if there
 * is none.
 */
export function newestOf(versions: readonly number[]): number {
  let newest = versions[0] ?? 0;
  for (const version of versions.slice(1)) {
    if (version !== newest + 1) break;
    newest = version;
  }
  return newest;
}

/**
 * A regular file of at most so many bytes; null if there is none.
 *
 * @throws CountersignError DIRECTORY-TOO-LARGE, DIRECTORY-IO (exit 6)
 */
export async function readBounded(path: string, limit: number): Promise<Uint8Array | null> {
  // without O_NONBLOCK a pipe that somebody put there would hold us for ever
  const file = await orNull(open(path, constants.O_RDONLY | constants.O_NONBLOCK));
  if (file === null) return null;
  try {
    const found = await file.stat();
    if (!found.isFile()) throw unavailable('DIRECTORY-IO', 'not a regular file', { where: path });
    const bytes = found.size > limit ? null : await file.readFile();
    if (bytes === null || bytes.length > limit)
      throw unavailable('DIRECTORY-TOO-LARGE', 'a file is larger than it may be', {
        expected: `at most ${String(limit)} bytes`,
        found: String(found.size),
        where: path,
      });
    return bytes;
  } finally {
    await file.close();
  }
}

function isRoot(name: string): boolean {
  return versionedName(name)?.quoted === 'root';
}
