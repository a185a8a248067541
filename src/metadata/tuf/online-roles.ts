import { sha256Hex } from '../../encoding/hash.ts';
import { isObject, type Json, type JsonObject } from '../../encoding/json.ts';
import type { ListedFile, SignedDocument } from '../document.ts';
import { form, readVersion, SPEC_VERSION } from './file.ts';
import { readOnce } from '../read-once.ts';
import { readHashes, readLength } from './listed-file.ts';

/** The files that a snapshot or timestamp lists (specification 4.4 and 4.6), by role. */
export const listedFiles = readOnce((document): ReadonlyMap<string, ListedFile> => {
  const { meta } = document.signed;
  if (!isObject(meta)) throw form(document.role, '"meta" is missing');
  const files = new Map<string, ListedFile>();
  for (const [name, entry] of Object.entries(meta)) {
    const role = listedRole(document.role, name);
    if (role !== null) files.set(role, readEntry(document.role, entry));
  }
  if (document.role === 'timestamp' && !files.has('snapshot'))
    throw form('timestamp', 'the snapshot is not listed');
  return files;
});

/**
 * The role whose file an entry is about; null for what has no meaning here: a timestamp lists the snapshot alone, a
 * snapshot targets roles alone (before specification 1.0.1 the root too, which no client looks up).
 */
export function listedRole(list: string, name: string): string | null {
  if (!name.endsWith('.json')) return null;
  const role = name.slice(0, -'.json'.length);
  if (list === 'timestamp') return role === 'snapshot' ? role : null;
  return ['', 'root', 'snapshot', 'timestamp'].includes(role) ? null : role;
}

function readEntry(list: string, entry: Json): ListedFile {
  if (!isObject(entry)) throw form(list, 'an entry of "meta" is not an object');
  const { version, length, hashes } = entry;
  return {
    version: readVersion(list, version),
    length: length === undefined ? null : readLength(list, length),
    hashes: hashes === undefined ? {} : readHashes(list, hashes),
  };
}

function entryOf(document: SignedDocument, before: Json | undefined): JsonObject {
  return {
    ...(isObject(before) ? before : {}),
    hashes: { sha256: sha256Hex(document.file) },
    length: document.file.length,
    version: document.version,
  };
}

/**
 * `signed` of a snapshot: the one before, with these files in their new versions. What was listed once stays listed,
 * since clients refuse a snapshot that leaves a role out (specification 5.5.5).
 */
export function newSnapshot(
  before: SignedDocument | null,
  files: ReadonlyMap<string, SignedDocument>,
  version: number,
  expires: string,
): JsonObject {
  const meta = new Map(Object.entries((before?.signed['meta'] ?? {}) as JsonObject));
  for (const [role, document] of files) {
    const name = `${role}.json`;
    meta.set(name, entryOf(document, meta.get(name)));
  }
  const ordered = [...meta].sort(([a], [b]) => (a < b ? -1 : 1));
  return listOf('snapshot', before, Object.fromEntries(ordered), version, expires);
}

/** `signed` of a timestamp over a snapshot file. */
export function newTimestamp(
  before: SignedDocument | null,
  snapshot: SignedDocument,
  version: number,
  expires: string,
): JsonObject {
  const meta = (before?.signed['meta'] ?? {}) as JsonObject;
  const entry = entryOf(snapshot, meta['snapshot.json']);
  return listOf('timestamp', before, { ...meta, 'snapshot.json': entry }, version, expires);
}

function listOf(
  role: string,
  before: SignedDocument | null,
  meta: JsonObject,
  version: number,
  expires: string,
): JsonObject {
  return { spec_version: SPEC_VERSION, ...before?.signed, _type: role, expires, meta, version };
}
