import { conflict } from '../../errors.ts';
import type { ListedFile } from '../../metadata/document.ts';
import { differenceFrom } from './listed-file.ts';
import { namesQuorum } from './metadata-view.ts';
import type { MetadataView } from './metadata-view.ts';
import { viewed } from './published-state.ts';
import type { PublishedState, Viewed } from './published-state.ts';

/** What is to be current, checked to belong together. */
export interface NextState {
  readonly root: Viewed;
  readonly timestamp: Viewed;
  readonly snapshot: Viewed;
  /** The published files that are new. */
  readonly files: ReadonlyMap<string, Viewed>;
}

/**
 * What is current after the files are published over what is current now: every file is newer than the one that it
 * replaces (root: exactly the next), the timestamp lists the snapshot and the snapshot every published targets role.
 * Two publishers that started from one state cannot both pass. A file that is published already, byte for byte, is
 * left out, so that a publication that was cut short can be repeated. Signatures are the caller's business.
 *
 * @throws CountersignError DIRECTORY-VERSION, DIRECTORY-INCOMPLETE, DIRECTORY-FILE (exit 5)
 */
export function nextState(now: PublishedState, published: ReadonlyMap<string, Uint8Array>): NextState {
  const files = new Map<string, Viewed>();
  for (const [role, bytes] of published) files.set(role, viewed(role, bytes));
  const [root, timestamp, snapshot] = (['root', 'timestamp', 'snapshot'] as const).map((role) => {
    const one = files.get(role) ?? now[role];
    if (one === null) throw missing(role);
    return one;
  }) as [Viewed, Viewed, Viewed];
  const fresh = isFresh(now, root.view);
  for (const [role, file] of files) if (isPublished(now, role, file, fresh)) files.delete(role);
  requireEntry('timestamp', timestamp.view, 'snapshot', snapshot);
  for (const role of ['snapshot', 'timestamp'])
    if (snapshot.view.listed.has(role))
      throw conflict('DIRECTORY-FILE', 'the snapshot lists a file that it cannot list', { where: role });
  if (snapshot.view.listed.has('root')) requireEntry('snapshot', snapshot.view, 'root', root);
  for (const [role, file] of files)
    if (!['root', 'timestamp', 'snapshot'].includes(role))
      requireEntry('snapshot', snapshot.view, role, file);
  if (!snapshot.view.listed.has('targets')) throw missing('targets');
  if (now.snapshot !== null && !fresh) requireForward(now.snapshot.view, snapshot.view);
  return { root, timestamp, snapshot, files };
}

/**
 * Whether clients forget the timestamp and snapshot that they have, because a root names other keys for one of them
 * (specification 5.3.11): the way back from versions that an attacker drove up. A root that was published alone by a
 * killed publication says so too: the published timestamp or snapshot lacks its keys.
 */
function isFresh(now: PublishedState, root: MetadataView): boolean {
  const before = now.root?.view;
  if (before === undefined) return false;
  const keys = (one: MetadataView, role: string): string =>
    [...(one.quorums.get(role)?.keyids ?? [])].sort().join(' ');
  return (['timestamp', 'snapshot'] as const).some((role) => {
    const file = now[role];
    return keys(before, role) !== keys(root, role) || (file !== null && !namesQuorum(root, role, file.view));
  });
}

/** Whether the very file is current already. @throws DIRECTORY-VERSION where another one stands against it */
function isPublished(now: PublishedState, role: string, file: Viewed, fresh: boolean): boolean {
  const { version } = file.view;
  const base = role === 'root' || role === 'timestamp' || role === 'snapshot' ? now[role] : null;
  const entry = now.snapshot?.view.listed.get(role);
  const last = base?.view.version ?? entry?.version ?? 0;
  if (version === last) {
    if (base !== null && Buffer.compare(base.bytes, file.bytes) === 0) return true;
    // without hashes the list does not tell two files of a version apart; the file in place will
    if (base === null && entry !== undefined && differenceFrom(entry, file.bytes) === null) return false;
  }
  const follows = role === 'root' ? last === 0 || version === last + 1 : version > last || fresh;
  if (!follows || version === last)
    throw conflict('DIRECTORY-VERSION', 'the version does not follow the one that is published', {
      expected: role === 'root' ? String(last + 1) : `above ${String(last)}`,
      found: version === last ? `another file of version ${String(version)}` : String(version),
      where: role,
      hint: 'look at what is published now, then export again',
    });
  return false;
}

/** Clients refuse a snapshot that leaves out what an older one listed, or lists it in an older version (5.5.5). */
function requireForward(before: MetadataView, after: MetadataView): void {
  for (const [role, { version }] of before.listed) {
    const found = after.listed.get(role)?.version;
    if (found === undefined || found < version)
      throw conflict(
        'DIRECTORY-VERSION',
        'the snapshot lists an older file than the published one, or none',
        {
          expected: `at least ${String(version)}`,
          found: found === undefined ? 'no entry' : String(found),
          where: role,
          hint: 'look at what is published now, then export again',
        },
      );
  }
}

function requireEntry(parent: string, list: MetadataView, role: string, file: Viewed): void {
  const entry = list.listed.get(role);
  const difference = entry === undefined ? { expected: 'an entry', found: 'none' } : fault(entry, file);
  if (difference !== null)
    throw conflict('DIRECTORY-INCOMPLETE', `the ${parent} does not go with the other files`, {
      ...difference,
      where: role,
      hint: 'something else was published meanwhile, or a file is missing: export again',
    });
}

function fault(entry: ListedFile, { bytes, view }: Viewed): { expected: string; found: string } | null {
  if (entry.version !== view.version)
    return { expected: `version ${String(entry.version)}`, found: `version ${String(view.version)}` };
  return differenceFrom(entry, bytes);
}

function missing(role: string): Error {
  return conflict('DIRECTORY-INCOMPLETE', 'a file is missing that has to be published with the others', {
    where: role,
  });
}
