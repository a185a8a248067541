import { sha256Hex } from '../../encoding/hash.ts';
import { conflict, CountersignError, EXIT, failure, usage } from '../../errors.ts';
import type { MergedRepository } from '../../exchange/merge-responses.ts';
import { trackRole } from '../../exchange/tracker.ts';
import { documentOf } from '../../exchange/request.ts';
import type { Dialect } from '../../metadata/dialect.ts';
import { isDelegated } from '../../metadata/roles.ts';
import type { VerifiedRepository } from '../../metadata/verified.ts';
import { repositoryKey, type ExchangeEvent } from '../../station/ledger/events.ts';
import type { Signers } from '../../station/keys/signers.ts';
import { fetchRepository } from '../reading/fetch.ts';
import { checkFollowed, finalFiles } from './final-files.ts';
import { checkForward } from '../reading/forward.ts';
import { heldOnlineKey } from './online-keys.ts';
import { onlineRoleFiles } from './online-roles.ts';
import type { PublishedRepository } from '../reading/published-repository.ts';
import type { RepositoryEntry } from '../repositories/place.ts';
import { putKeptFiles } from './publish-targets.ts';
import { repeatOnConflict } from '../transport/repeat.ts';
import { seenEvents, type OnlineStation } from '../station.ts';
import type { Store } from '../repositories/store.ts';
import type { TargetFiles } from '../tuf-repository/target-files.ts';
import { wantedRoles } from '../reading/wanted-roles.ts';

/** One repository that is to be published, and where. */
export interface Publication {
  readonly repository: MergedRepository;
  readonly entry: RepositoryEntry;
  readonly store: Store;
  /** Where target files go; null where they are not kept beside the metadata. */
  readonly targetFiles: TargetFiles | null;
  /** Records that posting begins; called before the first byte is sent. */
  readonly posting: () => void;
}

interface Outcome {
  readonly result: PublishedRepository;
  readonly events: readonly ExchangeEvent[];
}

/** Publishes one repository; what goes wrong is its result, so that the others go on. */
export async function publishRepository(
  station: OnlineStation,
  publication: Publication,
  signers: Signers,
  request: string,
): Promise<Outcome> {
  const { repository, entry } = publication;
  const roles = repository.roles.map(({ role, signatures }) => ({
    role: role.role,
    version: role.version,
    sha256: signatures.length > 0 ? sha256Hex(role.document) : null,
  }));
  const signatures = repository.roles.map((role) => trackRole(role, (id) => station.holders.get(id) ?? null));
  const base = { name: entry.name, roles, signatures, error: null, reason: null };
  const refusedRole = repository.roles.find(({ refused }) => refused !== null);
  if (refusedRole) return { result: { ...base, state: 'refused', reason: refusedRole.refused }, events: [] };
  if (repository.roles.some(({ missing }) => missing > 0))
    return { result: { ...base, state: 'incomplete' }, events: [] };
  try {
    const { verified, posted } = await repeatOnConflict(() => post(station, publication, signers));
    const state = posted ? 'published' : 'already-published';
    const key = repositoryKey(entry);
    const retired: ExchangeEvent[] =
      repository.reading.record.operation === 'restart'
        ? [{ event: 'retired', data: { repository: key, request } }]
        : [];
    const published: ExchangeEvent = { event: 'published', data: { request, repository: key } };
    const seen = seenEvents(station, entry, verified);
    return { result: { ...base, state }, events: [...retired, published, ...seen] };
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error;
    const state = error.exit === EXIT.conflict ? 'conflict' : 'failed';
    return { result: { ...base, state, error }, events: [] };
  }
}

async function post(
  station: OnlineStation,
  publication: Publication,
  signers: Signers,
): Promise<{ verified: VerifiedRepository; posted: boolean }> {
  const { repository, entry, store, targetFiles, posting } = publication;
  const { dialect, record } = repository.reading;
  const files = finalFiles(repository);
  const context = { repository: entry.name, now: station.now * 1000 };
  const fetched = await fetchRepository(
    dialect,
    store,
    null,
    1,
    wantedRoles(repository.reading.changes),
    context,
    'set-apart',
  );
  const current = fetched?.verified ?? null;
  // Whoever runs a repository that is only read may add signatures to what was handed over.
  const isThere = store.readOnly === undefined ? isFile : isContent(dialect);
  if (current && [...files].every(([role, file]) => isThere(current, role, file)))
    return { verified: current, posted: false };
  if (current) checkForward(station, entry, current);
  checkUnmoved(record, current);
  checkFollowed(dialect, current, files, context);
  if (store.readOnly !== undefined) throw readOnly(store.readOnly, store);
  const online = await onlineFiles(station, publication, current, files, signers);
  const all = new Map([...files, ...online]);
  posting();
  const root = files.get('root') ?? current?.root.file;
  const consistent = root !== undefined && dialect.consistent(dialect.parse('root', root));
  const { changes } = repository.reading;
  if (targetFiles)
    await putKeptFiles(station.home, targetFiles, { entry, dialect, changes, files, consistent });
  await store.publish(all);
  return { verified: await readBack(station, publication, files), posted: true };
}

/**
 * Snapshot and timestamp of a folder; for a trust server none, or the snapshot alone where its key is not the
 * server's but was left at a client, as `notary init` does.
 */
async function onlineFiles(
  station: OnlineStation,
  { repository, entry, store }: Publication,
  current: VerifiedRepository | null,
  files: ReadonlyMap<string, Uint8Array>,
  signers: Signers,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const { dialect } = repository.reading;
  const work = { station, entry, dialect, current, files, signers };
  if (!store.signsSnapshot) return onlineRoleFiles(work);
  const file = files.get('root') ?? current?.root.file;
  const declared = file && dialect.declaredKeys(dialect.parse('root', file), 'snapshot');
  const held = declared && heldOnlineKey(station, entry, 'snapshot', declared);
  return held && files.size > 0 ? onlineRoleFiles(work, false) : new Map<string, Uint8Array>();
}

function isFile(current: VerifiedRepository, role: string, file: Uint8Array): boolean {
  const document = documentOf(current, role);
  return document !== null && Buffer.compare(document.file, file) === 0;
}

function isContent(dialect: Dialect): typeof isFile {
  return (current, role, file) => {
    const { payload } = dialect.parse(role, file);
    const document = documentOf(current, role);
    return document !== null && Buffer.compare(document.payload, payload) === 0;
  };
}

/** The refusal STORE-READ-ONLY (exit 2). */
function readOnly(reason: string, store: Store): Error {
  return usage('STORE-READ-ONLY', reason, {
    where: store.describe(),
    hint: 'publish FILE... --to DIR writes the signed files for whoever runs it; once they are there, publish FILE... says so',
  });
}

/**
 * The server moved on where a role that the request builds on differs from its base; snapshot and timestamp may
 * have moved (M14).
 *
 * @throws SERVER-MOVED (exit 5)
 */
function checkUnmoved(
  record: MergedRepository['reading']['record'],
  current: VerifiedRepository | null,
): void {
  for (const { role, version, sha256 } of record.base) {
    if (role === 'snapshot' || role === 'timestamp') continue;
    const document = current && documentOf(current, role);
    const found = document ? sha256Hex(document.payload) : null;
    if (version === 0 ? document === null : found === sha256) continue;
    throw conflict(
      'SERVER-MOVED',
      'the repository has changed since the request was exported; nothing was posted',
      {
        expected: version === 0 ? 'no such file' : `version ${String(version)} ${sha256}`,
        found: document ? `version ${String(document.version)} ${found ?? ''}` : 'no such file',
        where: `${record.name} ${role}`,
        hint: 'the changes are staged again: export, and have the new request signed',
      },
    );
  }
}

/**
 * Reads everything back as a fresh client and compares byte for byte: a server may answer 200 and still have
 * broken the repository.
 *
 * @throws PUBLISH-READBACK (exit 1)
 */
async function readBack(
  station: OnlineStation,
  { repository, entry, store }: Publication,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<VerifiedRepository> {
  const { dialect } = repository.reading;
  const context = { repository: entry.name, now: station.now * 1000 };
  let verified: VerifiedRepository | null;
  try {
    // The parent of a role that is gone is known no more through that role: what was posted is wanted by its name.
    const wanted = wantedRoles(repository.reading.changes);
    const posted = [...files.keys()].filter(isDelegated).map((role) => [role, null] as const);
    const all = wanted && new Map([...posted, ...wanted]);
    const fetched = await fetchRepository(dialect, store, null, 1, all, context, 'set-apart');
    verified = fetched?.verified ?? null;
  } catch (cause) {
    if (!(cause instanceof CountersignError) || cause.exit === EXIT.unavailable) throw cause;
    throw differs(entry.name, cause.message, cause);
  }
  for (const [role, file] of files)
    if (!verified || !isFile(verified, role, file)) throw differs(entry.name, role);
  if (!verified) throw differs(entry.name, 'root');
  return verified;
}

function differs(where: string, found: string, cause?: unknown): Error {
  return failure('PUBLISH-READBACK', 'posted, but what a fresh client reads differs', {
    expected: 'the posted files, byte for byte',
    found,
    where,
    hint: 'clients may refuse the repository now: run publish again to see the state, and keep the response',
    cause,
  });
}
