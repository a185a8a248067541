import { refused } from '../errors.ts';
import { sha256Hex } from '../encoding/hash.ts';
import type { Dialect } from './dialect.ts';
import type { RoleKeys, SignedDocument } from './document.ts';

export interface SignerCount {
  /** Key IDs whose signature is valid, one for each distinct public key. */
  readonly signers: readonly string[];
  /** Key IDs of signatures that do not verify, or whose key is not the role's: anomalies, never counted (R10). */
  readonly strays: readonly string[];
}

/**
 * Counts signatures, the only place that does (R10): distinct public keys, not key IDs, so that two
 * certificates over one key count once.
 */
export function countSigners(dialect: Dialect, role: RoleKeys, document: SignedDocument): SignerCount {
  const keys = new Map(role.keys.map((key) => [key.id, key]));
  const counted = new Map<string, string>();
  const strays: string[] = [];
  for (const signature of document.signatures) {
    const key = keys.get(signature.keyid);
    if (key?.public && dialect.isValid(key, document.payload, signature))
      counted.set(sha256Hex(key.public.spki), key.id);
    else strays.push(signature.keyid);
  }
  return { signers: [...counted.values()], strays };
}

/** @throws `check` unless enough distinct keys of the role signed the document */
export function requireThreshold(
  dialect: Dialect,
  role: RoleKeys,
  document: SignedDocument,
  check: string,
): SignerCount {
  const count = countSigners(dialect, role, document);
  if (role.threshold < 1 || count.signers.length < role.threshold)
    throw refused(check, `${document.role} is not signed by enough of its keys`, {
      expected: `${String(role.threshold)} of ${String(role.keys.length)} keys`,
      found: `${String(count.signers.length)} valid signatures by distinct keys`,
      where: `${document.role} version ${String(document.version)}`,
    });
  return count;
}

/** Whether enough distinct keys of the role signed the document. */
export function isSigned(dialect: Dialect, role: RoleKeys, document: SignedDocument): boolean {
  return role.threshold >= 1 && countSigners(dialect, role, document).signers.length >= role.threshold;
}
