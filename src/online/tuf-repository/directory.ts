import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CountersignError, unavailable, usage } from '../../errors.ts';
import type { TargetEntry } from '../../metadata/document.ts';
import { holdLock } from '../directory/publisher-lock.ts';
import { LIMITS, type Store } from '../store.ts';
import { commit, finishCommit, isCommitted } from './commit.ts';
import { layoutOf, metadataFile, rootVersionOf, type Layout } from './layout.ts';
import { listedIn, requireListedBytes, signedPart } from './listed-files.ts';
import { nextFiles, type Published } from './next-files.ts';
import { putTarget, requireInside } from './put-target.ts';
import { targetNames, type TargetFiles } from './target-files.ts';

/** A TUF repository in a folder, which takes new target files. */
export interface TufDirectory extends Store, TargetFiles {
  /** Copies a file to where clients look for the target; says where. @throws as {@link putTarget} */
  putTarget(path: string, source: string, entry: TargetEntry, consistent: boolean): Promise<string>;
}

/**
 * One TUF repository as static files in a folder (layout.ts). Snapshot and timestamp come with the published files;
 * publishers take turns, and each publishes whole or not at all.
 *
 * @throws CountersignError DIRECTORY-PATH (exit 2)
 */
export function tufDirectoryStore(folder: string, repository: string): TufDirectory {
  const layout = layoutOf(folder);
  const where = `${repository} in ${folder}`;
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      if (cause instanceof CountersignError) throw cause;
      const found = cause instanceof Error ? cause.message.slice(0, 300) : 'an unknown error';
      throw unavailable('DIRECTORY-IO', 'the folder of the repository cannot be used', {
        found,
        where,
        cause,
      });
    }
  };
  const locked = (work: () => Promise<void>): Promise<void> =>
    guarded(async () => {
      await mkdir(layout.metadata, { recursive: true });
      const release = await holdLock(layout.lock);
      try {
        await finishCommit(layout);
        await work();
      } finally {
        await release();
      }
    });
  const read = (name: string, limit: number): Promise<Uint8Array | null> =>
    guarded(async () => {
      if (await isCommitted(layout)) await locked(() => Promise.resolve());
      return readFileIn(layout.metadata, name, limit, where);
    });
  const newestRoot = async (): Promise<Uint8Array | null> => {
    const newest = await guarded(() => newestRootVersion(layout));
    return newest === null ? null : read(metadataFile('root', newest), LIMITS.file);
  };

  return {
    signsSnapshot: false,
    current: (role) =>
      role === 'root'
        ? newestRoot()
        : read(metadataFile(role, null), role === 'timestamp' ? LIMITS.timestamp : LIMITS.file),
    async listed(role, listed, consistent) {
      const limit = Math.min(listed.length ?? LIMITS.file, LIMITS.file);
      const file = await read(metadataFile(role, consistent ? listed.version : null), limit);
      return file && requireListedBytes('DIRECTORY-HASH', listed, file, `${role} of ${where}`);
    },
    async rootVersion(version) {
      if (!Number.isSafeInteger(version) || version < 1)
        throw usage('DIRECTORY-VERSION-NUMBER', 'not a version', { found: String(version) });
      return read(metadataFile('root', version), LIMITS.file);
    },
    serverKey: () => Promise.resolve(null),
    newServerKey: () => Promise.resolve(null),
    publish: (files) =>
      locked(async () => {
        if (files.size > 0) await commit(layout, nextFiles(await publishedNow(layout, where), files));
      }),
    remove: () =>
      locked(async () => {
        await rm(join(layout.metadata, 'timestamp.json'), { force: true });
        for (const name of await readdir(layout.metadata))
          if (name.endsWith('.json')) await rm(join(layout.metadata, name), { force: true });
      }),
    describe: () => `folder ${folder}`,
    openTarget: (path, entry, consistent) =>
      guarded(async () => {
        for (const name of targetNames(path, entry, consistent)) {
          const file = join(layout.targets, name);
          if ((await sizeOf(file)) === null) continue;
          await requireInside(layout.targets, dirname(file), path);
          return createReadStream(file, { end: entry.length });
        }
        return null;
      }),
    putTarget: (path, source, entry, consistent) =>
      guarded(() => putTarget(layout.targets, path, source, entry, consistent)),
  };
}

/** Highest root version; older ones may have been removed, but none in between is missing. */
async function newestRootVersion(layout: Layout): Promise<number | null> {
  const names = (await orNull(readdir(layout.metadata))) ?? [];
  const versions = names.flatMap((name) => rootVersionOf(name) ?? []).sort((a, b) => a - b);
  const gap = versions.findIndex((version, index) => index > 0 && version !== (versions[index - 1] ?? 0) + 1);
  return (gap < 0 ? versions.at(-1) : versions[gap - 1]) ?? null;
}

/** What is current, read while the lock is held. */
async function publishedNow(layout: Layout, where: string): Promise<Published> {
  const newest = await newestRootVersion(layout);
  const file = (name: string): Promise<Uint8Array | null> =>
    readFileIn(layout.metadata, name, LIMITS.file, where);
  const root = newest === null ? null : await file(metadataFile('root', newest));
  const timestamp = await file(metadataFile('timestamp', null));
  const listed = timestamp && listedIn(signedPart('timestamp', timestamp), 'snapshot');
  if (!listed || !root) return { root, timestamp, snapshot: null };
  const consistent = signedPart('root', root)['consistent_snapshot'] === true;
  const snapshot = await file(metadataFile('snapshot', consistent ? listed.version : null));
  return { root, timestamp, snapshot };
}

async function readFileIn(
  folder: string,
  name: string,
  limit: number,
  where: string,
): Promise<Uint8Array | null> {
  const handle = await orNull(open(join(folder, name), 'r'));
  if (!handle) return null;
  try {
    const { size } = await handle.stat();
    if (size > limit)
      throw unavailable('DIRECTORY-TOO-LARGE', 'a file is larger than it may be', {
        expected: `at most ${String(limit)} bytes`,
        found: String(size),
        where: `${name} of ${where}`,
      });
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

async function sizeOf(file: string): Promise<number | null> {
  const handle = await orNull(open(file, 'r'));
  if (!handle) return null;
  try {
    const stat = await handle.stat();
    return stat.isFile() ? stat.size : null;
  } finally {
    await handle.close();
  }
}

async function orNull<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw cause;
  }
}
