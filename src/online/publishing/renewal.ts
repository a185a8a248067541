import { type CountersignError, failure, incomplete, refused, unavailable } from '../../errors.ts';
import { documentOf } from '../../exchange/request.ts';
import type { Dialect } from '../../metadata/dialect.ts';
import type { SignedDocument } from '../../metadata/document.ts';
import type { VerifiedRepository } from '../../metadata/verified.ts';
import type { SigningKey } from '../../signer/signer.ts';
import { repositoryKey } from '../../station/ledger/events.ts';
import { expiryRuleOf } from '../../station/ledger/expiry-policy.ts';
import { marksOf } from '../../station/ledger/marks.ts';
import type { Signers } from '../../station/keys/signers.ts';
import { fetchOnlineRoles } from '../reading/fetch.ts';
import { checkForward } from '../reading/forward.ts';
import { declaredHere, declaredOnlineKeys } from './online-keys.ts';
import { onlineRoleFiles, timestampFile, type OnlineRolesWork } from './online-roles.ts';
import type { RepositoryEntry } from '../repositories/place.ts';
import { pinOf, seenEvents, type OnlineStation } from '../station.ts';
import type { Store } from '../repositories/store.ts';

const DAY = 86_400;

/** What a renewal of snapshot and timestamp works on. */
export interface Renewal {
  readonly station: OnlineStation;
  readonly entry: RepositoryEntry;
  readonly store: Store;
  readonly dialect: Dialect;
  /** Whether a new snapshot is wanted whenever the present one ends. */
  readonly snapshot: boolean;
}

/** What is to be signed, and over what. */
export interface PlannedRenewal {
  readonly current: VerifiedRepository & {
    readonly timestamp: SignedDocument;
    readonly snapshot: SignedDocument;
  };
  readonly snapshot: boolean;
  /** Why the snapshot is not signed although it should be. */
  readonly lacking: CountersignError | null;
  readonly keys: readonly SigningKey[];
}

/**
 * Reads root, timestamp and snapshot, verifies them from the pin, and decides which are signed anew. No targets role is
 * read: neither says anything about them that was not published already.
 *
 * @throws READ-NONE (exit 6), KEY-NONE (exit 4), READ-ROLLBACK, CHAIN-*
 */
export async function planRenewal(renewal: Renewal): Promise<PlannedRenewal> {
  const { station, entry, dialect } = renewal;
  const current = await readOnlineRoles(renewal);
  const keysOf = (role: string): SigningKey[] =>
    declaredOnlineKeys(
      station,
      entry,
      role,
      dialect.declaredKeys(current.root, role),
      'refresh --online is theirs to run',
    ).map(({ key }) => key);
  const keys = keysOf('timestamp');
  if (renewal.snapshot)
    return { current, snapshot: true, lacking: null, keys: [...keys, ...keysOf('snapshot')] };
  if (!endsSoon(renewal, current.snapshot)) return { current, snapshot: false, lacking: null, keys };
  const held = declaredHere(station, entry, 'snapshot', dialect.declaredKeys(current.root, 'snapshot'));
  if (held) return { current, snapshot: true, lacking: null, keys: [...keys, ...held.map(({ key }) => key)] };
  const lacking = incomplete(
    'KEY-NONE',
    'the snapshot should be renewed, but its key is not at this station',
    {
      where: entry.name,
      hint: 'run refresh --online --snapshot where that key is, or publish from there',
    },
  );
  return { current, snapshot: false, lacking, keys };
}

function endsSoon({ station, entry, dialect }: Renewal, snapshot: SignedDocument): boolean {
  const { usual } = expiryRuleOf(station.home, dialect, entry.name, 'snapshot');
  return snapshot.expires / 1000 - station.now < (usual * DAY) / 2;
}

/**
 * Signs what is planned, publishes it, and reads it back.
 *
 * @throws DIRECTORY-VERSION, DIRECTORY-INCOMPLETE (exit 5) where somebody else published since the plan was made
 */
export async function renew(
  renewal: Renewal,
  { current, snapshot }: PlannedRenewal,
  signers: Signers,
): Promise<{ readonly verified: PlannedRenewal['current']; readonly signed: ReadonlySet<string> }> {
  const { station, entry, store, dialect } = renewal;
  const work: OnlineRolesWork = { station, entry, dialect, current, files: new Map(), signers };
  const files = snapshot
    ? await onlineRoleFiles(work)
    : new Map([['timestamp', await timestampFile(work, current.snapshot)]]);
  await store.publish(files);
  const verified = await readOnlineRoles(renewal);
  checkThere(entry, verified, dialect, files);
  station.home.ledger.append(seenEvents(station, entry, verified));
  return { verified, signed: new Set(files.keys()) };
}

async function readOnlineRoles(renewal: Renewal): Promise<PlannedRenewal['current']> {
  const { station, entry, store, dialect } = renewal;
  const pin = pinOf(station, entry);
  const context = { repository: entry.name, now: station.now * 1000 };
  const verified = await fetchOnlineRoles(dialect, store, pin, pin?.version ?? 1, context);
  const { timestamp, snapshot } = verified ?? { timestamp: null, snapshot: null };
  if (!verified || !timestamp || !snapshot)
    throw unavailable('READ-NONE', 'nothing is published under this name', {
      where: `${entry.name} at ${store.describe()}`,
    });
  checkForward(station, entry, verified);
  checkListedForward(renewal, snapshot);
  return { ...verified, timestamp, snapshot };
}

/** A snapshot that lists an older file than was seen is not signed for again, whoever signed it. @throws READ-ROLLBACK */
function checkListedForward({ station, entry, dialect }: Renewal, snapshot: SignedDocument): void {
  const listed = dialect.listed(snapshot);
  for (const [role, mark] of marksOf(station.marks, repositoryKey(entry)).seen) {
    const version = listed.get(role)?.version ?? null;
    if (version !== null && version < mark.version)
      throw refused('READ-ROLLBACK', `the snapshot lists an older ${role} than was published before`, {
        expected: `version ${String(mark.version)} or later`,
        found: `version ${String(version)}`,
        where: entry.name,
        hint: 'the folder was restored from a backup, or somebody else holds the snapshot key',
      });
  }
}

/** What was published is served, unless somebody has published something newer since. @throws PUBLISH-READBACK */
function checkThere(
  { name }: RepositoryEntry,
  verified: VerifiedRepository,
  dialect: Dialect,
  files: ReadonlyMap<string, Uint8Array>,
): void {
  for (const [role, file] of files) {
    const found = documentOf(verified, role);
    const { version } = dialect.parse(role, file);
    if (found && found.version > version) continue;
    if (!found || Buffer.compare(found.file, file) !== 0)
      throw failure('PUBLISH-READBACK', 'posted, but what a fresh client reads differs', {
        expected: `version ${String(version)}, byte for byte`,
        found: found ? `version ${String(found.version)}` : 'nothing',
        where: `${name} ${role}`,
      });
  }
}
