import { isObject, type Json, type JsonObject } from '../../encoding/json.ts';
import type { KeyContext, NewRoot } from '../dialect.ts';
import type { RoleKeys, SignedDocument } from '../document.ts';
import { form } from './file.ts';
import { metadataKey, rootKeyIsUsable, standaloneKey } from './keys.ts';
import { parseStrictJson } from '../../encoding/strict-json.ts';

const BASE_ROLES = ['root', 'snapshot', 'targets', 'timestamp'] as const;

/** Structure of a root as Notary 0.7 demands it: the four roles, each with a threshold and listed keys. */
export function checkRoot(signed: JsonObject): void {
  if (typeof signed['consistent_snapshot'] !== 'boolean')
    throw form('root', '"consistent_snapshot" is missing');
  const roles = signed['roles'];
  for (const role of BASE_ROLES)
    if (!isObject(roles) || !isObject(roles[role])) throw form('root', `the role "${role}" is missing`);
  for (const role of Object.keys(roles as JsonObject)) roleOf(signed, role);
}

function roleOf(signed: JsonObject, role: string): { keyids: string[]; threshold: number } {
  const roles = signed['roles'] as JsonObject;
  const entry = roles[role];
  const keyids = isObject(entry) ? entry['keyids'] : undefined;
  const threshold = isObject(entry) ? entry['threshold'] : undefined;
  if (!Array.isArray(keyids) || typeof threshold !== 'number' || threshold < 1)
    throw form('root', `the role "${role}" has no key IDs or no threshold`);
  const keys = signed['keys'];
  for (const id of keyids as Json[])
    if (typeof id !== 'string' || !isObject(keys) || !Object.hasOwn(keys, id))
      throw form('root', `the role "${role}" lists a key that the root does not hold`);
  return { keyids: [...new Set(keyids as string[])], threshold };
}

/** Keys of a top-level role. Root keys whose certificate may not speak for the repository now are left out. */
export function rootRoleKeys(root: SignedDocument, role: string, context: KeyContext): RoleKeys {
  const { keyids, threshold } = roleOf(root.signed, role);
  const keys = root.signed['keys'] as JsonObject;
  const usable =
    role === 'root'
      ? keyids.filter((id) => rootKeyIsUsable(keys[id], context.repository, context.now))
      : keyids;
  return { threshold, keys: usable.map((id) => metadataKey(id, keys[id])) };
}

/** `signed` of a new root; a slot stands in `keys` and `keyids` under its own name until it is filled. */
export function newRoot(root: NewRoot): JsonObject {
  const keys: Record<string, Json> = {};
  const roles: Record<string, Json> = {};
  for (const { role, slot, value } of root.keys) {
    const id = value ? standaloneKey(value).key.id : `slot:${slot}`;
    keys[id] = value ? parseStrictJson(value) : { slot };
    roles[role] = { keyids: [id], threshold: 1 };
  }
  for (const { role, value } of root.onlineKeys) {
    const { object, key } = standaloneKey(value);
    keys[key.id] = object;
    roles[role] = { keyids: [key.id], threshold: 1 };
  }
  return {
    _type: 'Root',
    consistent_snapshot: false,
    expires: root.expires,
    keys,
    roles,
    version: root.version,
  };
}
