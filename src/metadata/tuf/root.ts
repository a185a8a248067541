import { isObject, type JsonObject } from '../../encoding/json.ts';
import type { RoleKeys, SignedDocument } from '../document.ts';
import { SLOT } from '../open-key.ts';
import { keysListed, type KeyListing } from '../root-quorums.ts';
import { form, isKeyId, SPEC_VERSION } from './file.ts';
import { declaredKey, metadataKey, standaloneKey, withKey } from './keys.ts';
import { TOP_LEVEL } from './names.ts';
import { readSigners, type Signers } from './quorum.ts';

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
  return keysListed(root, signersOf(root.signed, role), metadataKey);
}

/** Keys of a top-level role, slots of an unsigned root among them. */
export function declaredRootKeys(root: SignedDocument, role: string): RoleKeys {
  return keysListed(root, signersOf(root.signed, role), declaredKey);
}

/** A root without roles; they are put in with their quorums. */
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

/** How keys stand in a TUF root: one that is there already stays as it is, with members of others. */
export const tufKeys: KeyListing = { read: (value) => standaloneKey(value).object, add: withKey };
