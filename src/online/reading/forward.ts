import { refused } from '../../errors.ts';
import { documentOf } from '../../exchange/request.ts';
import { dialectOf } from '../../metadata/dialects.ts';
import { onlineKeysLeft } from '../../metadata/rollback.ts';
import type { VerifiedRepository } from '../../metadata/verified.ts';
import { repositoryKey } from '../../station/ledger/events.ts';
import { marksOf } from '../../station/ledger/marks.ts';
import type { RepositoryEntry } from '../repositories/place.ts';
import { pinOf, type OnlineStation } from '../station.ts';

/**
 * What this station has seen of a role it does not see older again, whatever the server's cache says: asked by all that
 * read a repository, before anything is built on it or posted to it. Snapshot and timestamp begin anew where a root has
 * taken away a key of theirs since.
 *
 * @throws READ-ROLLBACK
 */
export function checkForward(
  station: OnlineStation,
  entry: RepositoryEntry,
  verified: Pick<VerifiedRepository, 'root' | 'timestamp' | 'snapshot' | 'targets'>,
): void {
  const dialect = dialectOf(entry.dialect);
  const pin = pinOf(station, entry);
  const anew = pin && onlineKeysLeft(dialect, pin, verified.root) ? dialect.onlineRoles : [];
  for (const [role, mark] of marksOf(station.marks, repositoryKey(entry)).seen) {
    if (anew.includes(role)) continue;
    const document = documentOf(verified, role);
    if (document && document.version < mark.version)
      throw refused('READ-ROLLBACK', `an older ${role} is served than was published before`, {
        expected: `version ${String(mark.version)} or later`,
        found: `version ${String(document.version)}`,
        where: entry.name,
        hint: 'the server was restored from a backup, or somebody keeps the newer version back',
      });
  }
}
