import { createPublicKey, verify } from 'node:crypto';
import { canonicalBytes } from '../encoding/canonical-json.ts';
import { sha256Hex } from '../encoding/hash.ts';
import { isObject } from '../encoding/json.ts';
import { parseCanonicalJson } from '../encoding/strict-json.ts';
import { fromBase64, fromHex, toBase64, toHex } from '../encoding/text.ts';
import { refused } from '../errors.ts';
import type { ed25519 } from '../metadata/noble-ed25519.ts';

/** What a transport key signs; each has a payload type of its own, so that no seal passes for another (M15). */
export type SealedKind = 'card' | 'request' | 'response' | 'combined' | 'ledger' | 'transcript';

/** A seal: who signed (raw Ed25519 key), and the signature. */
export interface Seal {
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
}

/** SubjectPublicKeyInfo of Ed25519 up to the 32 raw bytes (RFC 8410). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

/** DSSE pre-authentication encoding (DSSE v1, PAE) with the payload type of the kind. */
export function preAuthentication(kind: SealedKind, body: Uint8Array): Buffer {
  const type = `application/vnd.countersign.${kind}.v1+json`;
  return Buffer.concat([Buffer.from(`DSSEv1 ${String(type.length)} ${type} ${String(body.length)} `), body]);
}

/** Identity of a station: SHA-256 of its raw transport key, hex. */
export function identityOf(publicKey: Uint8Array): string {
  return sha256Hex(publicKey);
}

/** The bytes of `manifest.sig`. */
export function encodeSeal(seal: Seal): Buffer {
  return canonicalBytes({ key: toHex(seal.publicKey), signature: toBase64(seal.signature) });
}

/** Reads `manifest.sig`: exactly the bytes that {@link encodeSeal} gives for a key and a signature. @throws SEAL-FORM */
export function decodeSeal(bytes: Uint8Array): Seal {
  let seal: Seal;
  try {
    const value = parseCanonicalJson(bytes);
    if (!isObject(value)) throw new TypeError('not an object');
    const { key, signature } = value;
    if (typeof key !== 'string' || typeof signature !== 'string') throw new TypeError('not text');
    seal = { publicKey: fromHex(key, KEY_BYTES), signature: fromBase64(signature) };
  } catch (cause) {
    throw sealFault(cause);
  }
  // Encoded again it must be the same: no further member, no other length.
  if (seal.signature.length !== SIGNATURE_BYTES || Buffer.compare(encodeSeal(seal), bytes) !== 0)
    throw sealFault();
  return seal;
}

function sealFault(cause?: unknown): Error {
  return refused('SEAL-FORM', 'the seal is not well formed', {
    expected: 'a key of 64 hex digits and a signature of 64 bytes',
    cause,
  });
}

/**
 * Verifies a seal over raw bytes with two implementations: node:crypto, and @noble/curves by the strict rules of
 * RFC 8032 (`zip215: false`), which alone refuses keys of small order.
 *
 * @throws SEAL-KEY for a key that is no point or of small order, SEAL-SIGNATURE
 */
export async function verifySeal(
  kind: SealedKind,
  body: Uint8Array,
  { publicKey, signature }: Seal,
): Promise<void> {
  const { ed25519: curve } = await import('../metadata/noble-ed25519.ts');
  // A process verifies a seal or two: tables for the base point would cost ten times what they save.
  curve.Point.BASE.precompute(1);
  if (isSmallOrder(curve, publicKey))
    throw refused('SEAL-KEY', 'the sealing key is no key: not a point, or of small order', {
      found: toHex(publicKey),
    });
  const message = preAuthentication(kind, body);
  const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: 'der', type: 'spki' });
  if (verify(null, message, key, signature) && curve.verify(signature, message, publicKey, { zip215: false }))
    return;
  throw refused('SEAL-SIGNATURE', 'the seal does not verify', {
    expected: `a seal over a ${kind}`,
    hint: 'the file is damaged, or somebody changed it: take it from its sender again',
  });
}

/** Whether no signature of the key could mean anything; a key that is no point at all counts too. */
function isSmallOrder(curve: typeof ed25519, publicKey: Uint8Array): boolean {
  try {
    return curve.Point.fromBytes(publicKey).isSmallOrder();
  } catch {
    return true;
  }
}
