import { sha256Hex } from '../../encoding/hash.ts';
import { formatTime } from '../../encoding/time.ts';
import { refused, usage } from '../../errors.ts';
import { dialectOf } from '../../metadata/dialects.ts';
import { repositoryKey } from '../../station/ledger/events.ts';
import { marksOf } from '../../station/ledger/marks.ts';
import { writeOut } from '../../station/files/outgoing.ts';
import { checkForward } from '../reading/forward.ts';
import { fetchRepository } from '../reading/fetch.ts';
import type { RepositoryEntry } from '../repositories/place.ts';
import { currentPart, requireCurrent } from '../reading/read.ts';
import { repositoryNamed } from '../repositories/repositories.ts';
import { checkChanges, newGround, stageChecked, type StagedResult } from '../staging/staging.ts';
import { pinOf, type OnlineStation } from '../station.ts';
import type { Stores } from '../repositories/stores.ts';
import { planConversion, type ConvertedRole, type Departures } from './plan.ts';
import { writeTrustArchive, type TrustArchive } from './trust-archive.ts';
import { verifyTrust } from './verify-archive.ts';

export interface ConvertOptions extends Departures {
  /** Name of the repository that is to be made. */
  readonly to: string;
  /** Path of the archive of the old trust data. */
  readonly archive: string;
}

/** What was staged and kept. */
export interface Converted extends StagedResult {
  readonly from: string;
  readonly archive: { readonly path: string; readonly sha256: string; readonly files: number };
  readonly roles: readonly {
    readonly from: string;
    readonly role: string;
    readonly parent: string;
    readonly threshold: number;
    readonly targets: number;
    /** Who may sign it. `station` is null where no station that is known here holds the key. */
    readonly keys: readonly { readonly id: string; readonly station: string | null }[];
  }[];
}

/**
 * Stages a TUF repository with the targets and delegations of a Notary one that was verified from this station's pin,
 * and keeps an archive of what the Notary repository proved.
 *
 * @throws CONVERT-*, CHAIN-LINEAGE, CHAIN-*, READ-* (exit 3), CONVERT-DIALECT, FILE-EXISTS (exit 2)
 */
export async function convert(
  station: OnlineStation,
  stores: Stores,
  name: string,
  options: ConvertOptions,
): Promise<Converted> {
  const entry = repositoryNamed(station.home, name);
  const into = repositoryNamed(station.home, options.to);
  if (entry.dialect !== 'notary' || into.dialect !== 'tuf')
    throw usage('CONVERT-DIALECT', 'only a Notary repository is converted, and only into a TUF one', {
      found: `${entry.dialect} into ${into.dialect}`,
      hint: `countersign repository add ${options.to} --dialect tuf --directory DIR`,
    });
  const ground = newGround(station, stores, into.name);
  const { pinned } = marksOf(station.marks, repositoryKey(into));
  if (
    pinned ||
    ground.outstanding !== null ||
    ground.staged.some(({ type }) => type !== 'init' && type !== 'key-rotate' && type !== 'threshold')
  )
    throw refused('CHAIN-LINEAGE', 'a repository is converted into one that does not exist yet', {
      found: pinned ? `root version ${String(pinned.version)}` : 'staged changes, or a request on its way',
      where: into.name,
      hint: 'before convert nothing but init is staged for it: reset forgets what is staged',
    });
  const trust = await archived(station, stores, entry);
  const verified = verifyTrust(trust);
  checkForward(station, entry, verified);
  const now = station.now * 1000;
  requireCurrent(entry.name, verified, now);
  const from = dialectOf(entry.dialect);
  const source = { name, dialect: from, ...currentPart(from, verified, verified.broken, now) };
  const plan = planConversion(source, ground.dialect, options);
  const init = ground.staged.length > 0 ? [] : [{ type: 'init', restart: false } as const];
  const checked = await checkChanges(station, ground, [...init, ...plan.changes]);
  const roles = plan.roles.map((role) => withHolders(station, role));
  const bytes = writeTrustArchive(trust);
  writeOut(options.archive, [bytes], bytes.length);
  const staged = stageChecked(station, checked);
  const archive = { path: options.archive, sha256: sha256Hex(bytes), files: trust.files.length };
  const notes = [...staged.notes, ...plan.notes, ...roles.flatMap(unreachable)];
  return { ...staged, notes, from: name, archive, roles };
}

/** What is served, from the first root on, to be verified from this station's pin. @throws CONVERT-PIN, READ-NONE */
async function archived(
  station: OnlineStation,
  stores: Stores,
  entry: RepositoryEntry,
): Promise<TrustArchive> {
  const dialect = dialectOf(entry.dialect);
  const pin = pinOf(station, entry);
  if (!pin)
    throw refused('CONVERT-PIN', 'this station has no pinned root of the repository', {
      where: entry.name,
      hint: `countersign repository adopt ${entry.name} -o FILE, and publish the answer`,
    });
  const context = { repository: entry.name, now: station.now * 1000 };
  const fetched = await fetchRepository(dialect, stores.open(entry), pin, 1, null, context, 'set-apart');
  if (!fetched) throw refused('READ-NONE', 'nothing is published under this name', { where: entry.name });
  const { roots, timestamp, snapshot, targets } = fetched.files;
  const named = [
    ...roots.map((file) => ({ role: 'root', file })),
    ...[
      { role: 'timestamp', file: timestamp },
      { role: 'snapshot', file: snapshot },
    ],
    ...[...targets].sort(([a], [b]) => (a < b ? -1 : 1)).map(([role, file]) => ({ role, file })),
  ];
  const files = named.flatMap(({ role, file }) =>
    file ? [{ role, version: dialect.parse(role, file).version, file }] : [],
  );
  return {
    dialect: entry.dialect,
    repository: entry.name,
    time: formatTime(station.now),
    trustedRoot: pin.version,
    files,
  };
}

function withHolders(station: OnlineStation, role: ConvertedRole): Converted['roles'][number] {
  const { from, role: name, parent, threshold, targets } = role;
  const keys = role.keys.map(({ canonicalId }) => ({
    id: canonicalId,
    station: station.holders.get(canonicalId) ?? null,
  }));
  return { from, role: name, parent, threshold, targets, keys };
}

/** A TUF client stops at a delegated role without a file: nothing can be published until its keys have signed. */
function unreachable({ from, role, threshold, keys }: Converted['roles'][number]): string[] {
  if (keys.filter(({ station }) => station !== null).length >= threshold) return [];
  return [
    `${role} must be signed by its keys before anything is published, and no station known here holds enough of them: bring the signatures in, or convert with --merge ${from} or --without ${from}`,
  ];
}
