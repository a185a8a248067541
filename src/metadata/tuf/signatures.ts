import { constants, createPublicKey, verify } from 'node:crypto';
import { CountersignError } from '../../errors.ts';
import type { MetadataKey, Signature } from '../document.ts';
import type { PublicKey } from '../key.ts';
import { ecdsaDerToRaw, ecdsaRawToDer, schemeFor, SIGNATURE_BYTES, signatureIsValid } from '../signature.ts';
import { SCHEMES } from './keys.ts';

/** A raw signature as the envelope carries it: ECDSA in DER, its method the scheme of its key. */
export function envelopeSignature(keyid: string, key: PublicKey, raw: Uint8Array): Signature {
  const value = key.algorithm.startsWith('ecdsa') ? ecdsaRawToDer(raw) : raw;
  return { keyid, method: SCHEMES[key.algorithm], value };
}

/**
 * Whether the signature verifies under the key. A file says no method: the key's scheme decides, and one that is
 * given must be that.
 */
export function signatureVerifies(key: MetadataKey, payload: Uint8Array, signature: Signature): boolean {
  if (!key.public) return false;
  const { algorithm } = key.public;
  if (signature.method !== '' && signature.method !== SCHEMES[algorithm]) return false;
  const raw = rawSignature(key.public, signature.value);
  if (!raw) return false;
  return (
    signatureIsValid(key.public, schemeFor(algorithm, 'curve'), payload, raw) ||
    (algorithm.startsWith('rsa') && isValidWithAnySalt(key.public, payload, raw))
  );
}

function rawSignature(key: PublicKey, value: Uint8Array): Uint8Array | null {
  if (!key.algorithm.startsWith('ecdsa')) return value;
  try {
    return ecdsaDerToRaw(value, SIGNATURE_BYTES[key.algorithm]);
  } catch (error) {
    if (error instanceof CountersignError) return null;
    throw error;
  }
}

/**
 * The specification prescribes no salt: we write 32 bytes, Go's default is as much as there is room for. OpenSSL also
 * takes values without their leading zeros, which other verifiers refuse.
 */
function isValidWithAnySalt(key: PublicKey, payload: Uint8Array, value: Uint8Array): boolean {
  if (value.length !== SIGNATURE_BYTES[key.algorithm]) return false;
  const handle = createPublicKey({ format: 'der', type: 'spki', key: Buffer.from(key.spki) });
  const options = {
    key: handle,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_AUTO,
  };
  return verify('sha256', payload, options, value);
}
