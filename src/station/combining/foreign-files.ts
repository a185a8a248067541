import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { usage } from '../../errors.ts';

/** A file that may hold private keys of another program. */
export interface ForeignFile {
  /** Absolute. */
  readonly path: string;
  /** Whether it was named itself, and not found in a folder. */
  readonly named: boolean;
}

/** Notary's layouts are four levels deep below the trust folder, and a GUN may add some. */
const MAX_DEPTH = 16;
const MAX_FILES = 10_000;

/**
 * The files that are meant: those that were named, and every `.key` and `.pem` below the folders that were named.
 * Links are not followed.
 *
 * @throws CountersignError KEY-FILES (exit 2) where there is nothing
 */
export function foreignFiles(names: readonly string[]): ForeignFile[] {
  const files = names.flatMap((name): ForeignFile[] => {
    const path = resolve(name);
    let folder: boolean;
    try {
      folder = lstatSync(path).isDirectory();
    } catch (cause) {
      throw usage('KEY-FILES', 'no such file or folder', { where: path, cause });
    }
    return folder
      ? keysBelow(path, 0).map((found) => ({ path: found, named: false }))
      : [{ path, named: true }];
  });
  const [first] = files;
  if (first !== undefined && files.length <= MAX_FILES) return files;
  throw usage('KEY-FILES', first === undefined ? 'no key files in the folder' : 'too many files', {
    expected: `1 to ${String(MAX_FILES)} files .key or .pem`,
    found: String(files.length),
    where: names.join(', '),
    hint: 'keys of Notary and Docker are in the folder private/ of ~/.notary or ~/.docker/trust',
  });
}

function keysBelow(folder: string, depth: number): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return depth < MAX_DEPTH ? keysBelow(path, depth + 1) : [];
      return entry.isFile() && /\.(?:key|pem)$/.test(entry.name) ? [path] : [];
    });
}

/** @throws CountersignError KEY-FILES (exit 2) */
export function readForeignFile({ path }: ForeignFile): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw usage('KEY-FILES', 'the file cannot be read', { where: path, cause });
  }
}
