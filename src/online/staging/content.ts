import { createHash } from 'node:crypto';
import { refused } from '../../errors.ts';
import type { FoundTarget } from '../reading/found-targets.ts';

/** What content was found to be. */
export interface Measured {
  readonly length: number;
  readonly hashes: Readonly<Record<string, string>>;
}

/** Takes content piece by piece. */
export interface ContentMeter {
  /** Whether more may come: content that is too long already is not looked at any further, a stream may be endless. */
  add(piece: Uint8Array): boolean;
  measured(): Measured;
}

/** Hash algorithms that clients of both dialects know. */
const ALGORITHMS = ['sha256', 'sha512'] as const;

/** @param expected length in bytes */
export function contentMeter(expected: number): ContentMeter {
  const hashes = ALGORITHMS.map((algorithm) => ({ algorithm, hash: createHash(algorithm) }));
  let length = 0;
  return {
    add(piece) {
      length += piece.length;
      if (length > expected) return false;
      for (const { hash } of hashes) hash.update(piece);
      return true;
    },
    measured: () => ({
      length,
      hashes: Object.fromEntries(hashes.map(({ algorithm, hash }) => [algorithm, hash.copy().digest('hex')])),
    }),
  };
}

/**
 * Checks that content is what a target says: its length, and every hash that is signed and known here.
 *
 * @throws VERIFY-MISMATCH, VERIFY-HASH (exit 3)
 */
export function requireContent(
  repository: string,
  { name, role, entry }: FoundTarget,
  found: Measured,
): void {
  const where = `${name} of ${role} of ${repository}`;
  if (found.length !== entry.length)
    throw refused('VERIFY-MISMATCH', 'the content is not what is signed: another length', {
      expected: `${String(entry.length)} bytes`,
      found: `${found.length > entry.length ? 'at least ' : ''}${String(found.length)} bytes`,
      where,
    });
  const known = ALGORITHMS.filter((algorithm) => entry.hashes[algorithm] !== undefined);
  if (known.length === 0)
    throw refused('VERIFY-HASH', 'the target is signed without a hash that this program computes', {
      expected: ALGORITHMS.join(' or '),
      found: Object.keys(entry.hashes).join(', ').slice(0, 200),
      where,
    });
  for (const algorithm of known)
    if (entry.hashes[algorithm] !== found.hashes[algorithm])
      throw refused('VERIFY-MISMATCH', `the content is not what is signed: another ${algorithm}`, {
        expected: entry.hashes[algorithm] ?? '',
        found: found.hashes[algorithm] ?? '',
        where,
      });
}
