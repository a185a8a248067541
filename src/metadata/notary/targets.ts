import { canonicalText } from '../../encoding/canonical-json.ts';
import { isObject, type Json, type JsonObject } from '../../encoding/json.ts';
import { fromBase64, fromHex, toBase64, toHex } from '../../encoding/text.ts';
import type { ListedFile, TargetEntry } from '../document.ts';
import { readOnce } from '../read-once.ts';
import { customMember, type EntryForm } from '../target-entries.ts';
import { form } from './file.ts';

/** Structure of a targets document: members that Go writes always, in the forms that survive its rewriting. */
export function checkTargets(role: string, signed: JsonObject): void {
  const { targets, delegations } = signed;
  if (targets !== null && !isObject(targets)) throw form(role, '"targets" is missing');
  if (!isObject(delegations) || !isObject(delegations['keys']))
    throw form(role, '"delegations" is missing or has no keys');
  const roles = delegations['roles'];
  if (roles !== null && !Array.isArray(roles)) throw form(role, 'the delegated roles are not a list');
}

function entryOf(role: string, entry: Json | undefined): TargetEntry {
  const hashes = isObject(entry) ? entry['hashes'] : undefined;
  const length = isObject(entry) ? entry['length'] : undefined;
  if (!isObject(hashes) || typeof length !== 'number')
    throw form(role, 'a target has no hashes or no length');
  const hex: Record<string, string> = {};
  for (const [algorithm, value] of Object.entries(hashes)) {
    if (typeof value !== 'string') throw form(role, 'a hash is not text');
    hex[algorithm] = toHex(fromBase64(value));
  }
  return { length, hashes: hex, ...customMember(isObject(entry) ? entry['custom'] : undefined) };
}

/** A targets document without entries; version and expiry are set with what is put in. */
export function newTargets(): JsonObject {
  return { _type: 'Targets', delegations: { keys: {}, roles: [] }, expires: '', targets: {}, version: 0 };
}

function encodeEntry({ length, hashes: hex, custom }: TargetEntry): JsonObject {
  const hashes: Record<string, string> = {};
  for (const [algorithm, digits] of Object.entries(hex)) hashes[algorithm] = toBase64(fromHex(digits));
  return { hashes, length, ...customMember(custom) };
}

/** What Go escapes inside strings: it keeps custom data as it is spelled, and signs that, which nobody then verifies. */
const ESCAPED = /[<>&\u2028\u2029]/;

/** Why stock clients would break custom data when they sign the file again; null if they would not. */
export function customFault(custom: Json): string | null {
  return ESCAPED.test(canonicalText(custom))
    ? 'it holds <, >, & or a line separator, and a stock client could not sign the file again'
    : null;
}

/** How Notary writes one target: hashes in base64. */
export const notaryEntry: EntryForm = { read: entryOf, write: encodeEntry };

/** The files that a snapshot or timestamp lists, by role. */
export const listedFiles = readOnce((document): ReadonlyMap<string, ListedFile> => {
  const meta = document.signed['meta'];
  if (!isObject(meta)) throw form(document.role, '"meta" is missing');
  const files = new Map<string, ListedFile>();
  for (const [role, entry] of Object.entries(meta)) {
    const { length, hashes } = entryOf(document.role, entry);
    if (hashes['sha256']?.length !== 64) throw form(document.role, `"${role}" is listed without a SHA-256`);
    files.set(role, { version: null, length, hashes });
  }
  return files;
});
