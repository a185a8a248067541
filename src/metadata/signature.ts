import { constants, createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';
import { derChildren, readDer, TAG } from '../encoding/der.ts';
import { derSequence, derUnsigned, readDerUnsigned } from '../encoding/der-values.ts';
import { remembered } from '../encoding/remembered.ts';
import { toHex } from '../encoding/text.ts';
import { refused } from '../errors.ts';
import type { Algorithm, PublicKey, SignatureScheme } from './key.ts';
import { keyBits, publicKeyFromSpki } from './public-key.ts';

/** Salt of RSASSA-PSS in both dialects, in bytes. */
export const PSS_SALT = 32;

/** Which digest a dialect prescribes for ECDSA: SHA-256 whatever the curve (Notary), or the curve's own (TUF 1.0). */
export type DigestRule = 'sha256' | 'curve';

/** How a key of this algorithm signs under a dialect's digest rule. */
export function schemeFor(algorithm: Algorithm, rule: DigestRule): SignatureScheme {
  if (algorithm === 'ed25519') return 'ed25519';
  if (algorithm.startsWith('rsa')) return 'rsassa-pss-sha256';
  return rule === 'curve' && algorithm === 'ecdsa-p384' ? 'ecdsa-sha384' : 'ecdsa-sha256';
}

/** Bytes of a raw signature of each algorithm. */
export const SIGNATURE_BYTES: Readonly<Record<Algorithm, number>> = {
  'ecdsa-p256': 64,
  'ecdsa-p384': 96,
  ed25519: 64,
  'rsa-2048': 256,
  'rsa-3072': 384,
  'rsa-4096': 512,
};

/**
 * Checks a signature in the raw form of its scheme (see {@link SignatureScheme}) with node:crypto.
 *
 * @throws SIGNATURE-INVALID
 */
export function verifySignature(
  key: PublicKey,
  scheme: SignatureScheme,
  message: Uint8Array,
  signature: Uint8Array,
): void {
  if (signatureIsValid(key, scheme, message, signature)) return;
  throw refused('SIGNATURE-INVALID', 'the signature is not valid', {
    expected: `${scheme} by a key of ${key.algorithm}, ${String(SIGNATURE_BYTES[key.algorithm])} bytes`,
    found: `${String(signature.length)} bytes, ${toHex(signature.subarray(0, 8))}...`,
  });
}

/**
 * Whether a signature is valid. Only the counting of thresholds may ask so: there a signature that does not verify
 * is legal in a file from outside and is not counted (R10). Everything else calls {@link verifySignature}, whose
 * answer cannot be dropped.
 */
export function signatureIsValid(
  key: PublicKey,
  scheme: SignatureScheme,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (signature.length !== SIGNATURE_BYTES[key.algorithm] || !signsWith(key.algorithm, scheme)) return false;
  if (message.length > WORTH_KEEPING) return verifies(key, scheme, message, signature);
  // unambiguous: the key is DER, and its algorithm says how long the signature is
  const hash = createHash('sha256').update(key.spki).update(signature).update(scheme).update(message);
  const name = hash.digest('binary');
  if (VALID.has(name)) return true;
  const valid = verifies(key, scheme, message, signature);
  if (valid) {
    if (VALID.size >= MOST_VALID) VALID.clear();
    VALID.add(name);
  }
  return valid;
}

/** Signatures that verified: on its way from a bundle to what clients read, each is asked for again and again. */
const VALID = new Set<string>();
const MOST_VALID = 16_384;
/** Of longer messages (bytes) the digest would cost as much as the verification. */
const WORTH_KEEPING = 65_536;

function verifies(
  key: PublicKey,
  scheme: SignatureScheme,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const handle = openKey(key.spki);
  switch (scheme) {
    case 'ed25519':
      return verify(null, message, handle, signature);
    case 'rsassa-pss-sha256':
      return verify(
        'sha256',
        message,
        { key: handle, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: PSS_SALT },
        signature,
      );
    case 'ecdsa-sha256':
      return verify('sha256', message, { key: handle, dsaEncoding: 'ieee-p1363' }, signature);
    case 'ecdsa-sha384':
      return verify('sha384', message, { key: handle, dsaEncoding: 'ieee-p1363' }, signature);
  }
}

/** Whether keys of this algorithm sign under the scheme at all. */
export function signsWith(algorithm: Algorithm, scheme: SignatureScheme): boolean {
  return scheme === schemeFor(algorithm, 'sha256') || scheme === schemeFor(algorithm, 'curve');
}

/**
 * Reading a key costs more than a verification with it, and a thousand files are signed by a handful of keys. OpenSSL
 * takes the bare numbers of the two most common kinds several times faster than their DER.
 */
const openKey = remembered((spki): KeyObject => {
  const key = publicKeyFromSpki(spki);
  if (key.algorithm === 'ed25519')
    return createPublicKey({
      format: 'jwk',
      key: { kty: 'OKP', crv: 'Ed25519', x: base64url(keyBits(key)) },
    });
  if (key.algorithm === 'ecdsa-p256') {
    const point = keyBits(key);
    const [x, y] = [base64url(point.subarray(1, 33)), base64url(point.subarray(33))];
    return createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x, y } });
  }
  return createPublicKey({ format: 'der', type: 'spki', key: Buffer.from(spki) });
});

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

/** ECDSA r||s of fixed width as the SEQUENCE of two INTEGERs that X.509 and TUF carry (RFC 3279 section 2.2.3). */
export function ecdsaRawToDer(raw: Uint8Array): Buffer {
  const half = raw.length / 2;
  return derSequence(derUnsigned(raw.subarray(0, half)), derUnsigned(raw.subarray(half)));
}

/**
 * The reverse of {@link ecdsaRawToDer}.
 *
 * @param bytes of the raw form: 64 for P-256, 96 for P-384
 * @throws ENCODING-DER for BER, and for numbers that do not fit
 */
export function ecdsaDerToRaw(signature: Uint8Array, bytes: number): Buffer {
  const half = bytes / 2;
  const numbers = derChildren(readDer(signature), TAG.sequence, 2).map(readDerUnsigned);
  const raw = Buffer.alloc(bytes);
  numbers.forEach((number, index) => {
    if (number.length > half)
      throw refused('ENCODING-DER', 'an ECDSA signature with a number that is too large', {
        expected: `at most ${String(half)} bytes`,
        found: String(number.length),
      });
    raw.set(number, half * (index + 1) - number.length);
  });
  return raw;
}
