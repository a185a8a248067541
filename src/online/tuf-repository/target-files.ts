import { usage } from '../../errors.ts';
import type { TargetEntry } from '../../metadata/document.ts';

/** The files that targets metadata speaks of, beside the metadata of a repository. */
export interface TargetFiles {
  /**
   * Whether files can be put there under such a name, before anything is staged.
   *
   * @throws CountersignError TARGET-PATH, STORE-READ-ONLY (exit 2)
   */
  checkTargetPath(path: string): void;
  /**
   * The bytes behind an entry, at most `entry.length` of them; null where they are absent. They are not verified: what
   * comes out has to be hashed.
   *
   * @param path the target's name
   * @param consistent whether files are served under names with their hash
   * @throws CountersignError TARGET-PATH (exit 2), TARGET-OUTSIDE, TARGET-TOO-LARGE, AREA-* (exit 6), also while
   *   the bytes are read
   */
  openTarget(
    path: string,
    entry: TargetEntry,
    consistent: boolean,
  ): Promise<AsyncIterable<Uint8Array> | null>;
  /**
   * Copies a file to where clients ask for the target: under the names with its hashes, and under its own where the
   * repository is without consistent snapshots. Each name is there whole or not at all; one that holds these bytes
   * already is left alone.
   *
   * @throws CountersignError TARGET-PATH, STORE-READ-ONLY (exit 2); TARGET-CHANGED (exit 3) where the file is not what
   *   the entry says; TARGET-EXISTS (exit 5) where a name holds other bytes; DIRECTORY-IO, TARGET-OUTSIDE (exit 6)
   */
  putTarget(path: string, file: string, entry: TargetEntry, consistent: boolean): Promise<void>;
}

/** Longest segment that the usual file systems hold, in bytes. */
const MAX_SEGMENT = 255;
const DIGESTS = { sha256: /^[0-9a-f]{64}$/, sha512: /^[0-9a-f]{128}$/ } as const;

/** Stands for an entry with all digests, whose file names are the longest. */
export const ANY_ENTRY: TargetEntry = {
  length: 0,
  hashes: { sha256: '0'.repeat(64), sha512: '0'.repeat(128) },
};

/** Digests of an entry that clients use in file names, and that are computed here. */
export function digestsOf(entry: TargetEntry): ReadonlyMap<keyof typeof DIGESTS, string> {
  const found = new Map<keyof typeof DIGESTS, string>();
  for (const algorithm of ['sha256', 'sha512'] as const) {
    const digest = entry.hashes[algorithm];
    if (digest !== undefined && DIGESTS[algorithm].test(digest)) found.set(algorithm, digest);
  }
  return found;
}

/**
 * Paths of a target below the targets folder, in segments: `DIRNAME/HASH.BASENAME` for SHA-256, then SHA-512, or its own.
 *
 * @throws CountersignError TARGET-PATH (exit 2) for a name that is not a relative path of plain segments
 */
export function targetPaths(path: string, entry: TargetEntry, consistent: boolean): string[][] {
  const segments = path.split('/');
  const base = segments.pop() ?? '';
  const all = consistent
    ? [...digestsOf(entry).values()].map((digest) => [...segments, `${digest}.${base}`])
    : [[...segments, base]];
  const fault =
    [...segments, base].some((one) => one === '' || one === '.' || one === '..') ||
    [...all.flat()].some((one) => Buffer.byteLength(one) > MAX_SEGMENT || one.startsWith('.countersign')) ||
    /\p{Cc}/u.test(path) ||
    !path.isWellFormed();
  if (fault)
    throw usage('TARGET-PATH', 'the name of the target cannot be a path of a file', {
      expected: 'segments that are not empty, "." or "..", of at most 255 bytes with the hash',
      found: path.slice(0, 300),
    });
  return all;
}
