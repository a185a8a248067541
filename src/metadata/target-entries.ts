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

/** One entry of a targets document; null where it has none of that name. No other one is looked at. */
export function readEntry(
  { read }: EntryForm,
  { role, signed }: SignedDocument,
  name: string,
): TargetEntry | null {
  const entries = entriesIn(signed);
  // what objects inherit is never an entry
  return Object.hasOwn(entries, name) ? read(role, entries[name]) : null;
}

/** `signed` with other entries (null: removed), version and expiry; everything else as it was. */
export function withEntries(
  { write }: EntryForm,
  signed: JsonObject,
  changed: ReadonlyMap<string, TargetEntry | null>,
  version: number,
  expires: string,
): JsonObject {
  const before = entriesIn(signed);
  const targets: Record<string, Json> = { ...before };
  let inOrder = true;
  for (const [name, entry] of changed) {
    if (!entry) {
      Reflect.deleteProperty(targets, name);
      continue;
    }
    const known = Object.hasOwn(before, name);
    inOrder &&= known;
    put(targets, name, write(entry, known ? before[name] : undefined));
  }
  return { ...signed, expires, targets: inOrder ? targets : sorted(targets), version };
}

/** A target may be called `__proto__`. */
function put(targets: Record<string, Json>, name: string, value: Json): void {
  if (name !== '__proto__') targets[name] = value;
  else Object.defineProperty(targets, name, { value, configurable: true, enumerable: true, writable: true });
}

/** In order already, a large document is several times faster to encode. */
function sorted(targets: JsonObject): JsonObject {
  const names = Object.keys(targets).sort();
  return Object.fromEntries(names.map((name) => [name, targets[name] as Json]));
}
