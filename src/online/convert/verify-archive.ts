import { lstatSync, readFileSync } from 'node:fs';
import { sha256Hex } from '../../encoding/hash.ts';
import { parseTime } from '../../encoding/time.ts';
import { refused, usage } from '../../errors.ts';
import { dialectOf } from '../../metadata/dialects.ts';
import { verifyRepository } from '../../metadata/repository.ts';
import type { VerifiedRepository } from '../../metadata/verified.ts';
import { readTrustArchive, type TrustArchive } from './trust-archive.ts';

/** Bytes; trust data is small, and an archive is read at once. */
const MOST = 1024 ** 3;

/** An archive whose proof chain holds. */
export interface VerifiedArchive {
  readonly dialect: string;
  readonly repository: string;
  readonly time: string;
  /** Of the archive. */
  readonly sha256: string;
  /** The root that everything follows from, to be compared with what came by another way. */
  readonly trustedRoot: { readonly version: number; readonly sha256: string };
  readonly roles: readonly { readonly role: string; readonly version: number; readonly sha256: string }[];
  /** Delegated roles that are not signed as they must be. */
  readonly broken: readonly { readonly role: string; readonly message: string }[];
}

/**
 * Checks an archive without a station: every byte, then the proof chain from the root that it names.
 *
 * @throws ARCHIVE-FORM, CHAIN-*, METADATA-* (exit 3), ARCHIVE-FILE (exit 2)
 */
export function verifyArchive(path: string): VerifiedArchive {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found?.isFile() || found.size > MOST)
    throw usage('ARCHIVE-FILE', 'the archive cannot be read', {
      where: path,
      expected: 'a file of at most 1 GiB',
    });
  const bytes = readFileSync(path);
  const archive = readTrustArchive(bytes);
  const verified = verifyTrust(archive);
  const { dialect, repository, time, trustedRoot, files } = archive;
  const digests = files.map(({ role, version, file }) => ({ role, version, sha256: sha256Hex(file) }));
  const trusted = digests.find(({ role, version }) => role === 'root' && version === trustedRoot);
  return {
    ...{ dialect, repository, time, sha256: sha256Hex(bytes) },
    trustedRoot: { version: trustedRoot, sha256: trusted?.sha256 ?? '' },
    roles: digests,
    broken: verified.broken.map(({ role, message }) => ({ role, message })),
  };
}

/** The proof chain of an archive, from the root that it names, as of its time. @throws ARCHIVE-FORM, CHAIN-*, METADATA-* */
export function verifyTrust({
  dialect: name,
  repository,
  time,
  trustedRoot,
  files,
}: TrustArchive): VerifiedRepository {
  const dialect = dialectOf(name);
  dialect.checkRepository(repository);
  const roots = files.filter(({ role }) => role === 'root');
  const trusted = roots.find(({ version }) => version === trustedRoot);
  if (!trusted)
    throw refused('ARCHIVE-FORM', 'the archive lacks the root that it names', { where: repository });
  for (const { role, version, file } of files)
    if (dialect.parse(role, file).version !== version)
      throw refused('ARCHIVE-FORM', 'a file is not the version that the archive says', { where: role });
  const one = (role: string): Uint8Array | null => files.find((entry) => entry.role === role)?.file ?? null;
  const above = ['root', 'timestamp', 'snapshot'];
  const targets = new Map(
    files.filter(({ role }) => !above.includes(role)).map(({ role, file }) => [role, file]),
  );
  const context = { repository, now: parseTime(time) * 1000 };
  // Older roots are history: their certificates may have ended, and nobody need trust them any more.
  return verifyRepository(
    dialect,
    { roots: roots.map(({ file }) => file), timestamp: one('timestamp'), snapshot: one('snapshot'), targets },
    dialect.parse('root', trusted.file),
    context,
    'set-apart',
  );
}
