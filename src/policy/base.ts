import { sha256Hex } from '../encoding/hash.ts';
import type { RepositoryReading } from '../exchange/read-request.ts';
import { isDelegated } from '../metadata/roles.ts';
import { refused } from '../errors.ts';
import type { Mark, Marks } from '../exchange/marks.ts';

/**
 * R7: the base is never older than what this station has seen, and the same bytes where the version is the same.
 *
 * @throws CHAIN-SEEN; CHAIN-ROOT where another first root is shown than the one this station signed
 */
export function checkBase(reading: RepositoryReading, marks: Marks): void {
  const { record } = reading;
  for (const { role, version, sha256 } of record.base) {
    const seen = marks.seen.get(role);
    if (!seen) continue;
    // A delegated role that is gone, or whose keys changed, has no file that could be verified: review says so.
    if (version === 0 && isDelegated(role)) continue;
    const where = `${record.name} ${role}`;
    if (version < seen.version)
      throw refused('CHAIN-SEEN', 'the base is older than what this station has seen', {
        expected: `version ${String(seen.version)} or later`,
        found: version === 0 ? 'no such file' : `version ${String(version)}`,
        where,
        hint: 'the server, or the online half, went back: find out which before anything is signed',
      });
    if (version === seen.version && sha256 !== seen.sha256) throw otherBytes(where, seen, sha256);
  }
  checkOwnFirstRoot(reading, marks);
}

function otherBytes(where: string, seen: Mark, found: string): Error {
  return refused('CHAIN-SEEN', 'the base has other bytes than this station saw under the same version', {
    expected: seen.sha256,
    found,
    where: `${where} version ${String(seen.version)}`,
  });
}

/**
 * After a first root that was signed here, the first root shown must be exactly that one (M1), however many roots
 * were put on top of it.
 */
function checkOwnFirstRoot({ base, record }: RepositoryReading, marks: Marks): void {
  const signed = marks.signed.get('root')?.get(1);
  if (!signed || marks.pinned || !base) return;
  const first = base.roots.find(({ version }) => version === 1);
  const found = first ? sha256Hex(first.payload) : 'no first root';
  if (!signed.some(({ sha256 }) => sha256 === found))
    throw refused('CHAIN-ROOT', 'the first root is not the one that was signed here', {
      expected: signed.map(({ sha256 }) => sha256).join(' or '),
      found,
      where: record.name,
      hint: 'somebody published another first root under this name: do not sign for it',
    });
}
