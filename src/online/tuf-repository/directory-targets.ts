import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { link, mkdir, open, realpath, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { CountersignError, conflict, refused, unavailable } from '../../errors.ts';
import type { TargetEntry } from '../../metadata/document.ts';
import { syncFolder } from '../../station/files/durable.ts';
import { orNull } from '../directory/folder-faults.ts';
import { makeFolder, removeLeftovers, temporaryName } from './place-file.ts';
import { digestsOf, targetPaths } from './target-files.ts';

/** Bytes that are copied at once. */
const PIECE = 1_048_576;

/** As {@link TargetFiles.openTarget}, below a folder. */
export async function openTargetFile(
  targets: string,
  path: string,
  entry: TargetEntry,
  consistent: boolean,
): Promise<AsyncIterable<Uint8Array> | null> {
  for (const segments of targetPaths(path, entry, consistent)) {
    const found = await orNull(realpath(join(targets, ...segments)));
    if (found === null) continue;
    await requireInside(targets, found, path);
    const { size } = await regularFile(found);
    if (size > entry.length) throw tooLarge(entry, path);
    return readPieces(found, entry, path);
  }
  return null;
}

/** As {@link TargetFiles.putTarget}, below a folder. */
export async function putTargetFile(
  targets: string,
  path: string,
  source: string,
  entry: TargetEntry,
  consistent: boolean,
): Promise<void> {
  const names = [
    ...targetPaths(path, entry, true),
    ...(consistent ? [] : targetPaths(path, entry, false)),
  ].map((segments) => join(targets, ...segments));
  if (digestsOf(entry).size === 0)
    throw refused('TARGET-CHANGED', 'the entry names no SHA-256 or SHA-512', { where: path });
  await regularFile(source);
  await makeFolder(targets);
  await removeLeftovers(targets, Date.now());
  const temporary = temporaryName(targets);
  try {
    await copyChecked(source, temporary, entry);
    for (const name of names) {
      await makeFolderInside(targets, dirname(name), path);
      await linkOnce(temporary, name, entry, path);
    }
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Each piece is bounded by what the entry still allows, so that a file that grows is no more than that. */
async function* readPieces(file: string, entry: TargetEntry, where: string): AsyncGenerator<Uint8Array> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  try {
    let left = entry.length;
    for (;;) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(Math.min(PIECE, left + 1)));
      if (bytesRead === 0) return;
      if (bytesRead > left) throw tooLarge(entry, where);
      left -= bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } catch (cause) {
    if (cause instanceof CountersignError) throw cause;
    throw unavailable('DIRECTORY-IO', 'a target file cannot be read', { where, cause });
  } finally {
    await handle.close();
  }
}

async function copyChecked(source: string, temporary: string, entry: TargetEntry): Promise<void> {
  const digests = [...digestsOf(entry)];
  const hashes = digests.map(([algorithm]) => createHash(algorithm));
  const from = await open(source, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const to = await open(temporary, 'wx', 0o644);
    try {
      const piece = Buffer.allocUnsafe(PIECE);
      let length = 0;
      for (;;) {
        const { bytesRead } = await from.read(piece, 0, PIECE, null);
        length += bytesRead;
        if (bytesRead === 0 || length > entry.length) break;
        for (const hash of hashes) hash.update(piece.subarray(0, bytesRead));
        await to.writeFile(piece.subarray(0, bytesRead));
      }
      if (length !== entry.length)
        throw changed(
          source,
          `${String(entry.length)} bytes`,
          length > entry.length ? 'more' : String(length),
        );
      for (const [at, [algorithm, expected]] of digests.entries()) {
        const found = hashes[at]?.digest('hex') ?? '';
        if (found !== expected) throw changed(source, `${algorithm} ${expected}`, found);
      }
      await to.chmod(0o644);
      await to.sync();
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}

/** Gives the copy its name; a name is never taken from other bytes. */
async function linkOnce(temporary: string, name: string, entry: TargetEntry, path: string): Promise<void> {
  try {
    await link(temporary, name);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    if (!(await holds(name, entry)))
      throw conflict('TARGET-EXISTS', 'a target file of that name holds other bytes', {
        where: `${basename(name)} for ${path}`.slice(0, 600),
        hint: 'use another name; only with consistent snapshots can a target change its bytes',
        cause,
      });
  }
  syncFolder(dirname(name));
}

async function holds(file: string, entry: TargetEntry): Promise<boolean> {
  const digests = [...digestsOf(entry)];
  const hashes = digests.map(([algorithm]) => createHash(algorithm));
  const found = await stat(file);
  if (!found.isFile() || found.size !== entry.length) return false;
  for await (const piece of readPieces(await realpath(file), entry, file))
    for (const hash of hashes) hash.update(piece);
  return hashes.every((hash, at) => hash.digest('hex') === digests[at]?.[1]);
}

/** Makes the folders one by one: none of them may be a link that leads out. */
async function makeFolderInside(targets: string, folder: string, path: string): Promise<void> {
  let at = targets;
  for (const segment of folder.slice(targets.length).split(sep).filter(Boolean)) {
    at = join(at, segment);
    try {
      await mkdir(at, { mode: 0o755 });
      syncFolder(dirname(at));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    }
    await requireInside(targets, await realpath(at), path);
  }
}

async function requireInside(targets: string, found: string, path: string): Promise<void> {
  if (!found.startsWith((await realpath(targets)) + sep))
    throw unavailable('TARGET-OUTSIDE', 'a link leads out of the folder of target files', {
      found,
      where: path,
      hint: 'remove the link',
    });
}

async function regularFile(path: string): Promise<{ readonly size: number }> {
  const found = await stat(path);
  if (!found.isFile()) throw unavailable('DIRECTORY-IO', 'not a regular file', { where: path });
  return found;
}

function tooLarge(entry: TargetEntry, where: string): Error {
  return unavailable('TARGET-TOO-LARGE', 'the target file is larger than its entry says', {
    expected: `at most ${String(entry.length)} bytes`,
    where,
  });
}

function changed(where: string, expected: string, found: string): Error {
  return refused('TARGET-CHANGED', 'the file is not the one that the entry was made of', {
    expected,
    found,
    where,
    hint: 'put the right file there, or add the target again',
  });
}
