import { refused } from '../../errors.ts';
import { type Algorithm, ALGORITHMS, type PublicKey } from '../../metadata/key.ts';
import {
  publicKeyFromEcPoint,
  publicKeyFromEd25519Raw,
  publicKeyFromRsa,
} from '../../metadata/public-key.ts';
import { CKK } from './constants.ts';
import { readEcPoint } from './ec-point.ts';
import { EC_PARAMS } from './key-template.ts';
import type { RawPublicKey } from './protocol.ts';

/**
 * The public key behind a token's public key object.
 *
 * @throws CountersignError KEY-PUBLIC (exit 3) for anything that is not exactly a key of a known algorithm
 */
export function publicKeyOfToken(raw: RawPublicKey, where: string): PublicKey {
  const algorithm = algorithmOf(raw);
  if (algorithm === null)
    throw refused('KEY-PUBLIC', 'the token holds no public key that this program understands', {
      expected: 'ECDSA P-256 or P-384, Ed25519, or RSA of 2048, 3072 or 4096 bits',
      where,
    });
  if (raw.modulus !== null && raw.exponent !== null && algorithm.startsWith('rsa-'))
    return publicKeyFromRsa(stripZeros(raw.modulus), stripZeros(raw.exponent));
  if (raw.ecPoint === null) throw refused('KEY-PUBLIC', 'the token does not tell the public key', { where });
  if (algorithm === 'ed25519') return publicKeyFromEd25519Raw(readEcPoint(algorithm, raw.ecPoint, where));
  if (algorithm === 'ecdsa-p256' || algorithm === 'ecdsa-p384')
    return publicKeyFromEcPoint(algorithm, readEcPoint(algorithm, raw.ecPoint, where));
  throw refused('KEY-PUBLIC', 'the token does not tell the public key', { where });
}

/** The algorithm that the attributes say, or null for one that we do not sign with. */
export function algorithmOf(raw: RawPublicKey): Algorithm | null {
  if (raw.keyType === CKK.rsa && raw.modulus !== null) {
    const name = `rsa-${String(bitLength(stripZeros(raw.modulus)))}`;
    return ALGORITHMS.find((algorithm) => algorithm === name) ?? null;
  }
  const { ecParams } = raw;
  if (ecParams === null) return null;
  if (raw.keyType === CKK.ec && EC_PARAMS.p256.equals(ecParams)) return 'ecdsa-p256';
  if (raw.keyType === CKK.ec && EC_PARAMS.p384.equals(ecParams)) return 'ecdsa-p384';
  const edwards = EC_PARAMS.ed25519.equals(ecParams) || EC_PARAMS.ed25519Name.equals(ecParams);
  return raw.keyType === CKK.edwards && edwards ? 'ed25519' : null;
}

/** PKCS#11 big integers are unsigned, and some modules put a zero byte in front as DER does. */
function stripZeros(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? new Uint8Array() : bytes.subarray(first);
}

function bitLength(bytes: Uint8Array): number {
  const [first] = bytes;
  return first === undefined ? 0 : (bytes.length - 1) * 8 + (32 - Math.clz32(first));
}
