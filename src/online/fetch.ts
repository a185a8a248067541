import { refused } from '../errors.ts';
import type { Dialect, KeyContext } from '../metadata/dialect.ts';
import type { SignedDocument } from '../metadata/document.ts';
import {
  verifyRepository,
  type BrokenDelegations,
  type RepositoryFiles,
  type VerifiedRepository,
} from '../metadata/repository.ts';
import { countSigners } from '../metadata/threshold.ts';
import type { Store } from './store.ts';

/** A repository as it is published now: the files as served, and what they prove. */
export interface FetchedRepository {
  readonly files: RepositoryFiles;
  readonly verified: VerifiedRepository;
}

/**
 * Reads a repository as a fresh client does: roots from the pinned one (or the first) to the newest, timestamp,
 * then every file by the hash that its parent lists; and verifies all of it. Null if there is no such repository.
 *
 * @param fromRoot lowest root version to read
 * @param roles delegated roles to read besides `targets`; null for every one that is declared and listed
 * @param delegations what becomes of delegated roles that are not signed as they must be; set apart, nothing below
 *   them is read but what `roles` names
 * @throws CHAIN-*, METADATA-*, SERVER-*
 */
export async function fetchRepository(
  dialect: Dialect,
  store: Store,
  pinned: SignedDocument | null,
  fromRoot: number,
  roles: readonly string[] | null,
  context: KeyContext,
  delegations: BrokenDelegations = 'refuse',
): Promise<FetchedRepository | null> {
  const newest = await store.current('root');
  if (!newest) return null;
  const version = dialect.parse('root', newest).version;
  const roots = await rootsBetween(store, Math.min(fromRoot, version), version, newest);
  const timestampFile = await store.current('timestamp');
  if (!timestampFile) throw missing(store, 'timestamp');
  const timestamp = dialect.parse('timestamp', timestampFile);
  const snapshotFile = await byHash(dialect, store, timestamp, 'snapshot');
  const snapshot = dialect.parse('snapshot', snapshotFile);
  const targets = new Map([['targets', await byHash(dialect, store, snapshot, 'targets')]]);
  const listed = dialect.listed(snapshot);
  for (const role of roles ?? [...listed.keys()].filter((name) => name.startsWith('targets/')).sort()) {
    if (role === 'targets' || !listed.has(role)) continue;
    // A removed delegation stays listed in a server's snapshot for ever; its parent no longer declares it.
    if (!isDeclared(dialect, targets, role, roles ? 'refuse' : delegations, context.now)) continue;
    targets.set(role, await byHash(dialect, store, snapshot, role));
  }
  const files = { roots, timestamp: timestampFile, snapshot: snapshotFile, targets };
  return { files, verified: verifyRepository(dialect, files, pinned, context, delegations) };
}

/** Whether a parent that was read declares the role; a parent that will be set apart, or has expired, does not. */
function isDeclared(
  dialect: Dialect,
  targets: ReadonlyMap<string, Uint8Array>,
  role: string,
  delegations: BrokenDelegations,
  now: number,
): boolean {
  const name = parentOf(role);
  const file = targets.get(name);
  const parent = file && dialect.parse(name, file);
  if (!parent || dialect.delegatedKeys(parent, role) === null) return false;
  if (delegations === 'refuse' || name === 'targets') return true;
  const above = targets.get(parentOf(name));
  const keys = above && dialect.delegatedKeys(dialect.parse(parentOf(name), above), name);
  if (!keys || parent.expires < now) return false;
  return countSigners(dialect, keys, parent).signers.length >= keys.threshold;
}

function parentOf(role: string): string {
  return role.slice(0, role.lastIndexOf('/'));
}

async function rootsBetween(
  store: Store,
  from: number,
  to: number,
  newest: Uint8Array,
): Promise<Uint8Array[]> {
  const roots: Uint8Array[] = [];
  for (let version = from; version < to; version++) {
    const root = await store.rootVersion(version);
    if (!root) throw missing(store, `root version ${String(version)}`);
    roots.push(root);
  }
  return [...roots, newest];
}

async function byHash(
  dialect: Dialect,
  store: Store,
  list: SignedDocument,
  role: string,
): Promise<Uint8Array> {
  const listed = dialect.listed(list).get(role);
  const file = listed && (await store.byHash(role, listed.sha256, listed.length));
  if (!file) throw missing(store, role);
  return file;
}

function missing(store: Store, what: string): Error {
  return refused('SERVER-INCOMPLETE', `the repository has a root but no ${what}`, {
    where: store.describe(),
    hint: 'an earlier publication was not what the server hashes: the repository is broken for every client',
  });
}
