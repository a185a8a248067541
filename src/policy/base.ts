import { sha256Hex } from '../encoding/hash.ts';
import type { RepositoryReading } from '../exchange/read-request.ts';
import { onlineKeysLeft } from '../metadata/rollback.ts';
import { isDelegated } from '../metadata/roles.ts';
import { refused } from '../errors.ts';
import type { Mark, Marks } from '../exchange/marks.ts';

/**
 * R7: the base is never older than what this station has seen, and the same bytes where the version is the same. What
 * does not travel is as old as the snapshot says.
 *
 * @throws CHAIN-SEEN; CHAIN-ROOT where another first root is shown than the one this station signed
 */
export function checkBase(reading: RepositoryReading, marks: Marks): void {
  const { record } = reading;
  const seenRoles = stillBinding(reading, marks);
  for (const { role, version, sha256 } of record.base) {
    const seen = seenRoles.get(role);
    if (!seen) continue;
    // A delegated role that is gone, or whose keys changed, has no file that could be verified: review says so.
    if (version === 0 && isDelegated(role)) continue;
    const where = `${record.name} ${role}`;
    if (version < seen.version) throw older('the base is older', where, seen, version);
    if (version === seen.version && sha256 !== seen.sha256) throw otherBytes(where, seen, sha256);
  }
  checkListed(reading, seenRoles);
  checkOwnFirstRoot(reading, marks);
}

/**
 * What was seen, without snapshot and timestamp where a root took away a key of either since then: whoever held it may
 * have made their versions as high as they go, and clients leave them behind too (TUF 1.0 specification 5.3.11).
 */
function stillBinding({ dialect, pinned, base }: RepositoryReading, { seen }: Marks): Marks['seen'] {
  if (!pinned || !base || !onlineKeysLeft(dialect, pinned, base.root)) return seen;
  return new Map([...seen].filter(([role]) => !dialect.onlineRoles.includes(role)));
}

/** Files that do not travel, or that nobody vouches for. @throws CHAIN-SEEN */
function checkListed({ dialect, base, record }: RepositoryReading, seen: Marks['seen']): void {
  if (!base?.snapshot) return;
  const listed = dialect.listed(base.snapshot);
  const travels = new Set(record.base.flatMap(({ role, version }) => (version > 0 ? [role] : [])));
  for (const [role, mark] of seen) {
    const version = listed.get(role)?.version ?? null;
    if (travels.has(role) || version === null || version >= mark.version) continue;
    throw older('the snapshot lists an older file', `${record.name} ${role}`, mark, version);
  }
}

function older(what: string, where: string, seen: Mark, found: number): Error {
  return refused('CHAIN-SEEN', `${what} than what this station has seen`, {
    expected: `version ${String(seen.version)} or later`,
    found: found === 0 ? 'no such file' : `version ${String(found)}`,
    where,
    hint: 'the server, or the online half, went back: find out which before anything is signed',
  });
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
