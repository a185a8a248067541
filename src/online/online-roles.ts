import { canonicalBytes } from '../encoding/canonical-json.ts';
import { formatTime } from '../encoding/time.ts';
import type { Dialect } from '../metadata/dialect.ts';
import type { VerifiedRepository } from '../metadata/repository.ts';
import { DEFAULT_DAYS } from '../policy/expiry.ts';
import { finalFile } from '../exchange/final.ts';
import type { Signers } from '../station/signers.ts';
import { declaredOnlineKey } from './online-keys.ts';
import type { RepositoryEntry } from './repositories.ts';
import type { OnlineStation } from './station.ts';

const DAY = 86_400;

/**
 * Snapshot and, where no server signs it, timestamp, signed by this station's own keys over the files that are to
 * be published and those that stay.
 *
 * @param timestamp false where the trust server signs the timestamp itself
 */
export async function onlineRoleFiles(
  station: OnlineStation,
  entry: RepositoryEntry,
  dialect: Dialect,
  current: VerifiedRepository | null,
  files: ReadonlyMap<string, Uint8Array>,
  signers: Signers,
  timestamp = true,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const listed = new Map<string, Uint8Array>();
  if (current) {
    listed.set('root', current.root.file);
    for (const [role, document] of current.targets) listed.set(role, document.file);
  }
  for (const { role, document } of current?.broken ?? []) listed.set(role, document.file);
  for (const [role, file] of files) listed.set(role, file);
  const expires = (role: string): string => formatTime(station.now + (DEFAULT_DAYS[role] ?? 1) * DAY);
  const snapshot = await signed('snapshot', (version) =>
    dialect.newSnapshot(listed, version, expires('snapshot')),
  );
  if (!timestamp) return new Map([['snapshot', snapshot]]);
  const above = await signed('timestamp', (version) =>
    dialect.newTimestamp(snapshot, version, expires('timestamp')),
  );
  return new Map([
    ['snapshot', snapshot],
    ['timestamp', above],
  ]);

  async function signed(
    role: 'snapshot' | 'timestamp',
    build: (version: number) => Parameters<typeof canonicalBytes>[0],
  ): Promise<Uint8Array> {
    const newRoot = files.get('root');
    const root = newRoot ? dialect.parse('root', newRoot) : (current as VerifiedRepository).root;
    const key = declaredOnlineKey(station, entry, role, dialect.declaredKeys(root, role));
    const payload = canonicalBytes(build((current?.[role]?.version ?? 0) + 1));
    const scheme = dialect.scheme(key.public.algorithm, role);
    const [raw] = await signers.sign([{ key, scheme, message: payload }]);
    const context = { repository: entry.name, now: station.now * 1000 };
    const { id } = dialect.readKey(role, dialect.keyValue(key.public), context);
    return finalFile(dialect, payload, [dialect.signature(id, key.public, raw as Uint8Array)]);
  }
}
