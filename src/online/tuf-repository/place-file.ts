import { randomUUID } from 'node:crypto';
import { lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFolder } from '../../station/durable.ts';

/** Names that are no part of the repository: hidden, so that a web server does not list them. */
const TEMPORARY = /^\.countersign-[-0-9a-f]{36}\.part$/;
/** Milliseconds after which a temporary file that nobody writes to any more is a leftover. */
const LEFT_OVER = 3_600_000;

/** A temporary name beside the files that it may become. */
export function temporaryName(folder: string): string {
  return join(folder, `.countersign-${randomUUID()}.part`);
}

/**
 * Puts files in place by name, step by step. All bytes are on the disk under temporary names before the first name
 * changes, so that a full disk changes nothing; then each name leads to what was there before, or to all of the new
 * file, and a step's names are on the disk before the next step begins.
 */
export async function placeFiles(
  folder: string,
  steps: readonly ReadonlyMap<string, Uint8Array>[],
): Promise<void> {
  const temporaries: string[] = [];
  try {
    const ready: [string, string][][] = [];
    for (const step of steps) {
      const renames: [string, string][] = [];
      for (const [name, bytes] of step) {
        const temporary = temporaryName(folder);
        temporaries.push(temporary);
        await writeWhole(temporary, bytes);
        renames.push([temporary, join(folder, name)]);
      }
      ready.push(renames);
    }
    for (const renames of ready) {
      for (const [temporary, path] of renames) await rename(temporary, path);
      syncFolder(folder);
    }
  } catch (cause) {
    for (const temporary of temporaries) await rm(temporary, { force: true }).catch(() => undefined);
    throw cause;
  }
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o644);
  try {
    await file.writeFile(bytes);
    // whatever the umask: a web server reads it as another user
    await file.chmod(0o644);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes a folder and those above it, for good once this returns. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o755 });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) syncFolder(dirname(made));
}

/**
 * Removes what killed writers left.
 *
 * @param now milliseconds since 1970; files written within the hour before stay, a writer may be at work. Null where
 *   a lock says that there is none.
 */
export async function removeLeftovers(folder: string, now: number | null): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!TEMPORARY.test(name)) continue;
    const path = join(folder, name);
    if (now === null || (await lstat(path)).mtimeMs < now - LEFT_OVER) await rm(path, { force: true });
  }
}
