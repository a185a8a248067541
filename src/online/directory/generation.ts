import { link, mkdir, open, readdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sha256Hex } from '../../encoding/hash.ts';
import { generationName, generationNumber, roleFile } from './layout.ts';
import type { Layout } from './layout.ts';
import { versionOf } from './next-state.ts';
import type { State } from './next-state.ts';

/** Files whose content their name fixes: `ROLE.SHA256.json`, `N.root.json`. */
const FIXED = /(?:\.[0-9a-f]{64}|^[1-9][0-9]*\.root)\.json$/;

/** Number of the generation that is current; 0 if nothing was published. */
export async function currentGeneration(layout: Layout): Promise<number> {
  try {
    return generationNumber(await readlink(layout.current)) ?? 0;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw cause;
  }
}

/**
 * Writes the state as a new generation and makes it current by one rename. Everything is on the disk before, so that
 * a kill or a power cut leaves the old generation current, or the new one. The generation before stays for readers
 * that are on their way into it; older ones, and what a killed publisher left, are removed.
 */
export async function writeGeneration(layout: Layout, state: State): Promise<void> {
  const before = await currentGeneration(layout);
  await removeGenerations(layout, (number) => number > before);
  const folder = layout.generation(before + 1);
  await mkdir(join(folder, 'targets'), { recursive: true });
  if (before > 0) await linkFixedFiles(layout.generation(before), folder);
  for (const [role, bytes] of state) {
    const fixed = join(folder, roleFile(role, `.${sha256Hex(bytes)}`));
    await mkdir(dirname(fixed), { recursive: true });
    await writeOnce(fixed, bytes);
    await link(fixed, join(folder, roleFile(role)));
    if (role === 'root') await linkOnce(fixed, join(folder, `${String(versionOf(role, bytes))}.root.json`));
  }
  await syncFolders(folder);
  await writeOnce(layout.index, Buffer.from('{}'));
  await syncFolder(dirname(layout.index));
  await syncFolder(layout.trust);
  const next = join(layout.trust, 'next');
  await rm(next, { force: true });
  await symlink(generationName(before + 1), next);
  await rename(next, layout.current);
  await syncFolder(layout.trust);
  await removeGenerations(layout, (number) => number < before);
}

/** Removes the link first, so that the repository is gone at once for every reader, and then what it led to. */
export async function removeEverything(layout: Layout): Promise<void> {
  await rm(layout.current, { force: true });
  await syncFolder(layout.trust);
  await removeGenerations(layout, () => true);
  await syncFolder(layout.trust);
}

async function linkFixedFiles(from: string, to: string): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) {
      await mkdir(target, { recursive: true });
      await linkFixedFiles(source, target);
    } else if (FIXED.test(entry.name)) {
      await link(source, target);
    }
  }
}

/** Writes the file unless its name, and with it its content, is there already. */
async function writeOnce(file: string, bytes: Uint8Array): Promise<void> {
  let handle;
  try {
    handle = await open(file, 'wx', 0o644);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw cause;
  }
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function linkOnce(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
  }
}

async function syncFolders(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (entry.isDirectory()) await syncFolders(join(folder, entry.name));
  await syncFolder(folder);
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function removeGenerations(layout: Layout, unwanted: (number: number) => boolean): Promise<void> {
  for (const name of await readdir(layout.trust)) {
    const number = generationNumber(name);
    if (number !== null && unwanted(number)) await rm(join(layout.trust, name), { recursive: true });
  }
}
