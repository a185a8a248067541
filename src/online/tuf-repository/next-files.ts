import { conflict } from '../../errors.ts';
import { isObject, sameJson, type JsonObject } from '../../encoding/json.ts';
import { isListed, listedIn, signedPart, versionIn } from './listed-files.ts';
import { metadataFile } from './layout.ts';

/** What is published now. */
export interface Published {
  /** Newest root; null where there is none. */
  readonly root: Uint8Array | null;
  readonly timestamp: Uint8Array | null;
  /** The snapshot that the timestamp lists. */
  readonly snapshot: Uint8Array | null;
}

/** A file to be put in place. */
export interface PlacedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * The files of a publication in the order in which they are put in place, so that a reader who comes in between finds
 * what was, or what will be: first the root and everything that only new lists name, last the timestamp. The folder
 * judges as a trust server would: every file is newer than the one that is listed now (root: exactly the next), and
 * timestamp, snapshot and all files belong together. Two publishers that started from one state cannot both pass.
 *
 * @throws CountersignError DIRECTORY-VERSION, DIRECTORY-INCOMPLETE, DIRECTORY-FILE (exit 5)
 */
export function nextFiles(now: Published, files: ReadonlyMap<string, Uint8Array>): PlacedFile[] {
  const root = files.get('root');
  if (root) requireNextRoot(now.root, root);
  const newest = root ?? now.root;
  if (!newest) throw incomplete('root', 'the repository has no root');
  const consistent = signedPart('root', newest)['consistent_snapshot'] === true;
  const snapshot = requireSnapshot(now, files);
  const before = now.snapshot && signedPart('snapshot', now.snapshot);
  requireKept(before, snapshot, files);
  const placed: PlacedFile[] = [];
  const rank = (role: string): number => ['root', '', 'targets', 'snapshot', 'timestamp'].indexOf(role);
  const order = [...files.keys()].sort((a, b) => (rank(a) < 0 ? 1 : rank(a)) - (rank(b) < 0 ? 1 : rank(b)));
  for (const role of order) {
    const bytes = files.get(role) as Uint8Array;
    const version = versionIn(role, signedPart(role, bytes));
    if (role === 'root') {
      placed.push({ name: metadataFile(role, version), bytes });
    } else if (role === 'timestamp') {
      requireNewer(role, version, now.timestamp);
      placed.push({ name: metadataFile(role, null), bytes });
    } else {
      if (role !== 'snapshot') requireListing(snapshot, before, role, bytes, version);
      placed.push({ name: metadataFile(role, consistent ? version : null), bytes });
    }
  }
  return placed;
}

function requireNextRoot(before: Uint8Array | null, root: Uint8Array): void {
  const version = versionIn('root', signedPart('root', root));
  const last = before ? versionIn('root', signedPart('root', before)) : 0;
  if (version !== last + 1 && last > 0) throw outOfOrder('root', String(last + 1), version);
}

function requireNewer(role: string, version: number, before: Uint8Array | null): void {
  const last = before ? versionIn(role, signedPart(role, before)) : 0;
  if (version <= last) throw outOfOrder(role, `above ${String(last)}`, version);
}

/** The snapshot that will be current: the new one, or the present one where only the timestamp is renewed. */
function requireSnapshot(now: Published, files: ReadonlyMap<string, Uint8Array>): JsonObject {
  const timestamp = files.get('timestamp');
  if (!timestamp) throw incomplete('timestamp', 'a timestamp has to be published with the other files');
  const file = files.get('snapshot') ?? now.snapshot;
  if (!file) throw incomplete('snapshot', 'a snapshot has to be published with the other files');
  const listed = listedIn(signedPart('timestamp', timestamp), 'snapshot');
  const signed = signedPart('snapshot', file);
  if (!listed || listed.version !== versionIn('snapshot', signed) || !isListed(listed, file))
    throw incomplete('snapshot', 'the timestamp does not go with the snapshot');
  if (files.has('snapshot')) requireNewer('snapshot', versionIn('snapshot', signed), now.snapshot);
  return signed;
}

/** What the new snapshot says of every other file is what the present one says: nothing was published in between. */
function requireKept(
  before: JsonObject | null,
  snapshot: JsonObject,
  files: ReadonlyMap<string, Uint8Array>,
): void {
  const olds = isObject(before?.['meta']) ? before['meta'] : {};
  const news = isObject(snapshot['meta']) ? snapshot['meta'] : {};
  const replaced = new Set([...files.keys()].map((role) => `${role}.json`));
  for (const name of new Set([...Object.keys(olds), ...Object.keys(news)]))
    if (!replaced.has(name) && !sameJson(olds[name], news[name]))
      throw incomplete(name, 'the snapshot does not go with the files that are published');
}

function requireListing(
  snapshot: JsonObject,
  before: JsonObject | null,
  role: string,
  bytes: Uint8Array,
  version: number,
): void {
  const listed = listedIn(snapshot, role);
  if (!listed || listed.version !== version || !isListed(listed, bytes))
    throw incomplete(role, 'the snapshot does not list the file that is to be published');
  const last = (before && listedIn(before, role)?.version) ?? 0;
  if (version <= last) throw outOfOrder(role, `above ${String(last)}`, version);
}

function outOfOrder(role: string, expected: string, found: number): Error {
  return conflict('DIRECTORY-VERSION', 'the version does not follow the one that is published', {
    expected,
    found: String(found),
    where: role,
    hint: 'look at what is published now, then export again',
  });
}

function incomplete(where: string, message: string): Error {
  return conflict('DIRECTORY-INCOMPLETE', message, {
    where,
    hint: 'something else was published meanwhile, or a file is missing: export again',
  });
}
