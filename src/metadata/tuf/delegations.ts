import { isObject, type Json, type JsonObject } from '../../encoding/json.ts';
import type { Delegation } from '../dialect.ts';
import type { SignedDocument } from '../document.ts';
import { readBins } from './bins.ts';
import { form } from './file.ts';
import { metadataKey } from './keys.ts';
import { delegatedRoleFault } from './names.ts';
import { isTexts, readSigners } from './quorum.ts';

/** What a targets document delegates: a list, or hash bins that are only counted. */
interface Declared {
  list(): readonly Delegation[];
  find(role: string): Delegation | null;
}

const NONE: Declared = { list: () => [], find: () => null };

/** By the member `delegations`, which stays the same value while a document gets other entries. */
const read = new WeakMap<JsonObject, Declared>();

/** The roles that a targets document delegates to, in its order. */
export function delegationsOf(parent: SignedDocument): readonly Delegation[] {
  return declaredBy(parent.role, parent.signed).list();
}

/** The role that this document delegates to under that name; null if it does not. */
export function delegatedRoleKeys(parent: SignedDocument, role: string): Delegation | null {
  return declaredBy(parent.role, parent.signed).find(role);
}

/** @throws METADATA-FORM, METADATA-KEY (specification 4.5) */
export function checkDelegations(role: string, signed: JsonObject): void {
  declaredBy(role, signed);
}

function declaredBy(role: string, signed: JsonObject): Declared {
  const delegations = signed['delegations'] ?? null;
  if (delegations === null) return NONE;
  if (!isObject(delegations)) throw form(role, '"delegations" is not an object');
  const known = read.get(delegations);
  if (known) return known;
  const declared = readDelegations(role, delegations);
  read.set(delegations, declared);
  return declared;
}

function readDelegations(parent: string, delegations: JsonObject): Declared {
  const { keys } = delegations;
  const roles = delegations['roles'] ?? null;
  const succinct = delegations['succinct_roles'] ?? null;
  if (!isObject(keys)) throw form(parent, '"delegations" has no keys');
  if ((roles === null) === (succinct === null))
    throw form(parent, '"delegations" must have either "roles" or "succinct_roles"');
  for (const [id, object] of Object.entries(keys)) metadataKey(id, object);
  if (succinct === null) return readRoles(parent, roles, keys);
  if (!isObject(succinct)) throw form(parent, '"succinct_roles" is not an object');
  return expandBins(parent, succinct, keys);
}

function readRoles(parent: string, roles: Json, keys: JsonObject): Declared {
  if (!Array.isArray(roles)) throw form(parent, 'the delegated roles are not a list');
  const list = (roles as readonly Json[]).map((entry) => readRole(parent, entry, keys));
  const byName = new Map(list.map((one) => [one.role, one]));
  if (byName.size !== list.length) throw form(parent, 'a role is delegated to twice');
  return { list: () => list, find: (role) => byName.get(role) ?? null };
}

function readRole(parent: string, entry: Json, keys: JsonObject): Delegation {
  if (!isObject(entry) || typeof entry['name'] !== 'string') throw form(parent, 'a delegation has no name');
  const { name, terminating } = entry;
  const fault = delegatedRoleFault(name);
  if (fault !== null) throw form(parent, `a delegated role cannot be called so: ${fault}`);
  if (typeof terminating !== 'boolean')
    throw form(parent, `the delegation "${name}" does not say whether it is terminating`);
  const paths = entry['paths'] ?? null;
  const hashPrefixes = entry['path_hash_prefixes'] ?? null;
  if ((paths === null) === (hashPrefixes === null))
    throw form(parent, `the delegation "${name}" must have either "paths" or "path_hash_prefixes"`);
  if (!isTexts(paths ?? []) || !isTexts(hashPrefixes ?? []))
    throw form(parent, `the delegation "${name}" has paths that are not text`);
  const { keyids, threshold } = readSigners(parent, name, entry, keys);
  return {
    role: name,
    threshold,
    keys: keyids.map((id) => metadataKey(id, keys[id])),
    paths: (paths ?? []) as readonly string[],
    hashPrefixes: (hashPrefixes ?? []) as readonly string[],
    terminating,
  };
}

/** Bins are made as they are asked for. */
function expandBins(parent: string, entry: JsonObject, keys: JsonObject): Declared {
  const bins = readBins(parent, entry, keys);
  const signers = bins.keyids.map((id) => metadataKey(id, keys[id]));
  const made = new Map<number, Delegation>();
  const bin = (index: number): Delegation => {
    const delegation = made.get(index) ?? bins.bin(index, signers);
    made.set(index, delegation);
    return delegation;
  };
  let list: readonly Delegation[] | null = null;
  return {
    list: () => (list ??= Array.from({ length: bins.count }, (_, index) => bin(index))),
    find(role) {
      const index = bins.indexOf(role);
      return index === null ? null : bin(index);
    },
  };
}
