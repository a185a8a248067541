import { sha256Hex } from '../../encoding/hash.ts';
import { unavailable, usage } from '../../errors.ts';
import { expiryOf, requireUnexpired } from '../../metadata/expiry.ts';
import { dialectOf } from '../../metadata/dialects.ts';
import type { Dialect, KeyContext } from '../../metadata/dialect.ts';
import { searchTargets } from '../../metadata/search.ts';
import type { VerifiedRepository } from '../../metadata/verified.ts';
import { fetchRepository } from './fetch.ts';
import { checkForward } from './forward.ts';
import type { RepositoryEntry } from '../repositories/place.ts';
import { repositoryNamed } from '../repositories/repositories.ts';
import { pinOf, type OnlineStation } from '../station.ts';
import type { Store } from '../repositories/store.ts';
import type { Stores } from '../repositories/stores.ts';

/** A delegated role that is passed over in reading, with everything below it. */
export interface UnreadRole {
  readonly role: string;
  readonly check: string;
  readonly message: string;
}

/** A repository as a client sees it now: verified from this station's pin, and not expired. */
export interface ReadRepository {
  readonly name: string;
  readonly dialect: Dialect;
  /** Without the roles that are passed over. */
  readonly verified: VerifiedRepository;
  /** Delegated roles that have expired or are not signed as they must be. */
  readonly broken: readonly UnreadRole[];
}

/**
 * Reads a repository as a client does. Delegated roles that no client would read are passed over, as the stock
 * clients pass over them; everything else that is wrong refuses the repository.
 *
 * @throws READ-NONE (exit 6) if there is none, READ-ROOTS-ONLY (exit 2), READ-EXPIRED, READ-ROLLBACK (exit 3), CHAIN-*
 */
export async function readPublished(
  station: OnlineStation,
  stores: Stores,
  name: string,
): Promise<ReadRepository> {
  const entry = repositoryNamed(station.home, name);
  const { dialect, verified, broken } = await readVerified(station, stores, entry);
  const now = station.now * 1000;
  requireCurrent(name, verified, now);
  return { name, dialect, ...currentPart(dialect, verified, broken, now) };
}

/**
 * A client refuses a repository whose top-level roles have expired.
 *
 * @param now milliseconds since 1970
 * @throws READ-EXPIRED, READ-ROOTS-ONLY (exit 2)
 */
export function requireCurrent(name: string, verified: VerifiedRepository, now: number): void {
  const { root, timestamp, snapshot, targets } = verified;
  if (!timestamp)
    throw usage('READ-ROOTS-ONLY', 'only the roots of this repository are read', {
      where: name,
      hint: 'it was added with --roots-only; repository show lists them',
    });
  for (const document of [root, timestamp, snapshot, targets.get('targets')])
    if (document) requireUnexpired(document, { repository: name, now });
}

/**
 * Reads a repository and verifies it from this station's pin, whether or not it has expired.
 *
 * @throws READ-NONE (exit 6) if there is none, READ-ROLLBACK (exit 3), CHAIN-*, METADATA-*, SERVER-*
 */
export async function readVerified(
  station: OnlineStation,
  stores: Stores,
  entry: RepositoryEntry,
): Promise<ReadRepository> {
  const dialect = dialectOf(entry.dialect);
  const store = stores.open(entry);
  const context: KeyContext = { repository: entry.name, now: station.now * 1000 };
  const pin = pinOf(station, entry);
  const from = pin?.version ?? 1;
  const fetched = await fetchRepository(dialect, store, pin, from, null, context, 'set-apart');
  if (!fetched) throw nothingPublished(entry, store);
  const { verified } = fetched;
  checkForward(station, entry, verified);
  const broken = verified.broken.map(({ role, check, message }) => ({ role, check, message }));
  return { name: entry.name, dialect, verified, broken };
}

/** @returns READ-NONE (exit 6) */
export function nothingPublished(entry: RepositoryEntry, store: Store): Error {
  return unavailable('READ-NONE', 'nothing is published under this name', {
    where: `${entry.name} at ${store.describe()}`,
  });
}

/** What clients read of a repository: without delegated roles that have expired, and what is below them. */
export function currentPart(
  dialect: Dialect,
  verified: VerifiedRepository,
  broken: readonly UnreadRole[],
  now: number,
): Pick<ReadRepository, 'verified' | 'broken'> {
  const expired = [...verified.targets.values()].filter(({ expires }) => expires < now);
  const current = new Map([...verified.targets].filter(([, { expires }]) => expires >= now));
  // what only expired roles lead to is not read either
  const everything = { target: null, below: 'targets', without: new Set<string>() };
  const reached = [...searchTargets(dialect, current, everything)];
  const targets = new Map(reached.map(({ role, document }) => [role, document]));
  const unread = expired.map((document) => ({
    role: document.role,
    check: 'READ-EXPIRED',
    message: `${document.role} has expired on ${expiryOf(document)}`,
  }));
  return {
    verified: { ...verified, targets: new Map([...targets].sort(([a], [b]) => (a < b ? -1 : 1))) },
    broken: [...broken, ...unread].sort((a, b) => (a.role < b.role ? -1 : 1)),
  };
}

/** Version and SHA-256 of the signed bytes of each role, for `list --json`. */
export function roleVersions({
  verified,
}: ReadRepository): { role: string; version: number; sha256: string }[] {
  const documents = [verified.root, verified.timestamp, verified.snapshot, ...verified.targets.values()];
  return documents.flatMap((document) =>
    document ? [{ role: document.role, version: document.version, sha256: sha256Hex(document.payload) }] : [],
  );
}
