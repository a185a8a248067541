import { delegationEdits, touchedDelegations } from '../../change/delegations.ts';
import type { Change } from '../../change/change.ts';
import { RoleParents } from '../../change/role-parents.ts';
import { readChanges } from '../../exchange/read-changes.ts';
import type { Delegation } from '../../metadata/dialect.ts';
import { checkForward } from '../reading/forward.ts';
import { fetchRepository } from '../reading/fetch.ts';
import { heldNames } from './held-names.ts';
import type { RepositoryEntry } from '../repositories/place.ts';
import { newGround, type StagingGround } from './staging.ts';
import { repositoryKey } from '../../station/ledger/events.ts';
import { openStored } from '../stored-request.ts';
import { pinOf, type OnlineStation } from '../station.ts';
import type { Stores } from '../repositories/stores.ts';

/** The role that a target belongs into where nobody names one. */
export type RoleOf = (target: string) => string;

/** Hash bins that one document declares, and the delegations that lead there. */
interface Bins {
  readonly way: readonly Delegation[];
  readonly bins: readonly Delegation[];
}

/**
 * Where targets belong: into `targets`, or, where the repository delegates by hashes as it is published, on its way to be
 * signed, or staged, into the bin of their names. A name that a role above the bins holds stays there, since clients find
 * it there first. What is published is read once, without the bins themselves; only repositories whose dialect has bins
 * are asked.
 *
 * @throws CHAIN-*, METADATA-*, SERVER-*, READ-ROLLBACK
 */
export async function targetRoles(
  station: OnlineStation,
  stores: Stores,
  entry: RepositoryEntry,
): Promise<RoleOf> {
  const ground = newGround(station, stores, entry.name);
  const { dialect, context, store } = ground;
  if (!dialect.delegatesByHash) return () => 'targets';
  const pin = pinOf(station, entry);
  const fetched = await fetchRepository(
    dialect,
    store,
    pin,
    pin?.version ?? 1,
    'but-bins',
    context,
    'set-apart',
  );
  if (fetched) checkForward(station, entry, fetched.verified);
  const base = fetched?.verified ?? null;
  const staged = [...(await changesUnderWay(station, ground)), ...ground.staged];
  const groups = allBins({ ...ground, base, staged });
  if (groups.length === 0) return () => 'targets';
  const held = heldNames({ ...ground, base }, staged);
  return (target) => {
    for (const { way, bins } of groups)
      if (way.every((delegation) => dialect.covers(delegation, target))) {
        const [bin] = dialect.covering(bins, target);
        const above = ['targets', ...way.map(({ role }) => role)];
        if (bin) return above.find((role) => held(role).has(target)) ?? bin.role;
      }
    return 'targets';
  };
}

/** Changes that are neither published nor staged: those of the request that waits for its answer. */
async function changesUnderWay(
  station: OnlineStation,
  { outstanding, entry }: StagingGround,
): Promise<readonly Change[]> {
  if (outstanding === null) return [];
  const stored = await openStored(station, outstanding);
  const record = stored.manifest.repositories.find((one) => repositoryKey(one) === repositoryKey(entry));
  return record ? readChanges(stored.read(record.changes)) : [];
}

/** Every set of bins, in the order in which clients come by them. */
function allBins(ground: StagingGround): Bins[] {
  const declared = stagedDelegations(ground);
  const found: Bins[] = [];
  const visited = new Set<string>();
  const visit = (role: string, way: readonly Delegation[]): void => {
    if (visited.has(role)) return;
    visited.add(role);
    const delegations = declared(role);
    const bins = delegations.filter(({ hashPrefixes }) => hashPrefixes.length > 0);
    if (bins.length > 0) found.push({ way, bins });
    for (const one of delegations) if (one.hashPrefixes.length === 0) visit(one.role, [...way, one]);
  };
  visit('targets', []);
  return found;
}

/** What each role delegates to, as the staged changes leave it. */
function stagedDelegations({
  dialect,
  context,
  base,
  staged,
}: StagingGround): (role: string) => readonly Delegation[] {
  const parents = new RoleParents(dialect, base, staged);
  const below = new Map<string, string[]>();
  for (const role of touchedDelegations(staged)) {
    const parent = parents.find(role);
    if (parent === null) continue;
    const list = below.get(parent);
    if (list) list.push(role);
    else below.set(parent, [role]);
  }
  return (role) => {
    const document = base?.targets.get(role);
    const current = document ? dialect.delegations(document) : [];
    const roles = below.get(role);
    if (!roles) return current;
    const after = new Map(current.map((one) => [one.role, one]));
    for (const edit of delegationEdits(dialect, current, roles, staged, { fills: new Map(), context })) {
      const { declared } = edit;
      if (declared) after.set(edit.role, { role: edit.role, ...declared, threshold: 1, keys: [] });
      else after.delete(edit.role);
    }
    return [...after.values()];
  };
}
