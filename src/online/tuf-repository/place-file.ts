import { randomUUID } from 'node:crypto';
import { lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFolder } from '../../station/files/durable.ts';
import { orNull } from '../directory/folder-faults.ts';

/** Names that are no part of the repository: hidden, so that a web server does not list them. */
const TEMPORARY = /^\.countersign-[-0-9a-f]{36}\.part$/;
/** Milliseconds after which a temporary file that nobody writes to any more is a leftover. */
const LEFT_OVER = 3_600_000;

/** A temporary name beside the files that it may become. */
export function temporaryName(folder: string): string {
  return join(folder, `.countersign-${randomUUID()}.part`);
}

/** Files that are to be put in place, not whole yet; and whole, from which moment on they are published. */
const PENDING = '.countersign-pending';
const DECIDED = '.countersign-decided';

/**
 * Puts files in place by name, step by step. All bytes are on the disk in a folder of their own before the first name
 * changes, so that a full disk changes nothing. That folder's rename decides: after a kill before it nothing was
 * published, and after it {@link finishPlacing} does the rest. Each name leads to what was there before, or to all of
 * the new file, and a step's names are on the disk before the next step begins.
 */
export async function placeFiles(
  folder: string,
  steps: readonly ReadonlyMap<string, Uint8Array>[],
): Promise<void> {
  const pending = join(folder, PENDING);
  await rm(pending, { recursive: true, force: true });
  await mkdir(pending);
  try {
    for (const [index, step] of steps.entries())
      for (const [name, bytes] of step) await writeWhole(join(pending, `${String(index)} ${name}`), bytes);
    syncFolder(pending);
    await rename(pending, join(folder, DECIDED));
  } catch (cause) {
    await rm(pending, { recursive: true, force: true }).catch(() => undefined);
    throw cause;
  }
  syncFolder(folder);
  await finishPlacing(folder);
}

/** Whether a publication was decided whose files are not all in place. */
export async function isDecided(folder: string): Promise<boolean> {
  return (await orNull(readdir(join(folder, DECIDED)))) !== null;
}

/** Puts in place what a publisher that was killed had decided to publish. Whoever calls it holds the lock. */
export async function finishPlacing(folder: string): Promise<void> {
  const decided = join(folder, DECIDED);
  const left = (await orNull(readdir(decided)))?.sort() ?? null;
  if (left === null) return;
  const stepOf = (entry: string): string => entry.slice(0, entry.indexOf(' '));
  for (const [index, entry] of left.entries()) {
    const before = left[index - 1];
    if (before !== undefined && stepOf(before) !== stepOf(entry)) syncFolder(folder);
    await rename(join(decided, entry), join(folder, entry.slice(entry.indexOf(' ') + 1)));
  }
  syncFolder(folder);
  await rm(decided, { recursive: true });
  syncFolder(folder);
}

/** Drops what a killed publisher had decided or prepared. Whoever calls it holds the lock. */
export async function dropPlacing(folder: string): Promise<void> {
  for (const name of [DECIDED, PENDING]) await rm(join(folder, name), { recursive: true, force: true });
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
 * @param now milliseconds since 1970; files written within the hour before stay, a writer may be at work
 */
export async function removeLeftovers(folder: string, now: number): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!TEMPORARY.test(name)) continue;
    const path = join(folder, name);
    if ((await lstat(path)).mtimeMs < now - LEFT_OVER) await rm(path, { force: true });
  }
}
