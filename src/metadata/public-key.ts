import { derChildren, derContent, readDer, TAG, type DerValue } from '../encoding/der.ts';
import {
  derBitString,
  derNull,
  derOid,
  derSequence,
  derUnsigned,
  readDerBitString,
  readDerOid,
  readDerUnsigned,
} from '../encoding/der-values.ts';
import { sha256Hex } from '../encoding/hash.ts';
import { remembered } from '../encoding/remembered.ts';
import { refused } from '../errors.ts';
import { checkEd25519Point, checkWeierstrassPoint, type WeierstrassCurve } from './curve.ts';
import type { Algorithm, PublicKey } from './key.ts';

/** Algorithm identifiers (RFC 5480, RFC 8410, RFC 8017 appendix C). */
const EC = '1.2.840.10045.2.1';
const ED25519 = '1.3.101.112';
const RSA = '1.2.840.113549.1.1.1';

const CURVE_OIDS: ReadonlyMap<string, WeierstrassCurve> = new Map([
  ['1.2.840.10045.3.1.7', 'ecdsa-p256'],
  ['1.3.132.0.34', 'ecdsa-p384'],
]);

const RSA_BITS: ReadonlyMap<number, Algorithm> = new Map([
  [2048, 'rsa-2048'],
  [3072, 'rsa-3072'],
  [4096, 'rsa-4096'],
]);

/** Larger exponents are refused by Go's verifiers. */
const MAX_EXPONENT = 2n ** 31n - 1n;

/**
 * A public key from its SubjectPublicKeyInfo (RFC 5280 section 4.1), read strictly: one encoding a key.
 *
 * @throws ENCODING-DER, KEY-ALGORITHM for a kind or size that nothing here signs with, KEY-WEAK for one that
 *   proves nothing
 */
export const publicKeyFromSpki = remembered((spki): PublicKey => {
  const [algorithm, bits] = derChildren(readDer(spki), TAG.sequence, 2);
  const [oid, parameters, ...rest] = derChildren(algorithm, TAG.sequence);
  const key = keyOf(readDerOid(oid), parameters, readDerBitString(bits));
  if (rest.length > 0 || !Buffer.from(key.spki).equals(spki))
    throw refused('KEY-ALGORITHM', 'the public key is not in its one encoding', {
      where: 'SubjectPublicKeyInfo',
    });
  return key;
});

function keyOf(oid: string, parameters: DerValue | undefined, bits: Buffer): PublicKey {
  if (oid === EC) {
    const curve = readDerOid(parameters);
    const known = CURVE_OIDS.get(curve);
    if (!known) throw unknownAlgorithm(`curve ${curve}`);
    return publicKeyFromEcPoint(known, bits);
  }
  if (oid === RSA) {
    derContent(parameters, TAG.null);
    const [modulus, exponent] = derChildren(readDer(bits), TAG.sequence, 2);
    return publicKeyFromRsa(readDerUnsigned(modulus), readDerUnsigned(exponent));
  }
  if (oid !== ED25519) throw unknownAlgorithm(`algorithm ${oid}`);
  return publicKeyFromEd25519Raw(bits);
}

/**
 * An ECDSA key from its uncompressed point: 04, x, y of full width.
 *
 * @throws KEY-WEAK where the point is not on the curve
 */
export function publicKeyFromEcPoint(algorithm: WeierstrassCurve, point: Uint8Array): PublicKey {
  checkWeierstrassPoint(algorithm, point);
  const [curve] = [...CURVE_OIDS].find(([, name]) => name === algorithm) as [string, WeierstrassCurve];
  return { algorithm, spki: derSequence(derSequence(derOid(EC), derOid(curve)), derBitString(point)) };
}

/**
 * An Ed25519 key from its 32 bytes (RFC 8032 section 5.1.5).
 *
 * @throws KEY-WEAK for what is not the one encoding of a point, or for a point of small order, under which
 *   anything verifies
 */
export const publicKeyFromEd25519Raw = remembered((raw): PublicKey => {
  checkEd25519Point(raw);
  return { algorithm: 'ed25519', spki: derSequence(derSequence(derOid(ED25519)), derBitString(raw)) };
});

/**
 * An RSA key from modulus and public exponent, both as big-endian bytes.
 *
 * @throws KEY-ALGORITHM for another size than 2048, 3072 or 4096 bits; KEY-WEAK for an even modulus, and for an
 *   exponent that is even, 1, or above 2^31-1
 */
export function publicKeyFromRsa(modulus: Uint8Array, exponent: Uint8Array): PublicKey {
  const n = unsigned(modulus);
  const e = unsigned(exponent);
  const bits = n.toString(2).length;
  const algorithm = RSA_BITS.get(bits);
  if (!algorithm) throw unknownAlgorithm(`RSA of ${String(bits)} bits`);
  if (n % 2n === 0n || e % 2n === 0n || e < 3n || e > MAX_EXPONENT)
    throw refused('KEY-WEAK', 'the RSA key cannot be a sound one', {
      expected: 'an odd modulus, and an odd exponent from 3 to 2^31-1',
    });
  const key = derSequence(derUnsigned(modulus), derUnsigned(exponent));
  return { algorithm, spki: derSequence(derSequence(derOid(RSA), derNull()), derBitString(key)) };
}

/** The 32 bytes of an Ed25519 key. @throws KEY-ALGORITHM for another kind */
export function rawEd25519(key: PublicKey): Uint8Array {
  if (key.algorithm !== 'ed25519') throw unknownAlgorithm(key.algorithm, 'ed25519');
  return keyBits(key);
}

/** The key itself, the BIT STRING of its SubjectPublicKeyInfo: a point, 32 bytes, or an RSAPublicKey in DER. */
export function keyBits(key: PublicKey): Uint8Array {
  return readDerBitString(derChildren(readDer(key.spki), TAG.sequence, 2)[1]);
}

/** SHA-256 of the SubjectPublicKeyInfo, in hex: what tells keys apart, however metadata lists them. */
export function spkiSha256(key: PublicKey): string {
  return sha256Hex(key.spki);
}

function unsigned(bytes: Uint8Array): bigint {
  return BigInt(`0x0${Buffer.from(bytes).toString('hex')}`);
}

function unknownAlgorithm(
  found: string,
  expected = 'ECDSA P-256 or P-384, Ed25519, RSA of 2048, 3072 or 4096 bits',
): Error {
  return refused('KEY-ALGORITHM', 'not a public key that this program works with', { expected, found });
}
