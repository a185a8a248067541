import { sha256Hex } from '../../encoding/hash.ts';
import { unavailable, usage } from '../../errors.ts';

/** How a kind of store calls its faults. */
export interface StoreChecks {
  readonly hash: string;
  readonly version: string;
  /** What is said of a file that is not what its name says. */
  readonly otherBytes: string;
}

/** @throws `checks.hash` (exit 2) */
export function requireDigest(checks: StoreChecks, sha256: string): void {
  if (/^[0-9a-f]{64}$/.test(sha256)) return;
  throw usage(checks.hash, 'not a SHA-256 in lower-case hex', { found: sha256.slice(0, 140) });
}

/** @throws `checks.version` (exit 2) */
export function requireVersion(checks: StoreChecks, version: number): void {
  if (Number.isSafeInteger(version) && version >= 1) return;
  throw usage(checks.version, 'not a version', { found: String(version) });
}

/** The bytes that were read under a digest, if there are any. @throws `checks.hash` (exit 6) where they are others */
export function requireBytes(
  checks: StoreChecks,
  bytes: Uint8Array | null,
  sha256: string,
  where: string,
): Uint8Array | null {
  if (bytes === null) return null;
  const found = sha256Hex(bytes);
  if (found === sha256) return bytes;
  throw unavailable(checks.hash, checks.otherBytes, { expected: sha256, found, where });
}
