import type { Change } from '../change/change.ts';
import { changedRoles } from '../change/changed-roles.ts';
import type { RolePlan } from '../change/compute.ts';
import { isDelegated, touchedDelegations } from '../change/delegations.ts';
import { changedOnlineRoles } from '../change/root.ts';
import { formatTime } from '../encoding/time.ts';
import { conflict, usage } from '../errors.ts';
import type { RepositoryPlan } from '../exchange/request.ts';
import type { Dialect } from '../metadata/dialect.ts';
import { dialectOf } from '../metadata/dialects.ts';
import { DEFAULT_DAYS } from '../policy/expiry.ts';
import { repositoryKey, type ExchangeEvent } from '../station/events.ts';
import { documentOf, withAncestors } from '../exchange/request.ts';
import { fetchRepository, type FetchedRepository } from './fetch.ts';
import type { Recipient } from './make-request.ts';
import { onlineKey } from './online-keys.ts';
import type { RepositoryEntry } from './repositories.ts';
import { evidenceOf, type StagedChanges } from './staged.ts';
import { pinOf, seenEvents, type OnlineStation } from './station.ts';
import type { ServerRole, Store } from './store.ts';

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

const DAY = 86_400;

/**
 * Reads a repository as it is published now, verifies it from this station's own pin, and plans the versions and
 * expiries that the staged changes lead to.
 *
 * @throws CHAIN-*, METADATA-*, SERVER-*, CHANGE-*, EXPORT-EXISTS
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
  const delegated = delegatedRoles(dialect, changes);
  const from = lowestPin(station, entry, recipients);
  const fetched = await fetchRepository(dialect, store, pinOf(station, entry), from, delegated, context);
  const creates = changes.some(({ type }) => type === 'init');
  if (creates && fetched)
    throw conflict('EXPORT-EXISTS', 'a new repository is staged, but there is one', {
      where: entry.name,
      hint: `countersign reset ${entry.name}; if it is not yours, find out whose it is`,
    });
  const onlineRoles = changedOnlineRoles(dialect, { base: fetched?.verified ?? null, changes });
  const roles = rolePlans(station, dialect, entry, changes, fetched);
  const plan: RepositoryPlan = {
    dialect,
    context,
    files: fetched?.files ?? { roots: [], timestamp: null, snapshot: null, targets: new Map() },
    base: fetched?.verified ?? null,
    changes,
    roles,
    onlineKeys: await onlineKeys(station, store, dialect, entry, onlineRoles),
    evidence: evidenceOf(station.home, changes),
    filler: fillerOf(recipients, filler),
    holders: station.outbox.holders,
    supersedes: supersede === null ? [] : [supersede],
  };
  return {
    entry,
    plan,
    batch: staged.batch,
    seen: fetched ? seenEvents(station, entry, fetched.verified) : [],
  };
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
): RolePlan[] {
  return changedRoles(dialect, changes).map((role) => {
    const current = (fetched && documentOf(fetched.verified, role)?.version) ?? 0;
    const taken = station.outbox.taken.get(`${repositoryKey(entry)} ${role}`) ?? 0;
    const version = role === 'root' ? current + 1 : Math.max(current, taken) + 1;
    const days = askedDays(changes, role) ?? DEFAULT_DAYS[role] ?? DEFAULT_DAYS['targets'] ?? 0;
    return { role, version, expires: formatTime(station.now + days * DAY) };
  });
}

/** The validity that a refresh asked for, the last one for a role. */
function askedDays(changes: readonly Change[], role: string): number | null {
  const asked = changes.flatMap((change) =>
    change.type === 'refresh' && change.role === role ? [change.days] : [],
  );
  return asked.findLast((days) => days !== null) ?? null;
}

/** Delegated roles whose files the changes build on, or whose declaration they touch, and those above them. */
function delegatedRoles(dialect: Dialect, changes: readonly Change[]): string[] {
  const named = [...changedRoles(dialect, changes), ...touchedDelegations(changes)].filter(isDelegated);
  return [...new Set(named.flatMap(withAncestors))].filter(isDelegated).sort();
}

/** Keys of roles that are held online: the server's, or this station's own for a folder. */
async function onlineKeys(
  station: OnlineStation,
  store: Store,
  dialect: Dialect,
  entry: RepositoryEntry,
  roles: readonly string[],
): Promise<{ role: string; value: Uint8Array }[]> {
  const keys: { role: string; value: Uint8Array }[] = [];
  for (const role of roles) {
    const server = store.signsSnapshot ? await store.serverKey(role as ServerRole) : null;
    keys.push({ role, value: server ?? dialect.keyValue(onlineKey(station, entry, role).public) });
  }
  return keys;
}
