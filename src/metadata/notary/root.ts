import { isObject, type Json, type JsonObject } from '../../encoding/json.ts';
import type { KeyContext } from '../dialect.ts';
import type { RoleKeys, SignedDocument } from '../document.ts';
import { keysListed, type KeyListing } from '../root-quorums.ts';
import { form } from './file.ts';
import { declaredKey, metadataKey, rootKeyIsUsable, standaloneKey } from './keys.ts';

/** The roles that every root names. */
export const BASE_ROLES = ['root', 'snapshot', 'targets', 'timestamp'] as const;

/** Structure of a root as Notary 0.7 demands it: the four roles, each with a threshold and listed keys. */
export function checkRoot(signed: JsonObject): void {
  if (typeof signed['consistent_snapshot'] !== 'boolean')
    throw form('root', '"consistent_snapshot" is missing');
  const roles = signed['roles'];
  for (const role of BASE_ROLES)
    if (!isObject(roles) || !isObject(roles[role])) throw form('root', `the role "${role}" is missing`);
  for (const role of Object.keys(roles as JsonObject)) roleOf(signed, role);
  for (const id of Object.keys(signed['keys'] as JsonObject))
    if (!/^[0-9a-f]{64}$/.test(id)) throw form('root', 'a key ID is not 64 hex digits');
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
  return keysListed(root, { keyids: usable, threshold }, metadataKey);
}

/** Keys of a top-level role, those that may not be used now among them. */
export function declaredRootKeys(root: SignedDocument, role: string): RoleKeys {
  return keysListed(root, roleOf(root.signed, role), declaredKey);
}

/** A root without roles; they are put in with their quorums. */
export function newRoot(): JsonObject {
  return { _type: 'Root', consistent_snapshot: false, expires: '', keys: {}, roles: {}, version: 0 };
}

/** How keys stand in a Notary root. */
export const notaryKeys: KeyListing = {
  read: (value) => standaloneKey(value).object,
  add: (keys, { id, object }) => ({ ...keys, [id]: object }),
};
