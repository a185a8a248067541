import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Layout } from './layout.ts';
import type { PlacedFile } from './next-files.ts';

/**
 * Publishes files whole or not at all. They are written and synced into a folder of their own; its rename decides;
 * then each is renamed into its place, in order. After a kill before the decision nothing was published; after it,
 * {@link finishCommit} puts in place what is left, in the same order.
 */
export async function commit(layout: Layout, files: readonly PlacedFile[]): Promise<void> {
  await rm(layout.pending, { recursive: true, force: true });
  await mkdir(layout.pending, { recursive: true });
  for (const [index, { name, bytes }] of files.entries()) {
    const handle = await open(join(layout.pending, `${String(index).padStart(9, '0')} ${name}`), 'wx', 0o644);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
  await syncFolder(layout.pending);
  await rename(layout.pending, layout.committed);
  await syncFolder(layout.metadata);
  await finishCommit(layout);
}

/** Puts in place what a publisher that was killed had decided to publish; nothing to do otherwise. */
export async function finishCommit(layout: Layout): Promise<void> {
  const left = await namesIn(layout.committed);
  if (left === null) return;
  for (const entry of left.sort()) {
    const name = entry.slice(entry.indexOf(' ') + 1);
    // What a timestamp leads to is on the disk before it is.
    if (name === 'timestamp.json') await syncFolder(layout.metadata);
    await rename(join(layout.committed, entry), join(layout.metadata, name));
  }
  await syncFolder(layout.metadata);
  await rm(layout.committed, { recursive: true, force: true });
  await syncFolder(layout.metadata);
}

/** Whether a publication is decided and not in place yet. */
export async function isCommitted(layout: Layout): Promise<boolean> {
  return (await namesIn(layout.committed)) !== null;
}

async function namesIn(folder: string): Promise<string[] | null> {
  try {
    return await readdir(folder);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw cause;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
