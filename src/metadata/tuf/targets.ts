import { isObject, type Json, type JsonObject } from '../../encoding/json.ts';
import type { TargetEntry } from '../document.ts';
import type { EntryForm } from '../target-entries.ts';
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

/** A targets document without entries; version and expiry are set with what is put in. */
export function newTargets(): JsonObject {
  return { _type: 'targets', expires: '', spec_version: SPEC_VERSION, targets: {}, version: 0 };
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

/** How TUF writes one target: hashes in hex. */
export const tufEntry: EntryForm = { read: entryOf, write: encodeEntry };
