import type { Json, JsonObject } from '../../encoding/json.ts';
import { form } from './file.ts';

/** Who signs, as a role of a root and a delegation say alike (specification 4.3 and 4.5). */
export interface Signers {
  readonly keyids: readonly string[];
  readonly threshold: number;
}

/**
 * Key IDs and threshold of a role's entry.
 *
 * @param role whose file it stands in
 * @param keys the keys that the file holds
 * @throws METADATA-FORM for keys that are not there or are listed twice, as clients refuse them
 */
export function readSigners(role: string, name: string, entry: JsonObject, keys: JsonObject): Signers {
  const { keyids, threshold } = entry;
  if (!isTexts(keyids) || typeof threshold !== 'number' || threshold < 1)
    throw form(role, `the role "${name}" has no key IDs or no threshold`);
  if (new Set(keyids).size !== keyids.length) throw form(role, `the role "${name}" lists a key twice`);
  if (!keyids.every((id) => Object.hasOwn(keys, id)))
    throw form(role, `the role "${name}" lists a key that the file does not hold`);
  return { keyids, threshold };
}

export function isTexts(value: Json | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
