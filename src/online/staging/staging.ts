import type { Change } from '../../change/change.ts';
import { isDelegated } from '../../metadata/roles.ts';
import { resultDocument } from '../../change/computed-role.ts';
import { refused, usage } from '../../errors.ts';
import type { Delegation } from '../../metadata/dialect.ts';
import { dialectOf } from '../../metadata/dialects.ts';
import type { MetadataKey } from '../../metadata/document.ts';
import type { BrokenRole } from '../../metadata/verified.ts';
import { repositoryKey } from '../../station/ledger/events.ts';
import { expiryRuleOf } from '../../station/ledger/expiry-policy.ts';
import { keyHolders, type KeyHolder } from '../../station/keys/key-holders.ts';
import { outstandingFor } from '../../station/ledger/outbox.ts';
import { countTargets } from './count-targets.ts';
import { checkForward } from '../reading/forward.ts';
import { fetchRepository } from '../reading/fetch.ts';
import { checkReadable, foresee, lostRoles, type Ground, type LostRole } from './foresee.ts';
import type { RepositoryEntry } from '../repositories/place.ts';
import { repositoryNamed } from '../repositories/repositories.ts';
import { returningRoles } from '../exporting/retired-roles.ts';
import { stage, stagedChanges } from './staged.ts';
import { pinOf, type OnlineStation } from '../station.ts';
import type { Store } from '../repositories/store.ts';
import type { Stores } from '../repositories/stores.ts';

/** A repository as somebody who stages changes looks at it: what is published now, and what is staged already. */
export interface StagingGround extends Ground {
  readonly entry: RepositoryEntry;
  /** Delegated roles that are not signed by their keys, and that clients pass over. */
  readonly broken: readonly BrokenRole[];
  readonly staged: readonly Change[];
  readonly store: Store;
  /** Digest of a request on its way, which leads to a state that is not known yet. */
  readonly outstanding: string | null;
}

/** Changes that were checked and can be staged. */
export interface CheckedChanges {
  readonly ground: StagingGround;
  readonly changes: readonly Change[];
  /** What whoever stages them should know. */
  readonly notes: readonly string[];
}

/** What was staged for one repository. */
export interface StagedResult {
  readonly repository: string;
  readonly changes: readonly Change[];
  readonly notes: readonly string[];
  /** How many changes are staged now. */
  readonly staged: number;
}

/** Reads and verifies what is published. @throws REPOSITORY-UNKNOWN (exit 2), CHAIN-*, SERVER-* */
export async function stagingGround(
  station: OnlineStation,
  stores: Stores,
  name: string,
): Promise<StagingGround> {
  const entry = repositoryNamed(station.home, name);
  const dialect = dialectOf(entry.dialect);
  const context = { repository: entry.name, now: station.now * 1000 };
  const pin = pinOf(station, entry);
  const ground = newGround(station, stores, name);
  const from = pin?.version ?? 1;
  const fetched = await fetchRepository(dialect, ground.store, pin, from, null, context, 'set-apart');
  if (fetched) checkForward(station, entry, fetched.verified);
  return { ...ground, base: fetched?.verified ?? null, broken: fetched?.verified.broken ?? [] };
}

/** The same for a repository that does not exist yet: nobody is asked. */
export function newGround(station: OnlineStation, stores: Stores, name: string): StagingGround {
  const entry = repositoryNamed(station.home, name);
  return {
    entry,
    store: stores.open(entry),
    dialect: dialectOf(entry.dialect),
    context: { repository: entry.name, now: station.now * 1000 },
    base: null,
    broken: [],
    rule: (role) => expiryRuleOf(station.home, dialectOf(entry.dialect), entry.name, role),
    staged: stagedChanges(station.home, entry, station.outbox.batches).changes,
    outstanding: outstandingFor(station.outbox, repositoryKey(entry))?.digest ?? null,
  };
}

/**
 * Tries changes on what is published and staged. While a request is on its way its result is not known, and the
 * next export is the first to say. A delegated role whose file would lose its signatures is refreshed along with it,
 * where stations that are known hold enough of its keys.
 *
 * @throws CHANGE-NOTHING (exit 2), CHANGE-*, NAME-ROLE, POLICY-MIXED, POLICY-EXPIRY
 */
export async function checkChanges(
  station: OnlineStation,
  ground: StagingGround,
  asked: readonly Change[],
): Promise<CheckedChanges> {
  if (asked.length === 0) throw usage('CHANGE-NOTHING', 'nothing would change', { where: ground.entry.name });
  if (ground.outstanding !== null) return { ground, changes: asked, notes: [waiting(ground.outstanding)] };
  const changes = [...asked];
  const notes: string[] = [];
  const losses = lostRoles(ground, foresee(ground, [...ground.staged, ...asked]));
  const holders = losses.length > 0 ? keyHolders(station.home) : new Map<string, KeyHolder>();
  for (const lost of losses) {
    const held = (lost.keys ?? []).filter(({ canonicalId }) => holders.has(canonicalId));
    const reachable = lost.keys !== null && held.length >= lost.threshold;
    if (reachable) changes.push({ type: 'refresh', role: lost.role, days: null });
    notes.push(reachable ? renewal(lost, held, holders) : loss(lost));
  }
  const roles = foresee(ground, [...ground.staged, ...changes]);
  checkReadable(ground, roles);
  for (const { role, document } of ground.broken)
    if (roles.some((one) => one.role === role))
      notes.push(
        `${role} begins anew: its file, which is not signed by its keys, has ${countTargets(ground.dialect.targets(document).size)}`,
      );
  for (const { role, targets } of await returningRoles(ground, roles))
    notes.push(`clients will see the ${countTargets(targets)} again that ${role} had when it was removed`);
  return { ground, changes, notes };
}

function waiting(request: string): string {
  return `request ${request} is on its way: whether the changes fit is known once it is published`;
}

function renewal(
  { role, targets, threshold }: LostRole,
  held: readonly MetadataKey[],
  holders: ReadonlyMap<string, KeyHolder>,
): string {
  const who = held.map(
    ({ canonicalId }) => `${canonicalId.slice(0, 16)} at ${holders.get(canonicalId)?.name ?? ''}`,
  );
  return `${role} (${countTargets(targets)}) must be signed anew in the same request, by ${String(threshold)} of: ${who.join(', ')}`;
}

function loss({ role, targets, keys, threshold }: LostRole): string {
  if (keys === null) return `clients will no longer see the ${countTargets(targets)} of ${role}`;
  const ids = keys.map(({ canonicalId }) => canonicalId.slice(0, 16)).join(', ');
  return `clients will no longer see the ${countTargets(targets)} of ${role} until ${String(threshold)} of its keys sign it anew, which no station known here holds: ${ids || 'none'}`;
}

/** Stages what was checked. */
export function stageChecked(station: OnlineStation, checked: CheckedChanges): StagedResult {
  const { ground, changes, notes } = checked;
  const staged = stage(station.home, ground.entry, changes, station.outbox.batches);
  return { repository: ground.entry.name, changes, notes, staged };
}

/** The roles that a targets role delegates to, as the staged changes leave them. @throws as {@link foresee} */
export function delegationsNow(ground: StagingGround, parent: string): readonly Delegation[] {
  const { base, dialect, staged, outstanding } = ground;
  const foreseen =
    staged.length > 0 && outstanding === null
      ? foresee(ground, staged).find(({ role }) => role === parent)
      : undefined;
  const document = foreseen ? resultDocument(foreseen) : base?.targets.get(parent);
  return document ? dialect.delegations(document) : [];
}

/**
 * The published key of a role that a text names: an ID as metadata lists it, a canonical one, or the beginning of
 * either, at least eight digits.
 *
 * @throws CHANGE-KEY, CHANGE-DELEGATION, CHANGE-INIT (exit 3), KEY-UNKNOWN (exit 2)
 */
export function keyNamed(ground: StagingGround, role: string, text: string): MetadataKey {
  const keys = keysNow(ground, role);
  const digits = text.toLowerCase();
  const found = keys.filter(({ id, canonicalId }) =>
    [id, canonicalId].some((one) => one === digits || (digits.length >= 8 && one.startsWith(digits))),
  );
  const [key, second] = found;
  if (second && !found.some(({ id }) => id === digits))
    throw usage('KEY-UNKNOWN', 'several keys begin like that', {
      found: text,
      expected: found.map(({ id }) => id).join(' '),
      where: `${ground.entry.name} ${role}`,
    });
  if (key) return found.find(({ id }) => id === digits) ?? key;
  throw refused('CHANGE-KEY', 'the role has no such key', {
    expected: keys.map(({ id }) => id).join(' ') || 'none: the role has no keys',
    found: text,
    where: `${ground.entry.name} ${role}`,
  });
}

/** The keys that a role has as published. @throws CHANGE-INIT, CHANGE-DELEGATION, CHANGE-ROLE */
export function keysNow({ base, dialect, entry }: StagingGround, role: string): readonly MetadataKey[] {
  if (!base)
    throw refused('CHANGE-INIT', 'the repository does not exist yet', {
      where: entry.name,
      hint: 'stage init first, and publish it',
    });
  if (!isDelegated(role)) return dialect.declaredKeys(base.root, role).keys;
  const parent = base.targets.get(base.parents.get(role) ?? '');
  const declared = parent && dialect.delegatedKeys(parent, role);
  if (declared) return declared.keys;
  throw refused('CHANGE-DELEGATION', 'nothing delegates to this role', {
    found: role,
    where: entry.name,
    hint: 'delegation list shows the roles that there are',
  });
}
