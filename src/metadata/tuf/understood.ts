import { isObject, type Json, type JsonObject } from '../../encoding/json.ts';
import type { SignedDocument } from '../document.ts';
import { typeOf } from './file.ts';
import { TOP_LEVEL } from './names.ts';
import { listedRole } from './online-roles.ts';

/** Members that the specification describes, by what has them. */
const COMMON = ['_type', 'expires', 'spec_version', 'version'];
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  root: [...COMMON, 'consistent_snapshot', 'keys', 'roles'],
  targets: [...COMMON, 'delegations', 'targets'],
  snapshot: [...COMMON, 'meta'],
  timestamp: [...COMMON, 'meta'],
};
const KEY = ['keytype', 'keyval', 'scheme'];
const ROLE = ['keyids', 'threshold'];
const DELEGATIONS = ['keys', 'roles', 'succinct_roles'];
const DELEGATED = [...ROLE, 'name', 'path_hash_prefixes', 'paths', 'terminating'];
const SUCCINCT = [...ROLE, 'bit_length', 'name_prefix'];
const TARGET = ['custom', 'hashes', 'length'];
const LISTED = ['hashes', 'length', 'version'];

/** As many of each kind are named: a document that has them on every target would fill the screen. */
const MOST = 20;

/** JSON pointers (RFC 6901) of members that the specification does not describe, in order. */
export function notUnderstood({ role, signed, entries, outside }: SignedDocument): string[] {
  const { keys, roles, delegations, meta } = signed;
  const below = isObject(delegations) ? delegations : {};
  const listed = isObject(meta) ? Object.keys(meta).filter((name) => listedRole(role, name) !== null) : [];
  return [
    unknown('', outside, []),
    unknown('/signed', signed, MEMBERS[typeOf(role)] ?? COMMON),
    ...(typeOf(role) === 'root'
      ? [...keyMembers('/signed/keys', keys), unknown('/signed/roles', roles, TOP_LEVEL)]
      : []),
    typeOf(role) === 'root' ? each('/signed/roles', roles, ROLE, TOP_LEVEL) : [],
    membersOf('/signed/targets', entries.entries(), TARGET),
    unknown('/signed/delegations', delegations, DELEGATIONS),
    ...keyMembers('/signed/delegations/keys', below['keys']),
    each('/signed/delegations/roles', below['roles'], DELEGATED),
    unknown('/signed/delegations/succinct_roles', below['succinct_roles'], SUCCINCT),
    unknown('/signed/meta', meta, listed),
    each('/signed/meta', meta, LISTED, listed),
  ].flatMap((pointers) => pointers.sort().slice(0, MOST));
}

function keyMembers(where: string, keys: Json | undefined): string[][] {
  const values = isObject(keys) ? Object.entries(keys) : [];
  return [
    each(where, keys, KEY),
    values.flatMap(([id, key]) =>
      isObject(key) ? unknown(`${where}/${escape(id)}/keyval`, key['keyval'], ['private', 'public']) : [],
    ),
  ];
}

/** Unknown members of everything in a list or an object, or of these members of it. */
function each(
  where: string,
  values: Json | undefined,
  known: readonly string[],
  only?: readonly string[],
): string[] {
  if (typeof values !== 'object' || values === null) return [];
  const members = Object.entries(values as JsonObject);
  return membersOf(where, only ? members.filter(([name]) => only.includes(name)) : members, known);
}

function membersOf(where: string, members: Iterable<[string, Json]>, known: readonly string[]): string[] {
  const pointers: string[] = [];
  for (const [name, value] of members)
    for (const pointer of unknown(`${where}/${escape(name)}`, value, known)) pointers.push(pointer);
  return pointers;
}

function unknown(where: string, object: Json | undefined, known: readonly string[]): string[] {
  if (!isObject(object)) return [];
  return Object.keys(object)
    .filter((name) => !known.includes(name))
    .map((name) => `${where}/${escape(name)}`);
}

function escape(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
