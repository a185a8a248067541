import {
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { unavailable } from '../../errors.ts';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY, O_RDONLY, O_DIRECTORY } = constants;

/**
 * Writes a file that must not exist under its final name before it is whole and on disk: temporary name, fsync,
 * link (which never replaces), fsync of the folder. A file that is there already stays: names in the home are
 * digests of their content, so it is the same file.
 *
 * @throws HOME-WRITE (exit 6)
 */
export function createDurably(path: string, bytes: Uint8Array): void {
  placed(path, bytes, (temporary) => {
    try {
      linkSync(temporary, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    unlinkSync(temporary);
  });
}

/** Replaces a file, or creates it: a reader sees the old one or the new one. @throws HOME-WRITE (exit 6) */
export function replaceDurably(path: string, bytes: Uint8Array): void {
  placed(path, bytes, (temporary) => {
    renameSync(temporary, path);
  });
}

/** Removes a file, for good once this returns; one that is not there is removed already. */
export function removeDurably(path: string): void {
  if (!existsSync(dirname(path))) return;
  rmSync(path, { force: true });
  syncFolder(dirname(path));
}

function placed(path: string, bytes: Uint8Array, place: (temporary: string) => void): void {
  const folder = dirname(path);
  const temporary = join(folder, `.${String(process.pid)}-${String(performance.now())}.part`);
  try {
    const made = mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (made !== undefined) syncFolder(dirname(made));
    const file = openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      writeAll(file, bytes);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    place(temporary);
    syncFolder(folder);
  } catch (cause) {
    removeIfPossible(temporary);
    throw unavailable('HOME-WRITE', 'a file could not be written', {
      found: (cause as NodeJS.ErrnoException).code ?? 'error',
      where: path,
      hint: 'see whether the disk is full or read-only',
      cause,
    });
  }
}

/** Tidies up after a failure, whose own error is the one to report: a disk that fails will fail here too. */
export function removeIfPossible(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // What stays has a temporary name, and is removed with the leftovers of other interrupted commands.
  }
}

/** Writes every byte, however often the system takes only some. */
export function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done, bytes.length - done);
}

/** Makes renames and links in a folder survive a power cut. */
export function syncFolder(folder: string): void {
  const handle = openSync(folder, O_RDONLY | O_DIRECTORY);
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
