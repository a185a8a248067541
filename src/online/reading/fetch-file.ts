import { randomUUID } from 'node:crypto';
import { link, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CountersignError, unavailable, usage } from '../../errors.ts';
import { syncFolder } from '../../station/files/durable.ts';
import { contentMeter, requireContent } from '../staging/content.ts';
import type { FoundTarget } from './found-targets.ts';
import type { TargetFiles } from '../tuf-repository/target-files.ts';

/** Where a target's file comes from, and where it goes. */
export interface FileToFetch {
  readonly repository: string;
  readonly target: FoundTarget;
  readonly files: TargetFiles;
  /** Whether target files are served under names with their hash. */
  readonly consistent: boolean;
  /** The final name. */
  readonly destination: string;
  /** Whether another file of that name is replaced; else it stays, and the fetch is refused. */
  readonly replace: boolean;
}

/**
 * Fetches the file of a target. Its final name comes into being with the last byte verified and on the disk: nobody ever
 * finds a part of a file, or another one, under it. A file of that name that is the target's already is left alone.
 *
 * @returns whether anything was fetched
 * @throws VERIFY-MISMATCH, VERIFY-HASH (exit 3), DOWNLOAD-EXISTS, TARGET-PATH (exit 2), DOWNLOAD-ABSENT, DOWNLOAD-WRITE,
 *   TARGET-TOO-LARGE, SERVER-*, DIRECTORY-* (exit 6)
 */
export async function fetchFile(work: FileToFetch): Promise<boolean> {
  const { repository, target, files, consistent, destination } = work;
  if (await isThere(work)) return false;
  const content = await files.openTarget(target.name, target.entry, consistent);
  if (!content)
    throw unavailable('DOWNLOAD-ABSENT', 'the repository has no file for the target', {
      where: `${target.name} of ${repository}`,
      hint: 'it is signed, but whoever publishes did not put the file there',
    });
  const temporary = join(dirname(destination), `.${randomUUID()}.part`);
  try {
    await writeVerified(work, content, temporary);
    await (work.replace ? rename(temporary, destination) : link(temporary, destination));
    syncFolder(dirname(destination));
  } catch (cause) {
    throw explain(destination, cause);
  } finally {
    await rm(temporary, { force: true });
  }
  return true;
}

/** Whether the file is there already. @throws DOWNLOAD-EXISTS where another one is that must stay */
async function isThere({ repository, target, destination, replace }: FileToFetch): Promise<boolean> {
  const found = await stat(destination).catch(() => null);
  if (!found) return false;
  if (!found.isFile()) throw taken(destination);
  const meter = contentMeter(target.entry.length);
  const file = await open(destination, 'r');
  try {
    for await (const piece of file.createReadStream()) if (!meter.add(piece as Buffer)) break;
    requireContent(repository, target, meter.measured());
    return true;
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error;
    if (!replace) throw taken(destination);
    return false;
  } finally {
    await file.close();
  }
}

async function writeVerified(
  { repository, target }: FileToFetch,
  content: AsyncIterable<Uint8Array>,
  temporary: string,
): Promise<void> {
  const meter = contentMeter(target.entry.length);
  const file = await open(temporary, 'wx', 0o644);
  try {
    for await (const piece of content) {
      if (!meter.add(piece)) break;
      await file.writeFile(piece);
    }
    requireContent(repository, target, meter.measured());
    await file.sync();
  } finally {
    await file.close();
  }
}

function taken(where: string): Error {
  return usage('DOWNLOAD-EXISTS', 'something else has the name of the file', {
    where,
    hint: 'say with -o FILE where the file goes; a file named so is replaced',
  });
}

function explain(destination: string, cause: unknown): unknown {
  if (cause instanceof CountersignError) return cause;
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'EEXIST') return taken(destination);
  return unavailable('DOWNLOAD-WRITE', 'the file cannot be written', {
    found: code ?? 'an unknown error',
    where: destination,
    hint: 'see whether the folder exists, and whether the disk is full or read-only',
    cause,
  });
}
