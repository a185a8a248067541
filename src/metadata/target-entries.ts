import type { Json, JsonObject } from '../encoding/json.ts';
import type { SignedDocument, TargetEntry } from './document.ts';

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

/** `targets` of a document; Go writes null where there are none. */
function entriesIn(signed: JsonObject | undefined): JsonObject {
  return (signed?.['targets'] ?? {}) as JsonObject;
}

/** The entries of a targets document by name, but for those that are the very same value in `unlike`. */
export function readEntries(
  { read }: EntryForm,
  document: SignedDocument,
  unlike?: SignedDocument,
): Map<string, TargetEntry> {
  const entries = entriesIn(document.signed);
  const others = entriesIn(unlike?.signed);
  const decoded = new Map<string, TargetEntry>();
  // no list of pairs, and one look at the others: what they inherit is never an entry
  for (const name of Object.keys(entries))
    if (others[name] !== entries[name]) decoded.set(name, read(document.role, entries[name]));
  return decoded;
}

/** One entry of a targets document; null if it has none of that name. */
export function readEntry({ read }: EntryForm, document: SignedDocument, name: string): TargetEntry | null {
  const entries = entriesIn(document.signed);
  return Object.hasOwn(entries, name) ? read(document.role, entries[name]) : null;
}

/** `signed` with other entries (null: removed), version and expiry; everything else as it was. */
export function withEntries(
  { write }: EntryForm,
  signed: JsonObject,
  changed: ReadonlyMap<string, TargetEntry | null>,
  version: number,
  expires: string,
): JsonObject {
  // A Map, since a target may be called `__proto__`.
  const entries = new Map(Object.entries(entriesIn(signed)));
  for (const [name, entry] of changed) {
    if (entry) entries.set(name, write(entry, entries.get(name)));
    else entries.delete(name);
  }
  // In order already, a large document is several times faster to encode.
  const ordered = [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...signed, expires, targets: Object.fromEntries(ordered), version };
}
