import type { Bundle } from '../bundle/bundle.ts';
import type { RequestManifest } from '../bundle/manifest.ts';
import { merkleRoot } from '../encoding/merkle.ts';
import { fromHex } from '../encoding/text.ts';
import { parseTime } from '../encoding/time.ts';
import { CountersignError, refused, usage } from '../errors.ts';
import { closeRoles, readRepository, recordDigestOf } from '../exchange/read-request.ts';
import { checkBase } from '../policy/base.ts';
import { checkExpiry } from '../policy/expiry.ts';
import { checkOwnKeys } from '../policy/own-keys.ts';
import { checkRootKeys } from '../policy/root-keys.ts';
import { checkFloors } from '../policy/floors.ts';
import { checkNotAfter, CLOCK_TOLERANCE } from '../policy/request-time.ts';
import { checkSequence } from '../policy/sequence.ts';
import { checkSigned, checkVersion } from '../policy/versions.ts';
import { anomaliesOf } from '../review/anomalies.ts';
import type { Anomaly } from '../review/anomaly.ts';
import { currencyOf } from '../review/currency.ts';
import { hiddenRoles } from '../review/delegation-anomalies.ts';
import { differencesOf, type ContentDifference } from '../review/difference.ts';
import { quorumDifferences, withHolders, type QuorumDifference } from '../review/key-difference.ts';
import { notUnderstoodOfBase } from '../review/not-understood.ts';
import { reachOf } from '../review/reach.ts';
import { sinceLastSeen } from '../review/since.ts';
import { firstContact } from '../review/first-contact.ts';
import { groupFirstRoots } from '../review/first-roots.ts';
import { expiryRuleOf } from '../station/ledger/expiry-policy.ts';
import { repositoryKey } from '../station/ledger/events.ts';
import { marksOf, withoutLineage } from '../station/ledger/marks.ts';
import { pinnedRoot } from '../station/files/archive.ts';
import { begins, checkLineage, restartAnomaly } from './lineage.ts';
import type { LastSeen } from './last-seen.ts';
import { fillerOf } from './filler.ts';
import type { OfflineStation } from './station.ts';
import { checkHeard } from './check-recovered.ts';
import type { Examination, RepositoryExamination } from './examination.ts';

/** What was taken off the stick: the sealed, trusted request and the copy that everything is read from. */
export interface TakenRequest {
  readonly bundle: Bundle<RequestManifest>;
  readonly copy: Examination['copy'];
  readonly sender: string;
  /** What this station last saw of the roles that changed since. */
  readonly lastSeen: LastSeen;
}

/**
 * Every check that needs no key, in the order of cost: binding of the request to this station, then each
 * repository from its pinned root (R1-R7). Failures of single repositories are collected, so that the officer
 * sees all of them at once; nothing is left out silently.
 *
 * @param open the examination of the same request before its slots were filled: what it read is not read again
 * @throws the one failure, or REQUEST-REPOSITORIES listing several
 */
export function examine(
  station: OfflineStation,
  taken: TakenRequest,
  excepted: readonly string[],
  open?: Examination,
): Examination {
  const { bundle, copy, sender } = taken;
  const { manifest, digest } = bundle;
  checkAddressed(station, manifest, digest);
  const unknown = excepted.find((name) => !manifest.repositories.some((record) => record.name === name));
  if (unknown !== undefined)
    throw usage('EXCEPT-UNKNOWN', 'the request does not hold the repository to be left out', {
      found: unknown,
    });
  const before = new Map(open?.repositories.map((one) => [one.reading.record, one]));
  const last = highestSequence(station, manifest.from.key);
  const failures: CountersignError[] = [];
  const repositories: RepositoryExamination[] = [];
  for (const record of manifest.repositories) {
    if (excepted.includes(record.name)) continue;
    try {
      repositories.push(examineRepository(station, taken, record, last, before.get(record)));
    } catch (error) {
      if (!(error instanceof CountersignError)) throw error;
      failures.push(error);
    }
  }
  if (failures.length > 0) throw combined(failures);
  const root = merkleRoot(manifest.repositories.map((record) => fromHex(recordDigestOf(record))));
  const all = repositories.flatMap(({ anomalies }) => anomalies);
  const grouped = groupFirstRoots(all, root);
  const rest = grouped.length === all.length ? repositories : withoutFirstRoots(repositories);
  const first = grouped.length === all.length ? [] : grouped.slice(0, 1);
  return {
    digest,
    manifest,
    sender,
    copy,
    repositories: rest,
    anomalies: [...clockAnomalies(manifest, station.now), ...first],
    merkleRoot: root,
    excepted,
    now: station.now,
  };
}

function withoutFirstRoots(repositories: readonly RepositoryExamination[]): RepositoryExamination[] {
  return repositories.map((repository) => ({
    ...repository,
    anomalies: repository.anomalies.filter(({ id }) => !id.startsWith('FIRST-ROOT:')),
  }));
}

function combined(failures: readonly CountersignError[]): CountersignError {
  const [first] = failures;
  if (failures.length === 1 && first) return first;
  return refused(
    'REQUEST-REPOSITORIES',
    `${String(failures.length)} repositories of the request are refused`,
    {
      found: failures.map(({ check, where, message }) => `${check} ${where ?? ''}: ${message}`).join('; '),
      hint: 'sign the others with --except NAME for each, or refuse the request',
    },
  );
}

/** Binding of the request to this station: environment, recipient, heard head, time (M6, M9, S26). */
function checkAddressed(station: OfflineStation, manifest: RequestManifest, digest: string): void {
  const { home, now } = station;
  if (manifest.environment !== home.environment)
    throw refused('KEY-ENVIRONMENT', 'the request belongs to another environment', {
      expected: home.environment,
      found: manifest.environment,
    });
  const us = manifest.to.find(({ key }) => key === home.identity);
  if (!us)
    throw refused('EXCHANGE-RECIPIENT', 'the request is not addressed to this station', {
      expected: home.identity,
      found: manifest.to.map(({ key }) => key).join(' '),
    });
  checkHeard(home, manifest, digest);
  checkNotAfter(manifest, now);
}

/** Clocks that differ by more than a day are compared by people (M13). */
function clockAnomalies(manifest: RequestManifest, now: number): Anomaly[] {
  if (Math.abs(parseTime(manifest.created) - now) <= CLOCK_TOLERANCE) return [];
  return [
    {
      id: `CLOCK:${manifest.created}`,
      typed: true,
      text: `the request says it was made at ${manifest.created}: more than a day from this clock`,
    },
  ];
}

function examineRepository(
  station: OfflineStation,
  { bundle, lastSeen }: TakenRequest,
  record: RequestManifest['repositories'][number],
  last: number,
  before: RepositoryExamination | undefined,
): RepositoryExamination {
  const key = repositoryKey(record);
  const all = marksOf(station.marks, key);
  const retires = begins(record, all, bundle.digest);
  const marks = retires ? withoutLineage(all) : all;
  const { manifest } = bundle;
  if (!station.signing.get(bundle.digest)?.accepted.has(key))
    checkSequence(
      manifest.sequence,
      { here: marks.sequences.get(manifest.from.key) ?? 0, any: last },
      record.name,
    );
  const reading =
    before?.reading ??
    readRepository(
      record,
      (name) => bundle.read(name),
      pinnedRoot(station.home, marks, record),
      station.now * 1000,
    );
  checkBase(reading, marks);
  checkFloors(record, marks.floors, marks);
  checkLineage(reading.base === null, marks, record, bundle.digest);
  const fills = station.fillsOf(bundle.digest, key);
  const roles = closeRoles(reading, fills);
  for (const role of roles) {
    const base = record.base.find((entry) => entry.role === role.role);
    checkVersion(role, base?.version ?? 0, record.name);
    checkExpiry(
      expiryRuleOf(station.home, reading.dialect, record.name, role.role),
      role,
      station.now,
      record.name,
    );
    if (!role.open) checkSigned(role, marks, record);
  }
  const since = before?.since ?? sinceLastSeen(reading, marks, lastSeen.get(key) ?? new Map());
  const named = <D extends QuorumDifference>(all: readonly D[]): D[] => withHolders(all, station.holders);
  const heldBy = ({
    quorums,
    delegations,
  }: ContentDifference): Pick<ContentDifference, 'quorums' | 'delegations'> => ({
    quorums: named(quorums),
    delegations: named(delegations),
  });
  const differences = differencesOf(reading, roles, before).map((one) => ({ ...one, ...heldBy(one) }));
  const closed = { ...reading, roles };
  const reach = reachOf(closed, differences, station.holders);
  const filler = fillerOf(station, record);
  const known = {
    filler: filler ?? station.home.name,
    holders: station.holders,
    vouched: station.vouched,
    own: (keyid: string) => station.keys.keys.has(keyid),
    dropped: station.dropped.get(key) ?? new Set<string>(),
  };
  checkOwnKeys(reading, differences, known.own);
  checkRootKeys(reading, roles, (keyid) => station.keys.keys.get(keyid)?.role === 'root');
  const anomalies = [
    ...(retires ? [restartAnomaly(record.name, all)] : []),
    ...anomaliesOf(closed, differences, marks, manifest.from.key, station.now, known, since),
    ...hiddenRoles(record.name, reach),
  ];
  // a root that was signed here and is served with those bytes is no stranger, though it is not pinned yet
  const stranger = anomalies.some(({ id }) => id.startsWith('FIRST-CONTACT:')) ? reading.base : null;
  return {
    reading,
    roles,
    differences,
    since: since.map((one) => ({ ...one, ...heldBy(one) })),
    currency: currencyOf(closed, known),
    filler,
    fills,
    retires,
    contact: stranger ? named(quorumDifferences(reading.dialect, null, stranger.root)) : [],
    first: stranger ? firstContact(stranger) : null,
    anomalies,
    reach,
    notUnderstood: before?.notUnderstood ?? notUnderstoodOfBase(reading),
  };
}

/** The last sequence accepted from a sender, for any repository. */
function highestSequence(station: OfflineStation, sender: string): number {
  let highest = 0;
  for (const { sequences } of station.marks.values()) highest = Math.max(highest, sequences.get(sender) ?? 0);
  return highest;
}
