import { isObject, type Json, type JsonObject } from '../../encoding/json.ts';
import type { DelegatedNames, Delegation, DelegationEdit } from '../dialect.ts';
import type { RoleKeys, SignedDocument } from '../document.ts';
import { refused } from '../../errors.ts';
import { form } from './file.ts';
import { metadataKey, standaloneKey } from './keys.ts';

/** The roles that a targets document delegates to, in its order. */
export function delegationsOf(parent: SignedDocument): Delegation[] {
  const { keys, roles } = readDelegations(parent.signed);
  return roles.map((entry) => readRole(parent.role, entry, keys));
}

/** Keys of a role that this document delegates to; null if it does not. */
export function delegatedRoleKeys(parent: SignedDocument, role: string): RoleKeys | null {
  const { keys, roles } = readDelegations(parent.signed);
  const found = roles.find((entry) => isObject(entry) && entry['name'] === role);
  return found === undefined ? null : readRole(parent.role, found, keys);
}

function readDelegations(signed: JsonObject): { keys: JsonObject; roles: Json[] } {
  const delegations = signed['delegations'] as JsonObject;
  return { keys: delegations['keys'] as JsonObject, roles: (delegations['roles'] ?? []) as Json[] };
}

/** Go writes null for no key IDs, and leaves `paths` out where there are none. */
function readRole(parent: string, entry: Json, keys: JsonObject): Delegation {
  if (!isObject(entry) || typeof entry['name'] !== 'string') throw form(parent, 'a delegation has no name');
  const { name, threshold } = entry;
  const keyids = entry['keyids'] ?? [];
  const paths = entry['paths'] ?? [];
  if (!isTexts(keyids) || typeof threshold !== 'number' || threshold < 1)
    throw form(parent, `the delegation "${name}" has no key IDs or no threshold`);
  if (!isTexts(paths)) throw form(parent, `the delegation "${name}" has paths that are not text`);
  const ids = [...new Set(keyids)];
  return {
    role: name,
    threshold,
    paths,
    hashPrefixes: [],
    terminating: false,
    keys: ids.map((id) => metadataKey(id, Object.hasOwn(keys, id) ? keys[id] : undefined)),
  };
}

function isTexts(value: Json): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/**
 * The document with other delegations, as stock Notary would leave it: a changed role keeps its place in the list,
 * a new one comes last, keys that no delegation uses any more go, and the last role's removal leaves null.
 */
export function withDelegations(signed: JsonObject, edits: readonly DelegationEdit[]): JsonObject {
  if (edits.length === 0) return signed;
  const { keys, roles } = readDelegations(signed);
  const all: Record<string, Json> = { ...keys };
  const byName = new Map(roles.map((entry) => [(entry as JsonObject)['name'] as string, entry]));
  for (const { role, declared } of edits) {
    if (!declared) {
      byName.delete(role);
      continue;
    }
    const { quorum, paths, hashPrefixes, terminating } = declared;
    if (hashPrefixes.length > 0 || terminating)
      throw refused('CHANGE-DELEGATION', 'Notary delegates by paths, and never ends a search', {
        where: role,
        hint: 'give --paths, without --terminating and without hash prefixes',
      });
    for (const { id, value } of quorum.keys) if (value) all[id] = standaloneKey(value).object;
    byName.set(role, {
      keyids: quorum.keys.map(({ id }) => id),
      name: role,
      ...(paths.length > 0 ? { paths: [...paths] } : {}),
      threshold: quorum.threshold,
    });
  }
  const left = [...byName.values()];
  const named = new Set(left.flatMap((entry) => ((entry as JsonObject)['keyids'] ?? []) as string[]));
  const used = Object.fromEntries(Object.entries(all).filter(([id]) => named.has(id)));
  return { ...signed, delegations: { keys: used, roles: left.length > 0 ? left : null } };
}

/** Whether a name begins with one of the paths. */
export function coversName({ paths }: DelegatedNames, target: string): boolean {
  return paths.some((path) => target.startsWith(path));
}

/** Whether there may be a name that begins with a path of each. */
export function pathsMeet({ paths }: DelegatedNames, other: DelegatedNames): boolean {
  return paths.some((a) => other.paths.some((b) => a.startsWith(b) || b.startsWith(a)));
}

/** Paths that are wider than what the parent was given go (Notary: RestrictDelegationPathPrefixes). */
export function withinPaths(delegation: Delegation, above: DelegatedNames): Delegation {
  return { ...delegation, paths: delegation.paths.filter((path) => coversName(above, path)) };
}
