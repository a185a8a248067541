import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { readHeader } from '../../bundle/archive.ts';
import { LIMITS } from '../../bundle/limits.ts';
import { memorySource } from '../../bundle/source.ts';
import { beginsAsJson } from '../../encoding/text.ts';
import { refused, unavailable } from '../../errors.ts';
import { syncFolder, writeAll } from './durable.ts';
import { hashFile } from './file-hash.ts';

/** Pieces in which files are copied, bytes. */
const PIECE = 1024 * 1024;
/** A file of this size (bytes) that does not even begin as a bundle or as JSON is not copied to find that out. */
const LARGE = 64 * 1024 * 1024;

/** A copy of a file from outside, in the home. */
export interface Copy {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

/**
 * Works on a copy of a file from the stick: opened once, no link followed, hashed while it is copied. Everything
 * reads the copy, since a stick may give other bytes the second time (R2). The copy stays in the home where the
 * work was done and it says so; a refusal leaves nothing behind (R17).
 *
 * @param keep whether the copy stays after the work was done: signed requests and published responses do
 * @throws MEDIA-READ (exit 6), MEDIA-KIND, BUNDLE-LIMIT, BUNDLE-HEADER, BUNDLE-END (exit 3), and what the work throws
 */
export async function withCopy<Result>(
  file: string,
  home: { readonly dir: string },
  keep: boolean,
  work: (copy: Copy) => Promise<Result>,
): Promise<Result> {
  const { copy, fresh } = takeCopy(file, home);
  let done = false;
  try {
    const result = await work(copy);
    done = true;
    return result;
  } finally {
    if (fresh && !(done && keep)) rmSync(copy.path, { force: true });
  }
}

function takeCopy(file: string, home: { readonly dir: string }): { copy: Copy; fresh: boolean } {
  const input = openInput(file);
  const folder = join(home.dir, 'inbox');
  const temporary = join(folder, `.${String(process.pid)}-${String(performance.now())}.part`);
  try {
    const status = fstatSync(input);
    if (!status.isFile()) throw refused('MEDIA-KIND', 'not a regular file', { where: file });
    if (status.size > LIMITS.total)
      throw refused('BUNDLE-LIMIT', 'the file is too large for a bundle', {
        expected: `at most ${String(LIMITS.total)}`,
        found: String(status.size),
        where: file,
      });
    const { size, sha256 } = copyAndHash(input, temporary, file, status.size > LARGE);
    const path = join(folder, `${sha256}.tar`);
    const fresh = !existsSync(path);
    renameSync(temporary, path);
    syncFolder(folder);
    return { copy: { path, size, sha256 }, fresh };
  } finally {
    closeSync(input);
    rmSync(temporary, { force: true });
  }
}

function openInput(file: string): number {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  try {
    return openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ELOOP')
      throw refused('MEDIA-KIND', 'the file is a link', { where: file, hint: 'name the file itself' });
    throw unavailable('MEDIA-READ', 'the file cannot be read', {
      found: code ?? 'error',
      where: file,
      cause,
    });
  }
}

function copyAndHash(
  input: number,
  path: string,
  where: string,
  large: boolean,
): { size: number; sha256: string } {
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;
  const output = openSync(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600);
  const hash = createHash('sha256');
  const piece = Buffer.allocUnsafe(PIECE);
  let size = 0;
  try {
    for (;;) {
      const read = readSync(input, piece, 0, PIECE, null);
      if (read === 0) break;
      if (large && size === 0 && !beginsAsJson(piece.subarray(0, read)))
        readHeader(memorySource(piece.subarray(0, read)), 0);
      size += read;
      if (size > LIMITS.total) throw refused('BUNDLE-LIMIT', 'the file grows while it is read', { where });
      hash.update(piece.subarray(0, read));
      writeAll(output, piece.subarray(0, read));
    }
    fsyncSync(output);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EIO')
      throw unavailable('MEDIA-READ', 'the medium fails', { where, hint: 'do not trust this stick', cause });
    throw cause;
  } finally {
    closeSync(output);
  }
  return { size, sha256: hash.digest('hex') };
}

/** The copy is still what was checked and shown; asked after the last PIN, before the first signature. @throws BUNDLE-CHANGED */
export function verifyCopyUnchanged(copy: Copy): void {
  const found = hashFile(copy.path, constants.O_RDONLY);
  if (found !== copy.sha256)
    throw refused('BUNDLE-CHANGED', 'the request changed after it was checked: nothing was signed', {
      expected: copy.sha256,
      found,
      where: copy.path,
      hint: 'somebody writes into this home: stop, and find out who',
    });
}
