import { CountersignError, EXIT, usage } from '../../errors.ts';
import { formatTime } from '../../encoding/time.ts';
import { dialectOf } from '../../metadata/dialects.ts';
import type { SignedDocument } from '../../metadata/document.ts';
import { recordingRefusals } from '../../station/ledger/refusals.ts';
import { placeOf } from '../../station/keys/signers.ts';
import type { RepositoryEntry } from '../repositories/place.ts';
import type { PublishPorts } from './publish.ts';
import { planRenewal, renew, type PlannedRenewal, type Renewal } from './renewal.ts';
import { repeatOnConflict } from '../transport/repeat.ts';
import { repositories, repositoryNamed } from '../repositories/repositories.ts';
import type { OnlineStation } from '../station.ts';

/** A role as it is published now. */
export interface RenewedRole {
  readonly role: string;
  readonly version: number;
  readonly expires: string;
  /** Whether this command signed it. */
  readonly renewed: boolean;
}

/** What became of one repository. */
export interface RefreshedRepository {
  readonly name: string;
  /** `incomplete`: the timestamp is new, and the snapshot should be, but its key is not here. */
  readonly state: 'renewed' | 'incomplete' | 'conflict' | 'failed';
  readonly roles: readonly RenewedRole[];
  readonly error: CountersignError | null;
}

/**
 * Signs a new timestamp for each folder repository with this station's own keys, and publishes it at once; a new
 * snapshot with it where that one ends within half of its usual validity, or where it is asked for. Everything is
 * verified from the pin before, and every secret asked for before the first signature (R12). What goes wrong with one
 * repository is its result, so that the others go on.
 *
 * @param names repositories; empty for every folder that this station knows
 * @throws REPOSITORY-UNKNOWN, REFRESH-STORE (exit 2), and what opening keys throws
 */
export async function refreshOnline(
  station: OnlineStation,
  names: readonly string[],
  snapshot: boolean,
  { stores, signers, progress }: PublishPorts,
): Promise<RefreshedRepository[]> {
  const results = new Map<string, RefreshedRepository>();
  const guarded = async (name: string, work: () => Promise<RefreshedRepository | null>): Promise<void> => {
    try {
      const result = await recordingRefusals(
        station.home,
        () => null,
        () => repeatOnConflict(work),
      );
      if (result) results.set(name, result);
    } catch (error) {
      if (!(error instanceof CountersignError)) throw error;
      const state = error.exit === EXIT.conflict ? 'conflict' : 'failed';
      results.set(name, { name, state, roles: [], error });
    }
  };
  const planned: { readonly renewal: Renewal; readonly plan: PlannedRenewal }[] = [];
  const entries = chosen(station, names);
  for (const entry of entries)
    await guarded(entry.name, async () => {
      const dialect = dialectOf(entry.dialect);
      const renewal: Renewal = { station, entry, dialect, snapshot, store: stores.open(entry) };
      planned.push({ renewal, plan: await planRenewal(renewal) });
      return null;
    });
  await signers.prepare(planned.flatMap(({ plan }) => plan.keys.map(placeOf)));
  for (const { renewal, plan } of planned) {
    let first: PlannedRenewal | null = plan;
    await guarded(renewal.entry.name, async () => {
      const current = first ?? (await planRenewal(renewal));
      first = null;
      return renewed(renewal.entry.name, current, await renew(renewal, current, signers));
    });
    progress(results.size, entries.length);
  }
  return entries.flatMap(({ name }) => results.get(name) ?? []);
}

function chosen({ home }: OnlineStation, names: readonly string[]): RepositoryEntry[] {
  if (names.length === 0) return repositories(home).filter(({ place }) => place.kind === 'directory');
  return [...new Set(names)].map((name) => {
    const entry = repositoryNamed(home, name);
    if (entry.place.kind === 'directory') return entry;
    throw usage('REFRESH-STORE', 'only folder repositories have a timestamp that this station signs', {
      found: name,
      hint:
        entry.place.kind === 'server'
          ? 'the trust server signs its timestamp itself'
          : 'what lies at a URL is only read here: add the folder that it is served from',
    });
  });
}

function renewed(
  name: string,
  { lacking }: PlannedRenewal,
  { verified, signed }: Awaited<ReturnType<typeof renew>>,
): RefreshedRepository {
  const roles = [verified.timestamp, verified.snapshot].map(
    ({ role, version, expires }: SignedDocument): RenewedRole => ({
      role,
      version,
      expires: formatTime(Math.floor(expires / 1000)),
      renewed: signed.has(role),
    }),
  );
  return { name, roles, state: lacking ? 'incomplete' : 'renewed', error: lacking };
}
