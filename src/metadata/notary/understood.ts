import type { SignedDocument } from '../document.ts';
import { members, notUnderstood, type UnderstoodMembers } from '../not-understood.ts';
import { BASE_ROLES } from './root.ts';

const KEYS = { keys: { members: { keytype: null, keyval: members('private', 'public') } } };
const ROLE = members('keyids', 'threshold');
const COMMON = members('_type', 'expires', 'version').members;
const TARGETS: UnderstoodMembers = {
  members: {
    ...COMMON,
    targets: null,
    delegations: {
      members: { keys: KEYS, roles: { each: members('keyids', 'name', 'paths', 'threshold') } },
    },
  },
};
const LISTING: UnderstoodMembers = {
  members: { ...COMMON, meta: { each: members('custom', 'hashes', 'length') } },
};
const FORMS: Readonly<Record<string, UnderstoodMembers>> = {
  root: {
    members: {
      ...COMMON,
      consistent_snapshot: null,
      keys: KEYS,
      roles: { members: Object.fromEntries(BASE_ROLES.map((role) => [role, ROLE])) },
    },
  },
  snapshot: LISTING,
  timestamp: LISTING,
};

/** Members that Notary's own tools do not write, as JSON pointers: they pass over them, and drop them when they sign. */
export function notaryNotUnderstood(document: SignedDocument): string[] {
  return notUnderstood(document, FORMS[document.role] ?? TARGETS);
}
