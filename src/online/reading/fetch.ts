import type { Dialect, KeyContext } from '../../metadata/dialect.ts';
import type { SignedDocument } from '../../metadata/document.ts';
import { verifyRepository } from '../../metadata/repository.ts';
import type { BrokenDelegations, RepositoryFiles, VerifiedRepository } from '../../metadata/verified.ts';
import { fetchListed, fetchTargets, missing, type WantedRoles } from './fetch-targets.ts';
import type { Store } from '../repositories/store.ts';

/** A repository as it is published now: the files as served, and what they prove. */
export interface FetchedRepository {
  readonly files: RepositoryFiles;
  readonly verified: VerifiedRepository;
}

interface LeadingFiles {
  readonly roots: readonly Uint8Array[];
  /** Null where only the roots can be had. */
  readonly timestamp: Uint8Array | null;
  readonly snapshot: Uint8Array | null;
  /** Whether files are served under names with their version. */
  readonly consistent: boolean;
}

/**
 * Reads a repository as a fresh client does: roots from the pinned one (or the first) to the newest, timestamp,
 * then every file as its parent lists it; and verifies all of it. Null if there is no such repository. Of a store that is
 * read for its roots only, nothing else is asked.
 *
 * @param fromRoot lowest root version to read
 * @param roles delegated roles to read besides `targets`; null for every one that is declared and listed,
 *   `but-bins` for those that do not hold names by their hashes
 * @param delegations what becomes of delegated roles that are not signed as they must be; set apart, nothing below
 *   them is read but what `roles` names
 * @throws CHAIN-*, METADATA-*, SERVER-*
 */
export async function fetchRepository(
  dialect: Dialect,
  store: Store,
  pinned: SignedDocument | null,
  fromRoot: number,
  roles: WantedRoles | 'but-bins' | null,
  context: KeyContext,
  delegations: BrokenDelegations = 'refuse',
): Promise<FetchedRepository | null> {
  const leading = await fetchLeading(dialect, store, fromRoot);
  if (!leading) return null;
  const { roots, timestamp, snapshot, consistent } = leading;
  const stopBelowBroken = delegations === 'set-apart';
  const targets = snapshot
    ? await fetchTargets(
        {
          ...{ dialect, store, consistent, now: context.now, stopBelowBroken },
          snapshot: dialect.parse('snapshot', snapshot),
        },
        roles,
      )
    : new Map<string, Uint8Array>();
  const files = { roots, timestamp, snapshot, targets };
  return { files, verified: verifyRepository(dialect, files, pinned, context, delegations) };
}

/**
 * The same without targets roles, however many there are: what a new timestamp and snapshot are built on.
 *
 * @throws CHAIN-*, METADATA-*, SERVER-*
 */
export async function fetchOnlineRoles(
  dialect: Dialect,
  store: Store,
  pinned: SignedDocument | null,
  fromRoot: number,
  context: KeyContext,
): Promise<VerifiedRepository | null> {
  const leading = await fetchLeading(dialect, store, fromRoot);
  if (!leading) return null;
  return verifyRepository(dialect, { ...leading, targets: new Map() }, pinned, context);
}

/** The files that lead to all others; null where there is no root. */
async function fetchLeading(dialect: Dialect, store: Store, fromRoot: number): Promise<LeadingFiles | null> {
  const newest = await store.current('root');
  if (!newest) return null;
  const root = dialect.parse('root', newest);
  const from = Math.min(Math.max(fromRoot, store.firstRoot ?? 1), root.version);
  const roots = await rootsBetween(store, from, root.version, newest);
  if (store.rootsOnly) return { roots, timestamp: null, snapshot: null, consistent: false };
  const timestamp = await store.current('timestamp');
  if (!timestamp) throw missing(store, 'timestamp');
  const consistent = dialect.consistent(root);
  const listed = dialect.listed(dialect.parse('timestamp', timestamp));
  const snapshot = await fetchListed(store, listed, 'snapshot', consistent);
  return { roots, timestamp, snapshot, consistent };
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
