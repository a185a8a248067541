import type { TargetEntry } from '../../metadata/document.ts';

/** Where the target files of a repository lie. What comes out is not verified. */
export interface TargetFiles {
  /**
   * The content of a target; null if there is no such file. At most a piece more than the entry's length is read.
   *
   * @param consistent whether files lie under names with their hash
   */
  openTarget(
    path: string,
    entry: TargetEntry,
    consistent: boolean,
  ): Promise<AsyncIterable<Uint8Array> | null>;
}

const ALGORITHMS = ['sha256', 'sha512'] as const;

/**
 * The names under which a target's file may lie below the folder of targets, the usual one first (TUF 1.0 section 6.2).
 */
export function targetNames(path: string, { hashes }: TargetEntry, consistent: boolean): string[] {
  if (!consistent) return [path];
  const cut = path.lastIndexOf('/') + 1;
  return ALGORITHMS.flatMap((algorithm) => {
    const hash = hashes[algorithm];
    return hash === undefined ? [] : [`${path.slice(0, cut)}${hash}.${path.slice(cut)}`];
  });
}
