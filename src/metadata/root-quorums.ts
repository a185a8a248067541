import { isObject, type Json, type JsonObject } from '../encoding/json.ts';
import type { Quorum } from './dialect.ts';
import type { MetadataKey, RoleKeys, SignedDocument } from './document.ts';
import { openKey } from './open-key.ts';

/** A key object and the ID that it is listed under. */
export interface PlacedKey {
  readonly id: string;
  readonly object: JsonObject;
}

/** How a dialect lists the keys of a root. */
export interface KeyListing {
  /** The key object that a quorum's value declares. @throws METADATA-KEY */
  read(value: Uint8Array): JsonObject;
  /** The keys with one more. @throws METADATA-KEY where another key has its ID */
  add(keys: JsonObject, key: PlacedKey): JsonObject;
}

/** Who signs, out of the key IDs that a root lists for a role. */
export function keysListed(
  root: SignedDocument,
  { keyids, threshold }: { readonly keyids: readonly string[]; readonly threshold: number },
  read: (id: string, object: Json | undefined) => MetadataKey,
): RoleKeys {
  const keys = root.signed['keys'] as JsonObject;
  return { threshold, keys: keyids.map((id) => read(id, keys[id])) };
}

/**
 * `signed` of a root with other quorums; a slot stands in `keys` and `keyids` under its own name until it is filled. A
 * key that a quorum loses goes, unless another role names it; keys that no role named before stay.
 */
export function rootWithQuorums(
  listing: KeyListing,
  signed: JsonObject,
  quorums: ReadonlyMap<string, Quorum>,
  version: number,
  expires: string,
): JsonObject {
  let keys = signed['keys'] as JsonObject;
  const roles: Record<string, Json> = { ...(signed['roles'] as JsonObject) };
  const replaced = new Set([...quorums.keys()].flatMap((role) => keyIdsOf(roles[role])));
  for (const [role, quorum] of quorums) {
    const keyids = quorum.keys.map(({ id, value, open, canonicalId }) => {
      const placed = open ? openKey(id, canonicalId) : value && { id, object: listing.read(value) };
      if (placed) keys = listing.add(keys, placed);
      return placed?.id ?? id;
    });
    const before = roles[role];
    roles[role] = { ...(isObject(before) ? before : {}), keyids, threshold: quorum.threshold };
  }
  const named = new Set(Object.values(roles).flatMap(keyIdsOf));
  const left = Object.entries(keys).filter(([id]) => named.has(id) || !replaced.has(id));
  return { ...signed, expires, keys: Object.fromEntries(left), roles, version };
}

/** Key IDs of an entry that was checked; none where there is no entry. */
export function keyIdsOf(entry: Json | undefined): readonly string[] {
  return isObject(entry) ? (entry['keyids'] as readonly string[]) : [];
}
