import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, mkdir, open, realpath, rm } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { refused, usage } from '../../errors.ts';
import type { TargetEntry } from '../../metadata/document.ts';
import { targetNames } from './target-files.ts';

/**
 * Copies a file to where clients look for a target, hashed on the way; a file that is there under a name with its hash
 * stays. Nobody reads it before metadata lists it.
 *
 * @param folder of the target files, absolute
 * @throws TARGET-CHANGED (exit 3) where the source is not what the entry says, TARGET-PATH (exit 2) for a path that
 *   leads out of the folder, TARGET-TAKEN (exit 2) where another file lies under the plain name
 */
export async function putTarget(
  folder: string,
  path: string,
  source: string,
  entry: TargetEntry,
  consistent: boolean,
): Promise<string> {
  const [name] = targetNames(path, entry, consistent);
  const place = join(folder, name ?? path);
  await mkdir(dirname(place), { recursive: true });
  await requireInside(folder, dirname(place), path);
  const temporary = join(dirname(place), `.countersign-${String(process.pid)}.part`);
  try {
    const digest = await copy(source, temporary);
    if (digest !== entry.hashes['sha256'])
      throw refused('TARGET-CHANGED', 'the file is not the one that was staged', {
        expected: entry.hashes['sha256'] ?? '',
        found: digest,
        where: source,
        hint: 'it changed in between: add it again',
      });
    await placeOnce(temporary, place, digest);
  } finally {
    await rm(temporary, { force: true });
  }
  return place;
}

async function copy(source: string, temporary: string): Promise<string> {
  const hash = createHash('sha256');
  const target = await open(temporary, 'wx', 0o644);
  try {
    await pipeline(
      createReadStream(source),
      async function* (pieces: AsyncIterable<Buffer>) {
        for await (const piece of pieces) {
          hash.update(piece);
          yield piece;
        }
      },
      target.createWriteStream({ autoClose: false }),
    );
    await target.sync();
  } finally {
    await target.close();
  }
  return hash.digest('hex');
}

/** Links never replace: what lies there already must be the same content. */
async function placeOnce(temporary: string, place: string, digest: string): Promise<void> {
  try {
    await link(temporary, place);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    const hash = createHash('sha256');
    for await (const piece of createReadStream(place)) hash.update(piece as Buffer);
    if (hash.digest('hex') !== digest)
      throw usage('TARGET-TAKEN', 'another file lies there already', {
        found: place,
        hint: 'without consistent snapshots a target is replaced under a new name',
      });
  }
  const folder = await open(dirname(place), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** A link inside the folder may lead anywhere. @throws TARGET-PATH (exit 2) */
export async function requireInside(folder: string, inner: string, path: string): Promise<void> {
  const [outer, real] = [await realpath(folder), await realpath(inner)];
  if (real === outer || real.startsWith(outer + sep)) return;
  throw usage('TARGET-PATH', 'the path leads out of the folder of target files', {
    found: path.slice(0, 300),
  });
}
