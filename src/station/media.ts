import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statfsSync,
  unlinkSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { LIMITS } from '../bundle/limits.ts';
import type { ByteSource } from '../bundle/source.ts';
import { refused, unavailable, usage } from '../errors.ts';
import { syncFolder, writeAll } from './durable.ts';

/** Pieces in which files are read and written, bytes; a multiple of every block size. */
const PIECE = 1024 * 1024;
/** FAT32 holds files of up to 4 GiB - 1. */
const FAT = 0x4d44;
const FAT_LIMIT = 4 * 1024 ** 3 - 1;

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
 * @throws MEDIA-READ (exit 6), MEDIA-KIND, BUNDLE-LIMIT (exit 3), and what the work throws
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
    const { size, sha256 } = copyAndHash(input, temporary, file);
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

function copyAndHash(input: number, path: string, where: string): { size: number; sha256: string } {
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;
  const output = openSync(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600);
  const hash = createHash('sha256');
  const piece = Buffer.allocUnsafe(PIECE);
  let size = 0;
  try {
    for (;;) {
      const read = readSync(input, piece, 0, PIECE, null);
      if (read === 0) break;
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

/** Random access to a file of the home. */
export function fileSource(path: string): ByteSource {
  const { size } = lstatSync(path);
  if (size <= PIECE * 64) {
    const bytes = readFileSync(path);
    return { size: bytes.length, read: (offset, length) => slice(bytes, offset, length) };
  }
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  return {
    size,
    read(offset, length) {
      const bytes = Buffer.allocUnsafe(length);
      let done = 0;
      while (done < length) {
        const read = readSync(file, bytes, done, length - done, offset + done);
        if (read === 0) throw new RangeError('read past the end');
        done += read;
      }
      return bytes;
    },
  };
}

function slice(bytes: Buffer, offset: number, length: number): Uint8Array {
  if (offset < 0 || offset + length > bytes.length) throw new RangeError('read past the end');
  return bytes.subarray(offset, offset + length);
}

export interface WrittenFile {
  /** `replug` where the medium could not be read past the page cache. */
  readonly readBack: 'direct' | 'replug';
}

/**
 * Writes a file for the other half (R14): space first, temporary name, fsync, read back past the page cache,
 * final name without ever replacing a file, fsync of the folder. The same bytes under that name: done already.
 *
 * @throws FILE-EXISTS (exit 2), MEDIA-WRITE, MEDIA-FULL, MEDIA-READBACK (exit 6)
 */
export function writeOut(out: string, chunks: Iterable<Uint8Array>, size: number): WrittenFile {
  const path = resolve(out);
  const pieces = [...chunks];
  const sha256 = hashOf(pieces);
  if (existsSync(path)) {
    if (lstatSync(path).isFile() && hashFile(path, constants.O_RDONLY | constants.O_NOFOLLOW) === sha256)
      return { readBack: readBack(path, sha256) };
    throw fileExists(path);
  }
  const folder = dirname(path);
  checkSpace(folder, size);
  const temporary = join(folder, `.${basename(path)}.part`);
  try {
    rmSync(temporary, { force: true });
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    const file = openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      for (const piece of pieces) writeAll(file, piece);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    const read = readBack(temporary, sha256);
    place(temporary, path);
    syncFolder(folder);
    return { readBack: read };
  } catch (cause) {
    rmSync(temporary, { force: true });
    if (cause instanceof Error && 'check' in cause) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST')
      throw usage('FILE-EXISTS', 'a file of that name appeared meanwhile', { where: path });
    throw unavailable('MEDIA-WRITE', 'the file cannot be written', {
      found: code ?? 'error',
      where: path,
      hint: 'do not trust this stick if it fails again',
      cause,
    });
  }
}

function fileExists(where: string): Error {
  return usage('FILE-EXISTS', 'a file of that name exists, and it is another one', {
    where,
    hint: 'files are never overwritten: choose another name',
  });
}

/** Asked before the work begins whose result could then not be written. @throws FILE-EXISTS (exit 2) */
export function requireFree(out: string): void {
  if (existsSync(out)) throw fileExists(resolve(out));
}

/** Whether the file is there already, byte for byte. */
export function isWritten(out: string, bytes: () => Uint8Array, size: number): boolean {
  const status = lstatSync(out, { throwIfNoEntry: false });
  return status?.isFile() === true && status.size === size && readFileSync(out).equals(bytes());
}

/** A link never replaces a file; media without links (FAT) get a rename, after one more look. */
function place(temporary: string, path: string): void {
  try {
    linkSync(temporary, path);
    unlinkSync(temporary);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EPERM' && code !== 'ENOSYS' && code !== 'EOPNOTSUPP') throw error;
    if (existsSync(path)) throw error;
    renameSync(temporary, path);
  }
}

function checkSpace(folder: string, size: number): void {
  let status: ReturnType<typeof statfsSync>;
  try {
    status = statfsSync(folder);
  } catch (cause) {
    throw unavailable('MEDIA-WRITE', 'the folder to write to is not there', {
      where: folder,
      hint: 'is the stick mounted?',
      cause,
    });
  }
  if (status.type === FAT && size > FAT_LIMIT)
    throw unavailable('MEDIA-FULL', 'a FAT file system holds no file of this size', {
      expected: `at most ${String(FAT_LIMIT)}`,
      found: String(size),
      where: folder,
    });
  if (status.bavail * status.bsize < size)
    throw unavailable('MEDIA-FULL', 'there is not enough space', {
      expected: `${String(size)} bytes`,
      found: `${String(status.bavail * status.bsize)} bytes`,
      where: folder,
    });
}

/**
 * Reads what the medium, not the page cache, holds: O_DIRECT into page-aligned memory. Where that is not to be
 * had the officer unplugs the stick and verifies the bundle.
 *
 * @throws MEDIA-READBACK (exit 6)
 */
function readBack(path: string, sha256: string): 'direct' | 'replug' {
  let found: string;
  try {
    found = hashFile(path, constants.O_RDONLY | constants.O_DIRECT | constants.O_NOFOLLOW);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EINVAL') return 'replug';
    throw error;
  }
  if (found !== sha256)
    throw unavailable('MEDIA-READBACK', 'the medium gives back other bytes than were written', {
      expected: sha256,
      found,
      where: path,
      hint: 'do not trust this stick',
    });
  return 'direct';
}

function hashFile(path: string, flags: number): string {
  const file = openSync(path, flags);
  try {
    const hash = createHash('sha256');
    const piece = pageAligned(PIECE);
    for (
      let read = readSync(file, piece, 0, PIECE, null);
      read > 0;
      read = readSync(file, piece, 0, PIECE, null)
    )
      hash.update(piece.subarray(0, read));
    return hash.digest('hex');
  } finally {
    closeSync(file);
  }
}

/** Types of Node do not name what every engine has. */
declare const WebAssembly: { Memory: new (pages: { initial: number }) => { readonly buffer: ArrayBuffer } };

/** WebAssembly memory is page aligned, which O_DIRECT asks for. */
function pageAligned(bytes: number): Buffer {
  return Buffer.from(new WebAssembly.Memory({ initial: bytes / 65_536 }).buffer);
}

function hashOf(pieces: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
}
