import { canonicalBytes } from '../../encoding/canonical-json.ts';
import type { JsonObject } from '../../encoding/json.ts';
import type { Dialect } from '../../metadata/dialect.ts';
import type { SignedDocument } from '../../metadata/document.ts';
import type { VerifiedRepository } from '../../metadata/verified.ts';
import { finalFile } from '../../exchange/final.ts';
import { expiryRuleOf } from '../../station/ledger/expiry-policy.ts';
import type { Signers } from '../../station/keys/signers.ts';
import { declaredHere, declaredOnlineKeys } from './online-keys.ts';
import type { RepositoryEntry } from '../repositories/place.ts';
import { usualExpiry } from '../repositories/role-expiry.ts';
import type { OnlineStation } from '../station.ts';

const HAND_OVER = 'publish FILE... --to DIR writes the signed files for them to publish';

/** What snapshot and timestamp are made for. */
export interface OnlineRolesWork {
  readonly station: OnlineStation;
  readonly entry: RepositoryEntry;
  readonly dialect: Dialect;
  /** Null where the repository is new. */
  readonly current: VerifiedRepository | null;
  /** The files that are to be published with them, by role. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly signers: Signers;
}

/**
 * Snapshot and, where no server signs it, timestamp, signed by this station's own keys over the files that are to
 * be published and those that stay. Where a root replaces online keys that are here, the old ones sign too if the
 * dialect has it so (see tuf-repository/publication.ts).
 *
 * @param timestamp false where the trust server signs the timestamp itself
 * @throws KEY-NONE (exit 4)
 */
export async function onlineRoleFiles(
  work: OnlineRolesWork,
  timestamp = true,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const { dialect, current, files } = work;
  const listed = new Map<string, SignedDocument>();
  for (const [role, file] of files)
    if (role !== 'root' || dialect.snapshotListsRoot) listed.set(role, dialect.parse(role, file));
  const before = current?.snapshot ?? null;
  const snapshot = await signOnline(work, 'snapshot', before, (version, expires) =>
    dialect.newSnapshot(before, listed, version, expires),
  );
  if (!timestamp) return new Map([['snapshot', snapshot]]);
  return new Map([
    ['snapshot', snapshot],
    ['timestamp', await timestampFile(work, dialect.parse('snapshot', snapshot))],
  ]);
}

/** A timestamp over a snapshot, signed by this station's own keys. @throws KEY-NONE (exit 4) */
export async function timestampFile(work: OnlineRolesWork, snapshot: SignedDocument): Promise<Uint8Array> {
  const before = work.current?.timestamp ?? null;
  return signOnline(work, 'timestamp', before, (version, expires) =>
    work.dialect.newTimestamp(before, snapshot, version, expires),
  );
}

async function signOnline(
  { station, entry, dialect, current, files, signers }: OnlineRolesWork,
  role: 'snapshot' | 'timestamp',
  before: SignedDocument | null,
  build: (version: number, expires: string) => JsonObject,
): Promise<Uint8Array> {
  const newRoot = files.get('root');
  const root = newRoot ? dialect.parse('root', newRoot) : (current as VerifiedRepository).root;
  const present = declaredOnlineKeys(station, entry, role, dialect.declaredKeys(root, role), HAND_OVER);
  const outgoing =
    newRoot && current && dialect.outgoingKeysSign
      ? (declaredHere(station, entry, role, dialect.declaredKeys(current.root, role)) ?? [])
      : [];
  const keys = [...present, ...outgoing.filter(({ id }) => !present.some((key) => key.id === id))];
  const expires = usualExpiry(expiryRuleOf(station.home, dialect, entry.name, role), station.now);
  const payload = canonicalBytes(build((before?.version ?? 0) + 1, expires));
  const raws = await signers.sign(
    keys.map(({ key }) => ({ key, scheme: dialect.scheme(key.public.algorithm, role), message: payload })),
  );
  const signatures = keys.map(({ id, key }, index) =>
    dialect.signature(id, key.public, raws[index] as Uint8Array),
  );
  return finalFile(dialect, payload, signatures, before?.outside ?? {});
}
