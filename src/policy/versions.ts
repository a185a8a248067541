import type { ComputedRole } from '../change/computed-role.ts';
import { sha256Hex } from '../encoding/hash.ts';
import { refused } from '../errors.ts';
import type { Marks } from '../exchange/marks.ts';

/** How far a version may be above its base. */
export const MAX_JUMP = 1_000;
/** SQL stores keep versions in a signed 32-bit column. */
const MAX_VERSION = 2_147_483_647;

/**
 * R7: versions only go forward, by bounded steps, and root by exactly one (M13).
 *
 * @throws VERSION-BACK, VERSION-JUMP
 */
export function checkVersion(role: ComputedRole, baseVersion: number, repository: string): void {
  const where = `${repository} ${role.role}`;
  const found = `version ${String(role.version)}`;
  if (role.role === 'root' && role.version !== baseVersion + 1)
    throw refused('VERSION-JUMP', 'a root must follow its predecessor directly', {
      expected: `version ${String(baseVersion + 1)}`,
      found,
      where,
    });
  if (role.version <= baseVersion)
    throw refused('VERSION-BACK', 'the new version is not above the current one', {
      expected: `above ${String(baseVersion)}`,
      found,
      where,
    });
  if (role.version > baseVersion + MAX_JUMP || role.version > MAX_VERSION)
    throw refused('VERSION-JUMP', 'the new version is too far above the current one', {
      expected: `at most ${String(Math.min(baseVersion + MAX_JUMP, MAX_VERSION))}`,
      found,
      where,
    });
}

/**
 * R7, M2: a key never signs two contents for one repository, role and version; a new version is above every one
 * that was signed. The same bytes may be signed again. Only a root, whose version cannot be chosen, may get a
 * second content, where the request names the request that it replaces (and the officer types it).
 *
 * @throws VERSION-TAKEN
 */
export function checkSigned(
  role: ComputedRole,
  marks: Marks,
  record: { readonly name: string; readonly supersedes: readonly string[] },
): void {
  const signed = marks.signed.get(role.role);
  if (!signed) return;
  const sha256 = sha256Hex(role.document);
  const same = signed.get(role.version) ?? [];
  if (same.some((mark) => mark.sha256 === sha256)) return;
  const highest = Math.max(...signed.keys());
  if (role.version > highest) return;
  const replaces = same.length > 0 && same.every(({ request }) => record.supersedes.includes(request));
  if (role.role === 'root' && replaces) return;
  throw refused('VERSION-TAKEN', 'this station has signed another content for this or a later version', {
    expected: `a version above ${String(highest)}`,
    found: `version ${String(role.version)}`,
    where: `${record.name} ${role.role}`,
    hint: same[0]
      ? `request ${same[0].request} was signed first: publish it, or export anew with a higher version`
      : 'export anew: the online half learns the signed versions from the answer',
  });
}
