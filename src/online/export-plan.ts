import type { Change } from '../change/change.ts';
import type { RolePlan } from '../change/compute.ts';
import { formatTime } from '../encoding/time.ts';
import { conflict, incomplete } from '../errors.ts';
import type { RepositoryPlan } from '../exchange/request.ts';
import type { Dialect } from '../metadata/dialect.ts';
import { dialectOf } from '../metadata/dialects.ts';
import { DEFAULT_DAYS } from '../policy/expiry.ts';
import { repositoryKey, type ExchangeEvent } from '../station/events.ts';
import type { Partner } from '../station/pairing.ts';
import { documentOf } from '../exchange/request.ts';
import { fetchRepository, type FetchedRepository } from './fetch.ts';
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
  recipients: readonly Partner[],
  supersede: string | null,
): Promise<PlannedRepository> {
  const dialect = dialectOf(entry.dialect);
  const context = { repository: entry.name, now: station.now * 1000 };
  const { changes } = staged;
  const delegated = [...new Set(changes.flatMap((change) => (change.type === 'init' ? [] : [change.role])))];
  const from = lowestPin(station, entry, recipients);
  const fetched = await fetchRepository(dialect, store, pinOf(station, entry), from, delegated, context);
  const creates = changes.some(({ type }) => type === 'init');
  if (creates && fetched)
    throw conflict('EXPORT-EXISTS', 'a new repository is staged, but there is one', {
      where: entry.name,
      hint: `countersign reset ${entry.name}; if it is not yours, find out whose it is`,
    });
  const roles = rolePlans(station, dialect, entry, changes, fetched);
  const plan: RepositoryPlan = {
    dialect,
    context,
    files: fetched?.files ?? { roots: [], timestamp: null, snapshot: null, targets: new Map() },
    base: fetched?.verified ?? null,
    changes,
    roles,
    onlineKeys: creates ? await onlineKeys(station, store, dialect, entry) : [],
    evidence: evidenceOf(station.home, changes),
    filler: fillerOf(recipients, creates),
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
function lowestPin(station: OnlineStation, entry: RepositoryEntry, recipients: readonly Partner[]): number {
  const key = repositoryKey(entry);
  return Math.min(
    ...recipients.map(({ identity }) => Math.max(1, station.outbox.pins.get(`${key} ${identity}`) ?? 1)),
  );
}

/** Slots of a first root are for one station, since two would make two different roots (M4). */
function fillerOf(recipients: readonly Partner[], creates: boolean): string {
  const [first, second] = recipients;
  if (creates && second)
    throw incomplete('EXPORT-FILLER', 'a first root needs one station to fill it in', {
      found: recipients.map(({ name }) => name).join(' '),
      hint: 'name it with --to NAME',
    });
  return first?.identity ?? '';
}

function rolePlans(
  station: OnlineStation,
  dialect: Dialect,
  entry: RepositoryEntry,
  changes: readonly Change[],
  fetched: FetchedRepository | null,
): RolePlan[] {
  const names = new Set<string>();
  for (const change of changes) {
    if (change.type === 'init') for (const { role } of dialect.firstRootSlots) names.add(role);
    else names.add(change.role);
  }
  return [...names].sort().map((role) => {
    const current = (fetched && documentOf(fetched.verified, role)?.version) ?? 0;
    const taken = station.outbox.taken.get(`${repositoryKey(entry)} ${role}`) ?? 0;
    const version = role === 'root' ? current + 1 : Math.max(current, taken) + 1;
    const days = DEFAULT_DAYS[role] ?? DEFAULT_DAYS['targets'] ?? 0;
    return { role, version, expires: formatTime(station.now + days * DAY) };
  });
}

/** Keys of snapshot and timestamp for a first root: the server's, or this station's own for a folder. */
async function onlineKeys(
  station: OnlineStation,
  store: Store,
  dialect: Dialect,
  entry: RepositoryEntry,
): Promise<{ role: string; value: Uint8Array }[]> {
  const keys: { role: string; value: Uint8Array }[] = [];
  for (const role of dialect.onlineRoles) {
    const server = store.signsSnapshot ? await store.serverKey(role as ServerRole) : null;
    keys.push({ role, value: server ?? dialect.keyValue(onlineKey(station, entry, role).public) });
  }
  return keys;
}
