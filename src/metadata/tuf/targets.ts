import { isObject, type Json, type JsonObject } from '../../encoding/json.ts';
import type { SignedDocument, TargetEntry } from '../document.ts';
import { form, SPEC_VERSION } from './file.ts';
import { readHashes, readLength } from './listed-file.ts';

/** The entries of a targets document (specification 4.5), each checked. */
export function checkTargets(role: string, signed: JsonObject): void {
  if (!isObject(signed['targets'])) throw form(role, '"targets" is missing');
  for (const entry of Object.values(signed['targets'])) entryOf(role, entry);
}

function entryOf(role: string, entry: Json | undefined): TargetEntry {
  if (!isObject(entry)) throw form(role, 'a target is not an object');
  return { length: readLength(role, entry['length']), hashes: readHashes(role, entry['hashes']) };
}

/** The entries of a targets document by name, but for those that are the very same value in `unlike`. */
export function targetsOf(document: SignedDocument, unlike?: SignedDocument): Map<string, TargetEntry> {
  const entries = document.signed['targets'] as JsonObject;
  const others = (unlike?.signed['targets'] ?? {}) as JsonObject;
  const decoded = new Map<string, TargetEntry>();
  for (const [name, entry] of Object.entries(entries))
    if (!Object.hasOwn(others, name) || others[name] !== entry)
      decoded.set(name, entryOf(document.role, entry));
  return decoded;
}

/** A targets document without entries; version and expiry are set by {@link withTargets}. */
export function newTargets(): JsonObject {
  return { _type: 'targets', expires: '', spec_version: SPEC_VERSION, targets: {}, version: 0 };
}

/** The document with other entries (null: removed), version and expiry; everything else as it was. */
export function withTargets(
  signed: JsonObject,
  changed: ReadonlyMap<string, TargetEntry | null>,
  version: number,
  expires: string,
): JsonObject {
  if (changed.size === 0) return { ...signed, expires, version };
  // A Map, since a target may be called `__proto__`.
  const entries = new Map(Object.entries(signed['targets'] as JsonObject));
  for (const [name, entry] of changed) {
    if (entry) entries.set(name, encodeEntry(entry, entries.get(name)));
    else entries.delete(name);
  }
  // In order already, a large document is several times faster to encode.
  const ordered = [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...signed, expires, targets: Object.fromEntries(ordered), version };
}

/** Custom data, and what else others wrote, stays with a target whose content stays; new content starts without. */
function encodeEntry(entry: TargetEntry, previous: Json | undefined): JsonObject {
  const encoded = { hashes: { ...entry.hashes }, length: entry.length };
  return isObject(previous) && sameContent(entryOf('targets', previous), entry)
    ? { ...previous, ...encoded }
    : encoded;
}

/** The same where at least one algorithm is common to both, and none of those disagrees. */
function sameContent(before: TargetEntry, after: TargetEntry): boolean {
  const common = Object.keys(after.hashes).filter((algorithm) => before.hashes[algorithm] !== undefined);
  return (
    before.length === after.length &&
    common.length > 0 &&
    common.every((algorithm) => before.hashes[algorithm] === after.hashes[algorithm])
  );
}
