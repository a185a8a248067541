import { isObject, type Json, type JsonObject } from '../../encoding/json.ts';
import type { Quorum } from '../dialect.ts';
import type { RoleKeys, SignedDocument } from '../document.ts';
import { form, isKeyId, SPEC_VERSION } from './file.ts';
import { declaredKey, metadataKey, openKey, SLOT, standaloneKey, withKey } from './keys.ts';
import { TOP_LEVEL } from './names.ts';
import { keyIdsOf, readSigners, type Signers } from './quorum.ts';

/** Structure of a root (specification 4.3): the four roles, each with a threshold and listed keys. */
export function checkRoot(signed: JsonObject): void {
  const { consistent_snapshot: consistent, keys, roles } = signed;
  if (consistent !== undefined && typeof consistent !== 'boolean')
    throw form('root', '"consistent_snapshot" is not true or false');
  if (!isObject(keys) || !isObject(roles)) throw form('root', '"keys" or "roles" is missing');
  for (const role of TOP_LEVEL) signersOf(signed, role);
  for (const [id, object] of Object.entries(keys)) {
    if (!isKeyId(id) || id.startsWith(SLOT)) throw form('root', 'a key ID is not one');
    metadataKey(id, object);
  }
}

function signersOf(signed: JsonObject, role: string): Signers {
  const { keys, roles } = signed as { keys: JsonObject; roles: JsonObject };
  const entry = roles[role];
  if (!Object.hasOwn(roles, role) || !isObject(entry)) throw form('root', `the role "${role}" is missing`);
  return readSigners('root', role, entry, keys);
}

/** Keys of a top-level role. */
export function rootRoleKeys(root: SignedDocument, role: string): RoleKeys {
  const { keyids, threshold } = signersOf(root.signed, role);
  const keys = root.signed['keys'] as JsonObject;
  return { threshold, keys: keyids.map((id) => metadataKey(id, keys[id])) };
}

/** Keys of a top-level role, slots of an unsigned root among them. */
export function declaredRootKeys(root: SignedDocument, role: string): RoleKeys {
  const { keyids, threshold } = signersOf(root.signed, role);
  const keys = root.signed['keys'] as JsonObject;
  return { threshold, keys: keyids.map((id) => declaredKey(id, keys[id])) };
}

/** A root without roles; {@link withQuorums} puts them in. */
export function newRoot(): JsonObject {
  return {
    _type: 'root',
    consistent_snapshot: true,
    expires: '',
    keys: {},
    roles: {},
    spec_version: SPEC_VERSION,
    version: 0,
  };
}

/**
 * The root with other quorums; a slot stands in `keys` and `keyids` under its own name until it is filled. A key
 * that a quorum loses goes, unless another role names it; keys that no role named before stay.
 */
export function withQuorums(
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
      const placed = open ? openKey(id, canonicalId) : value && { id, object: standaloneKey(value).object };
      if (placed) keys = withKey(keys, placed);
      return placed?.id ?? id;
    });
    const before = roles[role];
    roles[role] = { ...(isObject(before) ? before : {}), keyids, threshold: quorum.threshold };
  }
  const named = new Set(Object.values(roles).flatMap(keyIdsOf));
  const left = Object.entries(keys).filter(([id]) => named.has(id) || !replaced.has(id));
  return { ...signed, expires, keys: Object.fromEntries(left), roles, version };
}
