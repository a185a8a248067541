import { canonicalText, compareUtf8 } from '../encoding/canonical-json.ts';
import type { Json, JsonObject } from '../encoding/json.ts';
import { memberStart } from '../encoding/json-spans.ts';
import { valueOfCanonical } from '../encoding/json-text.ts';
import { fromUtf8 } from '../encoding/text.ts';
import { EntryTable, NO_ENTRIES } from './entry-table.ts';
import { OPEN_OBJECT } from '../encoding/json-bytes.ts';

const MEMBER = 'targets';

/** What is signed of a role. */
export interface SignedContent {
  /** Every member; of a targets role the entries apart, in whose place an empty object stands. */
  readonly signed: JsonObject;
  /** The entries of a targets role; other roles have none. */
  readonly entries: EntryTable;
}

/** Reads a payload, which is known to be in canonical form. `hasEntries`: of a targets role. */
export function readContent(payload: Uint8Array, hasEntries: boolean): SignedContent {
  const start = hasEntries ? memberStart(payload, MEMBER) : null;
  // Go writes null where there are no entries; anything else is for the dialect to refuse
  if (start === null || payload[start] !== OPEN_OBJECT)
    return { signed: valueOfCanonical(fromUtf8(payload)) as JsonObject, entries: NO_ENTRIES };
  const entries = new EntryTable(payload, start);
  const before = fromUtf8(payload.subarray(0, start));
  const after = fromUtf8(payload.subarray(start + entries.bytes.length));
  return { signed: valueOfCanonical(`${before}{}${after}`) as JsonObject, entries };
}

/** The payload of a targets role: `signed` in canonical form, with entries that are in it already. */
export function targetsPayload(signed: JsonObject, entries: Uint8Array): Buffer {
  const names = Object.keys(signed).filter((name) => name !== MEMBER);
  const members = (some: readonly string[]): string =>
    canonicalText(Object.fromEntries(some.map((name) => [name, signed[name] as Json]))).slice(1, -1);
  const before = members(names.filter((name) => compareUtf8(name, MEMBER) < 0));
  const after = members(names.filter((name) => compareUtf8(name, MEMBER) > 0));
  return Buffer.concat([
    Buffer.from(`{${before}${before && ','}"${MEMBER}":`),
    entries,
    Buffer.from(`${after && ','}${after}}`),
  ]);
}
