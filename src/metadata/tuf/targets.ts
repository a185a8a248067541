import { isObject, type Json, type JsonObject } from '../../encoding/json.ts';
import type { TargetEntry } from '../document.ts';
import type { SignedContent } from '../signed-content.ts';
import { customMember, sameContent, type EntryForm } from '../target-entries.ts';
import { form, SPEC_VERSION } from './file.ts';
import { readHashes, readLength } from './listed-file.ts';

/** The entries of a targets document (specification 4.5), each checked. */
export function checkTargets(role: string, { signed, entries }: SignedContent): void {
  if (!isObject(signed['targets'])) throw form(role, '"targets" is missing');
  for (const [, entry] of entries.entries()) entryOf(role, entry);
}

function entryOf(role: string, entry: Json | undefined): TargetEntry {
  if (!isObject(entry)) throw form(role, 'a target is not an object');
  const { length, hashes, custom } = entry;
  return { length: readLength(role, length), hashes: readHashes(role, hashes), ...customMember(custom) };
}

/** A targets document without entries; version and expiry are set with what is put in. */
export function newTargets(): JsonObject {
  return { _type: 'targets', expires: '', spec_version: SPEC_VERSION, targets: {}, version: 0 };
}

/** What others wrote of a target beside what the specification describes stays while its content does. */
function encodeEntry({ length, hashes, custom }: TargetEntry, previous: Json | undefined): JsonObject {
  const encoded = { hashes: { ...hashes }, length, ...customMember(custom) };
  if (!isObject(previous) || !sameContent(entryOf('targets', previous), { length, hashes })) return encoded;
  const others = Object.entries(previous).filter(([member]) => member !== 'custom');
  return { ...Object.fromEntries(others), ...encoded };
}

/** Why a client would not take custom data (specification 4.5: an object); null if all do. */
export function customFault(custom: Json): string | null {
  return isObject(custom) ? null : 'in TUF it is an object';
}

/** How TUF writes one target: hashes in hex. */
export const tufEntry: EntryForm = { read: entryOf, write: encodeEntry };
