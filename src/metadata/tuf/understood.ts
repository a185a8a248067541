import { isObject } from '../../encoding/json.ts';
import type { SignedDocument } from '../document.ts';
import { members, notUnderstood, type UnderstoodMembers } from '../not-understood.ts';
import { typeOf } from './file.ts';
import { TOP_LEVEL } from './names.ts';
import { listedRole } from './online-roles.ts';

const KEYS = {
  keys: { members: { keytype: null, keyval: members('private', 'public'), scheme: null } },
};
const ROLE = members('keyids', 'threshold');
const COMMON = members('_type', 'expires', 'spec_version', 'version').members;
const LISTED = members('hashes', 'length', 'version');
const ROOT: UnderstoodMembers = {
  members: {
    ...COMMON,
    consistent_snapshot: null,
    keys: KEYS,
    roles: { members: Object.fromEntries(TOP_LEVEL.map((role) => [role, ROLE])) },
  },
};
const TARGETS: UnderstoodMembers = {
  members: {
    ...COMMON,
    targets: null,
    delegations: {
      members: {
        keys: KEYS,
        roles: { each: members('keyids', 'name', 'path_hash_prefixes', 'paths', 'terminating', 'threshold') },
        succinct_roles: members('bit_length', 'keyids', 'name_prefix', 'threshold'),
      },
    },
  },
};

/** Members that the specification does not describe, as JSON pointers. */
export function tufNotUnderstood(document: SignedDocument): string[] {
  const type = typeOf(document.role);
  if (type === 'root') return notUnderstood(document, ROOT);
  return notUnderstood(document, type === 'targets' ? TARGETS : listing(document));
}

/** Of a snapshot or timestamp, which list what has a meaning here and what has none. */
function listing({ role, signed: { meta } }: SignedDocument): UnderstoodMembers {
  const names = isObject(meta) ? Object.keys(meta).filter((name) => listedRole(role, name) !== null) : [];
  return {
    members: { ...COMMON, meta: { members: Object.fromEntries(names.map((name) => [name, LISTED])) } },
  };
}
