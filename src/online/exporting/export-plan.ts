import type { Change } from '../../change/change.ts';
import { changedRoles } from '../../change/changed-roles.ts';
import type { RolePlan } from '../../change/inputs.ts';
import { changedOnlineRoles } from '../../change/root.ts';
import { conflict, usage } from '../../errors.ts';
import type { RepositoryPlan } from '../../exchange/request.ts';
import type { Dialect, ExpiryRule } from '../../metadata/dialect.ts';
import { dialectOf } from '../../metadata/dialects.ts';
import type { PublicKey } from '../../metadata/key.ts';
import { repositoryKey, type ExchangeEvent } from '../../station/ledger/events.ts';
import { marksOf } from '../../station/ledger/marks.ts';
import { givenUpRoots } from '../../station/ledger/outbox.ts';
import { documentOf, restarts } from '../../exchange/request.ts';
import { expiryRuleOf } from '../../station/ledger/expiry-policy.ts';
import { keyHolders } from '../../station/keys/key-holders.ts';
import { checkForward } from '../reading/forward.ts';
import { fetchRepository, type FetchedRepository } from '../reading/fetch.ts';
import { wantedRoles } from '../reading/wanted-roles.ts';
import { onlineKey, replacementKey } from '../publishing/online-keys.ts';
import type { Recipient } from './recipient.ts';
import type { RepositoryEntry } from '../repositories/place.ts';
import { retiredVersions } from './retired-roles.ts';
import { expiriesAfter } from '../repositories/role-expiry.ts';
import { checkReadable, foresee } from '../staging/foresee.ts';
import { evidenceOf, type StagedChanges } from '../staging/staged.ts';
import { pinOf, seenEvents, type OnlineStation } from '../station.ts';
import type { ServerRole, Store } from '../repositories/store.ts';

/** One repository's part of a request, and what exporting it makes known to this station. */
export interface PlannedRepository {
  readonly entry: RepositoryEntry;
  readonly plan: RepositoryPlan;
  readonly batch: string;
  readonly seen: readonly ExchangeEvent[];
}

export interface PlanOptions {
  /** Digest of an outstanding request that this one replaces. */
  readonly supersede: string | null;
  /** Name of the station that is to fill slots; null where only one could. */
  readonly filler: string | null;
}

/**
 * Reads a repository as it is published now, verifies it from this station's own pin, and plans the versions and
 * expiries that the staged changes lead to.
 *
 * @throws CHAIN-*, METADATA-*, SERVER-*, CHANGE-*, READ-ROLLBACK, EXPORT-EXISTS
 */
export async function planRepository(
  station: OnlineStation,
  store: Store,
  entry: RepositoryEntry,
  staged: StagedChanges,
  recipients: readonly Recipient[],
  { supersede, filler }: PlanOptions,
): Promise<PlannedRepository> {
  const dialect = dialectOf(entry.dialect);
  const context = { repository: entry.name, now: station.now * 1000 };
  const { changes } = staged;
  const from = lowestPin(station, entry, recipients);
  const pin = pinOf(station, entry);
  // Of a delegated role that is not signed by its keys nobody vouches for anything: it begins anew, above its version.
  const fetched = await fetchRepository(
    dialect,
    store,
    pin,
    from,
    wantedRoles(changes),
    context,
    'set-apart',
  );
  if (fetched) checkForward(station, entry, fetched.verified);
  const creates = changes.some(({ type }) => type === 'init');
  if (creates && fetched)
    throw conflict('EXPORT-EXISTS', 'a new repository is staged, but there is one', {
      where: entry.name,
      hint: `countersign reset ${entry.name}; if it is not yours, find out whose it is`,
    });
  if (fetched && changes.some(({ type }) => LOSING.has(type))) {
    const rule = (role: string): ExpiryRule => expiryRuleOf(station.home, dialect, entry.name, role);
    const ground = { dialect, context, base: fetched.verified, rule };
    checkReadable(ground, foresee(ground, changes));
  }
  const onlineRoles = changedOnlineRoles(dialect, { base: fetched?.verified ?? null, changes });
  const floors = fetched
    ? await retiredVersions(
        dialect,
        store,
        fetched.verified,
        marksOf(station.marks, repositoryKey(entry)),
        changedRoles(dialect, fetched.verified, changes),
      )
    : new Map<string, number>();
  const roles = rolePlans(station, dialect, entry, changes, fetched, floors);
  const plan: RepositoryPlan = {
    dialect,
    context,
    files: fetched?.files ?? { roots: [], timestamp: null, snapshot: null, targets: new Map() },
    base: fetched?.verified ?? null,
    changes,
    roles,
    onlineKeys: await onlineKeys(station, store, dialect, entry, onlineRoles, fetched),
    evidence: evidenceOf(station.home, changes),
    filler: fillerOf(recipients, filler),
    holders: holdersOf(station),
    supersedes: supersededRequests(station, entry, roles, supersede),
  };
  return {
    entry,
    plan,
    batch: staged.batch,
    seen: fetched ? seenEvents(station, entry, fetched.verified) : [],
  };
}

/** Changes by which a delegated role may lose the signatures of its file. */
const LOSING: ReadonlySet<Change['type']> = new Set(['key-add', 'key-remove', 'key-rotate', 'threshold']);

/** The request that is replaced, and those before it whose root this one would stand in for (M2). */
function supersededRequests(
  { outbox }: OnlineStation,
  entry: RepositoryEntry,
  roles: readonly RolePlan[],
  supersede: string | null,
): string[] {
  const root = roles.find(({ role }) => role === 'root');
  const before = root ? givenUpRoots(outbox, repositoryKey(entry), root.version) : [];
  return [...new Set([...(supersede === null ? [] : [supersede]), ...before])];
}

/** Every root since the lowest that any recipient has pinned travels along (M11); all of them where one is new. */
function lowestPin(station: OnlineStation, entry: RepositoryEntry, recipients: readonly Recipient[]): number {
  const key = repositoryKey(entry);
  return Math.min(
    ...recipients.map(({ identity }) => Math.max(1, station.outbox.pins.get(`${key} ${identity}`) ?? 1)),
  );
}

/**
 * Slots are for one station, since two would make two different roots (M4); null while nobody said which.
 *
 * @throws PAIR-UNKNOWN (exit 2)
 */
function fillerOf(recipients: readonly Recipient[], named: string | null): string | null {
  if (named === null) return recipients.length === 1 ? (recipients[0]?.identity ?? null) : null;
  const filler = recipients.find(({ name }) => name === named);
  if (!filler)
    throw usage('PAIR-UNKNOWN', 'the request is not for the station that is to fill it in', {
      expected: recipients.map(({ name }) => name).join(', '),
      found: named,
    });
  return filler.identity;
}

function rolePlans(
  station: OnlineStation,
  dialect: Dialect,
  entry: RepositoryEntry,
  changes: readonly Change[],
  fetched: FetchedRepository | null,
  floors: ReadonlyMap<string, number>,
): RolePlan[] {
  const anew = restarts(changes);
  const expiryOf = expiriesAfter(changes, station.now);
  const expires = (role: string): string =>
    expiryOf(role, expiryRuleOf(station.home, dialect, entry.name, role));
  return changedRoles(dialect, fetched?.verified ?? null, changes).map((role) => {
    if (anew) return { role, version: 1, expires: expires(role) };
    const current = (fetched && documentOf(fetched.verified, role)?.version) ?? 0;
    const taken = station.outbox.taken.get(`${repositoryKey(entry)} ${role}`) ?? 0;
    const version = role === 'root' ? current + 1 : Math.max(current, taken, floors.get(role) ?? 0) + 1;
    return { role, version, expires: expires(role) };
  });
}

/**
 * Keys of roles that are held online: the server's, or this station's own for a folder; where one is replaced, another
 * than the present one.
 */
async function onlineKeys(
  station: OnlineStation,
  store: Store,
  dialect: Dialect,
  entry: RepositoryEntry,
  roles: readonly string[],
  fetched: FetchedRepository | null,
): Promise<{ role: string; value: Uint8Array }[]> {
  const keys: { role: string; value: Uint8Array }[] = [];
  for (const role of roles) {
    const server = fetched
      ? await store.newServerKey(role as ServerRole)
      : await store.serverKey(role as ServerRole);
    const own = (): PublicKey =>
      fetched
        ? replacementKey(station, entry, role, dialect.declaredKeys(fetched.verified.root, role)).public
        : onlineKey(station, entry, role).public;
    keys.push({ role, value: server ?? dialect.keyValue(own()) });
  }
  return keys;
}

/** Who holds a key, as the request claims it: identities, and `online` for this station's own keys. */
function holdersOf({ home, outbox }: OnlineStation): ReadonlyMap<string, string> {
  const known = [...keyHolders(home)].map(
    ([key, { identity }]) => [key, identity === home.identity ? 'online' : identity] as const,
  );
  return new Map([...outbox.holders, ...known]);
}
