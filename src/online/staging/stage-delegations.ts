import type { Change, KeySource } from '../../change/change.ts';
import { RoleParents } from '../../change/role-parents.ts';
import { isDelegated } from '../../metadata/roles.ts';
import { fromBase64 } from '../../encoding/text.ts';
import { refused, usage } from '../../errors.ts';
import type { Delegation } from '../../metadata/dialect.ts';
import type { MetadataKey } from '../../metadata/document.ts';
import { publicKeyFromSpki } from '../../metadata/public-key.ts';
import { keyRemovals, keySources, readThreshold } from './stage-keys.ts';
import {
  checkChanges,
  delegationsNow,
  stageChecked,
  stagingGround,
  type StagedResult,
  type StagingGround,
} from './staging.ts';
import type { OnlineStation } from '../station.ts';
import type { Stores } from '../repositories/stores.ts';

/** Which target names a delegated role may hold, as options say it. */
export interface PathOptions {
  /** Beginnings of names. */
  readonly paths: readonly string[];
  readonly allPaths: boolean;
}

export interface DelegationAddOptions extends PathOptions {
  readonly role: string;
  /** Sources of keys. */
  readonly keys: readonly string[];
  readonly threshold: string | undefined;
  /** Beginnings of the SHA-256 of target names, hex. */
  readonly hashPrefixes?: readonly string[];
  /** Whether the search for a name ends with the role; left out: as it is, or not. */
  readonly terminating?: boolean | undefined;
  /** The role that is to declare it, where its name does not say so. */
  readonly parent?: string | undefined;
}

/**
 * Stages a delegation, or more keys and paths for one that there is.
 *
 * @throws DELEGATION-PATHS, DELEGATION-PARENT (exit 2), CHANGE-ROLE, NAME-ROLE, NAME-PATH, KEY-*, CERTIFICATE-*, CHANGE-*
 */
export async function stageDelegation(
  station: OnlineStation,
  stores: Stores,
  name: string,
  options: DelegationAddOptions,
): Promise<StagedResult> {
  const { role } = options;
  const threshold = options.threshold === undefined ? null : readThreshold(options.threshold);
  const paths = readPaths(options);
  const hashPrefixes = readHashPrefixes(options.hashPrefixes ?? []);
  const ground = await stagingGround(station, stores, name);
  checkDelegatedRole(ground, role);
  checkParentOption(ground, role, options.parent);
  const keys = keySources(station, ground, role, options.keys);
  const changes = delegationChanges(ground, role, keys, {
    paths,
    hashPrefixes,
    terminating: options.terminating ?? null,
    ...(options.parent === undefined ? {} : { parent: options.parent }),
  });
  if (threshold !== null) changes.push({ type: 'threshold', role, threshold });
  const holdsNone = paths.length === 0 && hashPrefixes.length === 0;
  if (holdsNone && declaredNow(ground, role) === null)
    throw usage('DELEGATION-PATHS', 'a new delegation must say which target names it may hold', {
      where: `${name} ${role}`,
      hint: ground.dialect.delegatesByHash
        ? 'give --paths PATTERN or --hash-prefix HEX'
        : 'give --paths BEGINNING, or --all-paths',
    });
  return stageChecked(station, await checkChanges(station, ground, changes));
}

/** What makes a delegation have keys and names that it does not have yet. */
export function delegationChanges(
  ground: StagingGround,
  role: string,
  keys: readonly KeySource[],
  names: NewNames,
): Change[] {
  const now = declaredNow(ground, role);
  const paths = names.paths.filter((path) => !now?.paths.includes(path));
  const hashPrefixes = (names.hashPrefixes ?? []).filter((prefix) => !now?.hashPrefixes.includes(prefix));
  const terminating = names.terminating === now?.terminating ? null : (names.terminating ?? null);
  const parent = ground.dialect.ancestry(role)
    ? null
    : (parentNow(ground, role) ?? names.parent ?? 'targets');
  const changes = !now || paths.length > 0 || hashPrefixes.length > 0 || terminating !== null;
  const joining = keys.filter((key) => !now?.keys.some((present) => isSame(ground, role, present, key)));
  return [
    ...(changes
      ? [{ type: 'delegation-add', role, parent, paths, hashPrefixes, terminating } satisfies Change]
      : []),
    ...joining.map((key): Change => ({ type: 'key-add', role, key })),
  ];
}

/** The names that a role is to hold besides those that it may hold already. */
export interface NewNames {
  readonly paths: readonly string[];
  readonly hashPrefixes?: readonly string[];
  /** Null or left out: as it is. */
  readonly terminating?: boolean | null;
  /** The role that is to declare it, where the name does not say so; `targets` if left out. */
  readonly parent?: string;
}

/** The role that declares a delegated one, as the staged changes leave it; null if none does. */
function parentNow({ dialect, base, staged }: StagingGround, role: string): string | null {
  return new RoleParents(dialect, base, staged).find(role);
}

/** The delegation as the staged changes leave it; null if there is none. */
function declaredNow(ground: StagingGround, role: string): Delegation | null {
  const parent = parentNow(ground, role);
  if (parent === null) return null;
  return delegationsNow(ground, parent).find((one) => one.role === role) ?? null;
}

/** Whether a key is there already, in the very form; the same key under another certificate is not. */
function isSame(
  { dialect, context }: StagingGround,
  role: string,
  present: MetadataKey,
  { form, value }: KeySource,
): boolean {
  const bytes = fromBase64(value ?? '');
  const object =
    form === 'certificate'
      ? dialect.certificateValue(bytes, context)
      : dialect.keyValue(publicKeyFromSpki(bytes));
  return dialect.readKey(role, object, context).id === present.id;
}

export interface DelegationRemoveOptions extends PathOptions {
  readonly role: string;
  /** IDs of keys, or their beginnings. */
  readonly keys: readonly string[];
  /** Beginnings of the SHA-256 of target names, hex, as the delegation has them. */
  readonly hashPrefixes?: readonly string[];
}

/**
 * Stages that a delegation loses keys, paths or hash prefixes, or, where none of them is named, that it goes.
 *
 * @throws DELEGATION-PATHS (exit 2), CHANGE-ROLE, NAME-ROLE, CHANGE-DELEGATION, CHANGE-KEY, CHANGE-THRESHOLD
 */
export async function stageDelegationRemoval(
  station: OnlineStation,
  stores: Stores,
  name: string,
  options: DelegationRemoveOptions,
): Promise<StagedResult> {
  const { role, keys, allPaths } = options;
  const named = {
    paths: readPaths({ ...options, allPaths: false }),
    hashPrefixes: readHashPrefixes(options.hashPrefixes ?? []),
  };
  const ground = await stagingGround(station, stores, name);
  checkDelegatedRole(ground, role);
  const { paths, hashPrefixes } = allPaths ? (declaredNow(ground, role) ?? named) : named;
  const names = paths.length + hashPrefixes.length > 0;
  const changes: Change[] =
    keys.length === 0 && !names && !allPaths
      ? [{ type: 'delegation-remove', role }]
      : [
          ...keyRemovals(ground, role, keys),
          ...(names ? [{ type: 'paths-remove', role, paths, hashPrefixes } satisfies Change] : []),
        ];
  return stageChecked(station, await checkChanges(station, ground, changes));
}

/** @throws NAME-ROLE, CHANGE-ROLE */
export function checkDelegatedRole({ dialect }: StagingGround, role: string): void {
  dialect.checkTargetsRole(role);
  if (!isDelegated(role))
    throw refused('CHANGE-ROLE', 'the change is not for that role', {
      expected: 'a delegated role',
      found: role,
    });
}

/**
 * Who declares a role cannot be chosen where its name says it, nor changed while it is declared.
 *
 * @throws DELEGATION-PARENT (exit 2), NAME-ROLE
 */
export function checkParentOption(ground: StagingGround, role: string, parent: string | undefined): void {
  if (parent === undefined) return;
  ground.dialect.checkTargetsRole(parent);
  const now = parentNow(ground, role);
  if (now === null || now === parent) return;
  const named = ground.dialect.ancestry(role) !== null;
  throw usage('DELEGATION-PARENT', 'another role declares this one', {
    expected: now,
    found: parent,
    where: `${ground.entry.name} ${role}`,
    hint: named
      ? 'leave --parent out: in this dialect the name of the role says it'
      : 'leave --parent out; or remove the delegation, publish that, and add it anew',
  });
}

/** Several in one, with commas, as paths. @throws DELEGATION-PATHS (exit 2) */
function readHashPrefixes(given: readonly string[]): string[] {
  const prefixes = given.flatMap((one) => one.split(',')).map((one) => one.toLowerCase());
  const wrong = prefixes.find((prefix) => !/^[0-9a-f]{1,64}$/.test(prefix));
  if (wrong !== undefined)
    throw usage('DELEGATION-PATHS', 'not the beginning of a SHA-256', {
      expected: '1 to 64 hex digits',
      found: wrong.slice(0, 100),
    });
  return [...new Set(prefixes)];
}

/** Paths as stock Notary takes them: several in one, with commas. An empty one means all names. */
function readPaths({ paths, allPaths }: PathOptions): string[] {
  const given = paths.flatMap((path) => path.split(','));
  if (given.includes(''))
    throw usage('DELEGATION-PATHS', 'a path is empty', { hint: 'say --all-paths for every target name' });
  return allPaths ? ['', ...given] : [...new Set(given)];
}
