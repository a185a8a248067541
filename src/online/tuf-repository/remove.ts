import { readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../../station/files/durable.ts';
import { fileName, versionedName } from './file-name.ts';
import { orNull } from '../directory/folder-faults.ts';
import type { TufFolder } from './folder.ts';
import { dropPlacing } from './place-file.ts';

/**
 * Removes a repository: first the roots, without which there is none for anybody, the newest first, so that those that
 * are left after a kill still form a chain; then the rest, and the target files. In a flat folder files of other names stay.
 */
export async function removeRepository(folder: TufFolder): Promise<void> {
  const metadata = await folder.metadata();
  // first of all, or the next reader would bring it back
  await dropPlacing(metadata);
  const names = (await orNull(readdir(metadata))) ?? [];
  const versioned = names.flatMap((name) => {
    const found = versionedName(name);
    return found === null ? [] : [{ name, ...found }];
  });
  const roots = versioned.filter(({ quoted }) => quoted === 'root').sort((a, b) => b.version - a.version);
  const plain = ['root', 'timestamp', 'snapshot', 'targets'].map((role) => fileName(role));
  const copies = versioned.map(({ quoted }) => `${quoted}.json`);
  await rm(join(metadata, 'root.json'), { force: true });
  for (const { name } of roots) await rm(join(metadata, name));
  if (names.length > 0) syncFolder(metadata);
  for (const name of [...plain, ...copies, ...versioned.map(({ name }) => name)])
    await rm(join(metadata, name), { force: true });
  if (names.length > 0) syncFolder(metadata);
  await rm(folder.targets, { recursive: true, force: true });
  if (metadata === folder.base || names.length === 0) return;
  await rmdir(metadata).catch(() => undefined);
  syncFolder(folder.base);
}
