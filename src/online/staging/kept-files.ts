import { createHash } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Hex } from '../../encoding/hash.ts';
import { toUtf8 } from '../../encoding/text.ts';
import { unavailable, usage } from '../../errors.ts';
import { removeIfPossible, syncFolder } from '../../station/files/durable.ts';
import { repositoryKey } from '../../station/ledger/events.ts';
import type { Home } from '../../station/home/home.ts';
import { outstandingFor } from '../../station/ledger/outbox.ts';
import type { RepositoryEntry } from '../repositories/place.ts';
import { repositories } from '../repositories/repositories.ts';
import { stagedChanges } from './staged.ts';
import { onlineStation, type OnlineStation } from '../station.ts';

/** Hashes and length of a file that was read once. */
export interface HashedFile {
  readonly length: number;
  readonly sha256: string;
  readonly sha512: string;
}

/**
 * Copies of target files that wait in the home until the metadata that lists them is published, each under its SHA-256
 * in a folder of its repository: what is published is what was hashed, whatever becomes of the source meanwhile.
 */
function folderOf(home: Home, entry: RepositoryEntry): string {
  return join(home.dir, 'targets', sha256Hex(toUtf8(repositoryKey(entry))));
}

/** Reads a file once: hashes it. @throws ADD-FILE (exit 2) */
export async function hashFile(path: string): Promise<HashedFile> {
  return hashWhile(path, () => Promise.resolve());
}

/**
 * Reads a file once: hashes it, and keeps a copy of what was hashed.
 *
 * @throws ADD-FILE (exit 2), HOME-WRITE (exit 6)
 */
export async function keepFile(home: Home, entry: RepositoryEntry, path: string): Promise<HashedFile> {
  const folder = folderOf(home, entry);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const one of [home.dir, join(home.dir, 'targets')]) syncFolder(one);
  // the lock of the home is held: what has this name is of a command that was killed
  const temporary = join(folder, '.part');
  removeIfPossible(temporary);
  const hashed = await copyTo(temporary, path);
  const kept = join(folder, hashed.sha256);
  if (!existsSync(kept)) linkSync(temporary, kept);
  removeIfPossible(temporary);
  syncFolder(folder);
  return hashed;
}

async function copyTo(temporary: string, path: string): Promise<HashedFile> {
  const written = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (cause) {
      throw unavailable('HOME-WRITE', 'the copy of a target file could not be written', {
        found: (cause as NodeJS.ErrnoException).code ?? 'error',
        where: temporary,
        hint: 'see whether the disk is full or read-only',
        cause,
      });
    }
  };
  const copy = await written(() => open(temporary, 'wx', 0o600));
  try {
    const hashed = await hashWhile(path, (chunk) => written(() => copy.writeFile(chunk)));
    await written(() => copy.sync());
    return hashed;
  } catch (error) {
    removeIfPossible(temporary);
    throw error;
  } finally {
    await copy.close();
  }
}

/** Bytes that are read at once. */
const PIECE = 1_048_576;

async function hashWhile(path: string, each: (piece: Buffer) => Promise<void>): Promise<HashedFile> {
  const readable = async <Result>(work: Promise<Result>): Promise<Result> => {
    try {
      return await work;
    } catch (cause) {
      throw usage('ADD-FILE', 'the file cannot be read', { where: path, cause });
    }
  };
  const hashes = [createHash('sha256'), createHash('sha512')] as const;
  const file = await readable(open(path, 'r'));
  try {
    const buffer = Buffer.allocUnsafe(PIECE);
    let length = 0;
    for (;;) {
      const { bytesRead } = await readable(file.read(buffer, 0, PIECE, null));
      if (bytesRead === 0) break;
      const piece = buffer.subarray(0, bytesRead);
      length += bytesRead;
      for (const hash of hashes) hash.update(piece);
      await each(piece);
    }
    const [sha256, sha512] = hashes.map((hash) => hash.digest('hex')) as [string, string];
    return { length, sha256, sha512 };
  } finally {
    await file.close();
  }
}

/** The kept copy of the file with this SHA-256; null where none was given to `add`. */
export function keptFile(home: Home, entry: RepositoryEntry, sha256: string): string | null {
  const path = join(folderOf(home, entry), sha256);
  return existsSync(path) ? path : null;
}

/**
 * Removes the copies that nothing waits for: those that no staged change names, as soon as no request is on its way
 * that may name them. Runs after whatever publishes, resets or deletes, and before the next `add`, so that a kill leaves
 * nothing for good.
 */
export function sweepKeptFiles({ home, outbox }: OnlineStation, entry: RepositoryEntry): void {
  const folder = folderOf(home, entry);
  if (!existsSync(folder) || outstandingFor(outbox, repositoryKey(entry)) !== null) return;
  const { changes } = stagedChanges(home, entry, outbox.batches);
  const wanted = new Set(changes.flatMap((change) => (change.type === 'add' ? [change.hashes.sha256] : [])));
  for (const name of readdirSync(folder)) if (!wanted.has(name)) rmSync(join(folder, name), { force: true });
  if (wanted.size === 0) rmSync(folder, { recursive: true, force: true });
}

/** The same for every repository, as the ledger says now what is on its way. */
export function sweepAllKeptFiles(home: Home, now: number): void {
  if (!existsSync(join(home.dir, 'targets'))) return;
  const station = onlineStation(home, now);
  for (const entry of repositories(home)) sweepKeptFiles(station, entry);
}
