import type { Json, JsonObject } from '../encoding/json.ts';
import type { SignedDocument, TargetEntry } from './document.ts';
import { targetsPayload, type SignedContent } from './signed-content.ts';

/** How a dialect writes one target. */
export interface EntryForm {
  /** @throws METADATA-FORM naming the role */
  readonly read: (role: string, entry: Json | undefined) => TargetEntry;
  /** The entry as it is to stand in the place of another one (undefined: of none). */
  readonly write: (entry: TargetEntry, previous: Json | undefined) => JsonObject;
}

/** The same content: of the same length, with at least one digest in common, none of which disagrees. */
export function sameContent(one: TargetEntry, other: TargetEntry): boolean {
  const common = Object.keys(other.hashes).filter((algorithm) => one.hashes[algorithm] !== undefined);
  return (
    one.length === other.length &&
    common.length > 0 &&
    common.every((algorithm) => one.hashes[algorithm] === other.hashes[algorithm])
  );
}

/** The custom data of a target, as a member to be spread: none where there is none. */
export function customMember(custom: Json | undefined): { readonly custom?: Json } {
  return custom === undefined ? {} : { custom };
}

/**
 * The entries of a targets document by name. Those that are the same in `unlike`, byte for byte, are left out and not
 * looked into.
 */
export function readEntries(
  { read }: EntryForm,
  { role, entries }: SignedDocument,
  unlike?: SignedDocument,
): Map<string, TargetEntry> {
  const decoded = new Map<string, TargetEntry>();
  for (const [name, value] of entries.entries(unlike?.entries)) decoded.set(name, read(role, value));
  return decoded;
}

/** One entry of a targets document; null where it has none of that name. No other one is looked at. */
export function readEntry(
  { read }: EntryForm,
  { role, entries }: SignedDocument,
  name: string,
): TargetEntry | null {
  const value = entries.get(name);
  return value === undefined ? null : read(role, value);
}

/** The payload of targets with other entries (null: removed), version and expiry; everything else as it was. */
export function withEntries(
  { write }: EntryForm,
  { signed, entries }: SignedContent,
  changed: ReadonlyMap<string, TargetEntry | null>,
  version: number,
  expires: string,
): Buffer {
  // in order already, many are several times faster to encode; and a name may be one that objects inherit
  const written = [...changed.keys()].sort().map((name): [string, Json] => {
    const entry = changed.get(name);
    return [name, entry ? write(entry, entries.get(name)) : null];
  });
  return targetsPayload({ ...signed, expires, version }, entries.with(Object.fromEntries(written)));
}
