import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  unlinkSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { unavailable, usage } from '../../errors.ts';
import { removeIfPossible, syncFolder, writeAll } from './durable.ts';
import { hashFile } from './file-hash.ts';

/** FAT32 holds files of up to 4 GiB - 1. */
const FAT = 0x4d44;
const FAT_LIMIT = 4 * 1024 ** 3 - 1;

interface WrittenFile {
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
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.part`);
  if (existsSync(path)) {
    const sha256 = hashOf(chunks);
    if (!lstatSync(path).isFile() || hashFile(path, constants.O_RDONLY | constants.O_NOFOLLOW) !== sha256)
      throw fileExists(path);
    rmSync(temporary, { force: true });
    return { readBack: readBack(path, sha256) };
  }
  checkSpace(folder, size);
  try {
    rmSync(temporary, { force: true });
    const sha256 = writeTemporary(temporary, chunks);
    const read = readBack(temporary, sha256);
    place(temporary, path);
    syncFolder(folder);
    return { readBack: read };
  } catch (cause) {
    removeIfPossible(temporary);
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

/** @returns SHA-256 of what was written, hex */
function writeTemporary(path: string, chunks: Iterable<Uint8Array>): string {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const file = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  const hash = createHash('sha256');
  try {
    for (const piece of chunks) {
      hash.update(piece);
      writeAll(file, piece);
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return hash.digest('hex');
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

function hashOf(chunks: Iterable<Uint8Array>): string {
  const hash = createHash('sha256');
  for (const piece of chunks) hash.update(piece);
  return hash.digest('hex');
}
