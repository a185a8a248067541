import { createHash } from 'node:crypto';
import { refused } from '../errors.ts';
import type { Dialect } from './dialect.ts';
import type { ListedFile, SignedDocument } from './document.ts';

/** Digests that node:crypto computes and that somebody lists; any other is passed over, but not the last one left. */
const ALGORITHMS = ['sha256', 'sha512'] as const;

/**
 * Checks that a document is the very file that a snapshot or timestamp lists: version, digests, and at most its length.
 *
 * @throws `check`
 */
export function requireListed(
  dialect: Dialect,
  list: SignedDocument,
  { role, version, file }: SignedDocument,
  check: string,
): void {
  const listed = dialect.listed(list).get(role);
  const where = `${list.role} version ${String(list.version)}`;
  const message = `${role} is not the file that ${list.role} lists`;
  if (!listed) throw refused(check, message, { expected: 'an entry', found: 'none', where });
  const fault = faultOf(listed, version, file);
  if (fault) throw refused(check, message, { ...fault, where });
}

/** Whether a document is the very file that a snapshot or timestamp lists. */
export function isListed(
  dialect: Dialect,
  list: SignedDocument,
  { role, version, file }: SignedDocument,
): boolean {
  const listed = dialect.listed(list).get(role);
  return listed !== undefined && faultOf(listed, version, file) === null;
}

function faultOf(
  { version, length, hashes }: ListedFile,
  found: number,
  file: Uint8Array,
): { expected: string; found: string } | null {
  if (version !== null && version !== found)
    return { expected: `version ${String(version)}`, found: `version ${String(found)}` };
  for (const algorithm of ALGORITHMS) {
    const expected = hashes[algorithm];
    if (expected === undefined) continue;
    const digest = createHash(algorithm).update(file).digest('hex');
    if (digest !== expected) return { expected, found: digest };
  }
  const known = version !== null || ALGORITHMS.some((algorithm) => hashes[algorithm] !== undefined);
  if (!known) return { expected: 'a version, SHA-256 or SHA-512', found: Object.keys(hashes).join(', ') };
  // Writers give the exact length, but readers take it as a cap only.
  if (length !== null && file.length > length)
    return { expected: `at most ${String(length)} bytes`, found: String(file.length) };
  return null;
}
