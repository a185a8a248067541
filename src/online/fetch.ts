import type { Dialect, KeyContext } from '../metadata/dialect.ts';
import type { SignedDocument } from '../metadata/document.ts';
import { verifyRepository } from '../metadata/repository.ts';
import type { BrokenDelegations, RepositoryFiles, VerifiedRepository } from '../metadata/verified.ts';
import { fetchListed, fetchTargets, missing, type WantedRoles } from './fetch-targets.ts';
import type { Store } from './store.ts';

/** A repository as it is published now: the files as served, and what they prove. */
export interface FetchedRepository {
  readonly files: RepositoryFiles;
  readonly verified: VerifiedRepository;
}

/**
 * Reads a repository as a fresh client does: roots from the pinned one (or the first) to the newest, timestamp,
 * then every file as its parent lists it; and verifies all of it. Null if there is no such repository. Of a store that is
 * read for its roots only, nothing else is asked.
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
  roles: WantedRoles | null,
  context: KeyContext,
  delegations: BrokenDelegations = 'refuse',
): Promise<FetchedRepository | null> {
  const newest = await store.current('root');
  if (!newest) return null;
  const root = dialect.parse('root', newest);
  const from = Math.min(Math.max(fromRoot, store.firstRoot ?? 1), root.version);
  const roots = await rootsBetween(store, from, root.version, newest);
  if (store.rootsOnly) {
    const files = { roots, timestamp: null, snapshot: null, targets: new Map<string, Uint8Array>() };
    return { files, verified: verifyRepository(dialect, files, pinned, context) };
  }
  const timestampFile = await store.current('timestamp');
  if (!timestampFile) throw missing(store, 'timestamp');
  const timestamp = dialect.parse('timestamp', timestampFile);
  const consistent = dialect.consistent(root);
  const snapshotFile = await fetchListed(store, dialect.listed(timestamp), 'snapshot', consistent);
  const snapshot = dialect.parse('snapshot', snapshotFile);
  const stopBelowBroken = delegations === 'set-apart';
  const targets = await fetchTargets(
    { dialect, store, snapshot, consistent, now: context.now, stopBelowBroken },
    roles,
  );
  const files = { roots, timestamp: timestampFile, snapshot: snapshotFile, targets };
  return { files, verified: verifyRepository(dialect, files, pinned, context, delegations) };
}

const HISTORY =
  'a history of roots has no gap; where the oldest are gone for good, say where it begins: repository add --first-root VERSION';

async function rootsBetween(
  store: Store,
  from: number,
  to: number,
  newest: Uint8Array,
): Promise<Uint8Array[]> {
  const roots: Uint8Array[] = [];
  for (let version = from; version < to; version++) {
    const root = await store.rootVersion(version);
    if (!root) throw missing(store, `root version ${String(version)}`, HISTORY);
    roots.push(root);
  }
  return [...roots, newest];
}
