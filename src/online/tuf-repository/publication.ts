import { readdir } from 'node:fs/promises';
import { conflict, usage } from '../../errors.ts';
import type { ListedFile } from '../../metadata/document.ts';
import { LIMITS } from '../repositories/store.ts';
import { fileName, looksVersioned, versionedName } from './file-name.ts';
import { readListed } from './listed-file.ts';
import type { ReadFile } from './listed-file.ts';
import { namesQuorum, viewOf } from './metadata-view.ts';
import type { MetadataView } from './metadata-view.ts';
import type { NextState } from './next-state.ts';
import type { PublishedState } from './published-state.ts';

/** Files to put in place by name. Steps follow each other; within one the order does not matter. */
export type Publication = readonly ReadonlyMap<string, Uint8Array>[];

/**
 * What has to be written, and in which order, so that every reader at every instant finds a whole state.
 *
 * 1. `VERSION.ROLE.json` of targets roles and the snapshot: nobody asks for them before a timestamp leads there. They
 *    are kept without consistent snapshots too: for readers on the way through the older state, and for the day on which
 *    a root turns consistent snapshots on. Where a root turns them on or off, every listed file gets its other name.
 * 2. `ROLE.json` where the root is without consistent snapshots (or that name is in use). Between this and the timestamp
 *    clients that know no other name find files that do not match and stop; that is the price of such a repository. Our
 *    own reader goes on to the versioned name.
 * 3. `timestamp.json` and `N.root.json`, one after the other at once.
 *
 * Which of the two is first? A reader walks roots to the newest, then reads the timestamp, so he may meet the old root
 * with the new timestamp whatever we do: all roots before our first write, the timestamp after our last. Hence a root
 * that changes the keys of timestamp, snapshot or targets goes unnoticed only if the new files are signed by the old
 * quorum too. If they are, the timestamp is first: before it everything is old; between them the new files stand under
 * the old root, which takes them; after them everything is new, and nobody ever meets the new root with the old
 * timestamp, which it need not take. If they are not (the old keys are lost, or not to be used again), some readers fail
 * in either order and try again; then the root is first, because it is what ends trust in the old keys. Where nothing is
 * published the root is last: without a root there is no repository. The order rests on key IDs alone: a false one costs
 * a reader a second try, never a wrong file.
 *
 * @param names what the metadata folder holds
 * @throws CountersignError DIRECTORY-VERSION, DIRECTORY-INCOMPLETE (exit 5), DIRECTORY-ROLE (exit 2)
 */
export async function planPublication(
  now: PublishedState,
  next: NextState,
  metadata: string,
  read: ReadFile,
): Promise<Publication> {
  const names = new Set(await readdir(metadata));
  const versioned = new Map<string, Uint8Array>();
  const plain = new Map<string, Uint8Array>();
  const { consistent } = next.root.view;
  const place = async (role: string, version: number, bytes: Uint8Array): Promise<void> => {
    const name = fileName(role, version);
    if (!names.has(name) || !(await stands(read, name, role, version, bytes, now, names)))
      versioned.set(name, bytes);
    if (consistent && (looksVersioned(role) || !names.has(fileName(role)))) return;
    if (looksVersioned(role))
      throw usage('DIRECTORY-ROLE', 'the role would have the file name of another role', {
        found: role.slice(0, 300),
        hint: 'use consistent snapshots, or another name',
      });
    plain.set(fileName(role), bytes);
  };
  const renamed = now.root?.view.consistent !== consistent;
  for (const [role, entry] of next.snapshot.view.listed) {
    if (role === 'root') continue;
    const file = next.files.get(role);
    const before = now.snapshot?.view.listed.get(role);
    const inPlace = (): Promise<Uint8Array> =>
      found(read, role, entry, now.root?.view.consistent ?? consistent);
    if (file !== undefined) {
      if (before?.version === entry.version && Buffer.compare(await inPlace(), file.bytes) !== 0)
        throw replaced(role, entry.version);
      await place(role, entry.version, file.bytes);
    } else if (renamed || before === undefined || !sameEntry(before, entry)) {
      await place(role, entry.version, await inPlace());
    }
  }
  if (renamed || next.files.has('snapshot'))
    await place('snapshot', next.snapshot.view.version, next.snapshot.bytes);
  const root = new Map<string, Uint8Array>();
  if (next.files.has('root')) {
    root.set(fileName('root', next.root.view.version), next.root.bytes);
    if (!consistent || names.has('root.json')) root.set('root.json', next.root.bytes);
  }
  const timestamp = new Map<string, Uint8Array>();
  if (next.files.has('timestamp')) timestamp.set('timestamp.json', next.timestamp.bytes);
  const last = now.root === null || isTakenBy(now.root.view, next) ? [timestamp, root] : [root, timestamp];
  return [versioned, plain, ...last].filter((step) => step.size > 0);
}

/** Whether the files that are to be current have signatures of a quorum that an older root names, by key ID. */
function isTakenBy(root: MetadataView, next: NextState): boolean {
  // a snapshot that lists its root goes with no other one
  if (next.snapshot.view.listed.has('root')) return false;
  const targets = next.files.get('targets');
  const files = { timestamp: next.timestamp, snapshot: next.snapshot, ...(targets && { targets }) };
  return Object.entries(files).every(([role, { view }]) => namesQuorum(root, role, view));
}

/**
 * Whether the versioned file in place is the one to publish. Another one under that name is never replaced, unless no
 * timestamp ever led to it: then a publication was killed that nobody could see, and what replaces it is newer than all
 * that was published. For a role that the published snapshot lists, all versions above the listed one are such; for
 * others those that no snapshot in the folder lists.
 */
async function stands(
  read: ReadFile,
  name: string,
  role: string,
  version: number,
  bytes: Uint8Array,
  now: PublishedState,
  names: ReadonlySet<string>,
): Promise<boolean> {
  const there = await read(name, LIMITS.file);
  if (there !== null && Buffer.compare(there, bytes) === 0) return true;
  if (now.root === null || now.snapshot === null) return false;
  const last = role === 'snapshot' ? now.snapshot.view.version : now.snapshot.view.listed.get(role)?.version;
  const seen =
    last === undefined
      ? await everListed(read, role, version, now.snapshot.view.version, names)
      : version <= last;
  if (seen) throw replaced(role, version);
  return false;
}

/** Whether a snapshot up to the published one lists the role in that version or a later one. */
async function everListed(
  read: ReadFile,
  role: string,
  version: number,
  newest: number,
  names: ReadonlySet<string>,
): Promise<boolean> {
  for (const name of names) {
    const named = versionedName(name);
    if (named?.quoted !== 'snapshot' || named.version > newest) continue;
    const snapshot = await read(name, LIMITS.file);
    if (snapshot !== null && (viewOf('snapshot', snapshot).listed.get(role)?.version ?? 0) >= version)
      return true;
  }
  return false;
}

function replaced(role: string, version: number): Error {
  return conflict('DIRECTORY-VERSION', 'another file of this version was published before', {
    found: `another file of version ${String(version)}`,
    where: role,
    hint: 'files once published are never replaced: export again with a higher version',
  });
}

/** A listed file that is not among the published ones. */
async function found(
  read: ReadFile,
  role: string,
  entry: ListedFile,
  consistent: boolean,
): Promise<Uint8Array> {
  const area = { name: 'DIRECTORY', where: 'the repository' } as const;
  const bytes =
    (await readListed(read, role, entry, consistent, area)) ??
    (await readListed(read, role, entry, !consistent, area));
  if (bytes === null || viewOf(role, bytes).version !== entry.version)
    throw conflict('DIRECTORY-INCOMPLETE', 'the snapshot lists a file that is not there', {
      expected: `version ${String(entry.version)}`,
      found: bytes === null ? 'no file' : 'another version',
      where: role,
      hint: 'publish it with the snapshot',
    });
  return bytes;
}

function sameEntry(a: ListedFile, b: ListedFile): boolean {
  const flat = ({ version, length, hashes }: ListedFile): string =>
    JSON.stringify([version, length, Object.entries(hashes).sort()]);
  return flat(a) === flat(b);
}
