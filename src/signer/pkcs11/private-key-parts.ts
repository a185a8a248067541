import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { refused } from '../../errors.ts';
import { keyBits } from '../../metadata/public-key.ts';
import type { PublicKey } from '../../metadata/key.ts';
import type { PrivateKeyParts } from './protocol.ts';

/**
 * The numbers of a private key, each in a buffer of its own. wipe-parts.ts zeroes them; the strings of the JWK
 * that Node hands them out in stay behind in this process until it ends.
 *
 * @param expected the key's public part
 * @throws CountersignError KEY-PUBLIC (exit 3) where it is another key's
 */
export function privateKeyParts(privateKeyInfo: Uint8Array, expected: PublicKey): PrivateKeyParts {
  const key = createPrivateKey({ key: Buffer.from(privateKeyInfo), format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  if (!spki.equals(expected.spki))
    throw refused('KEY-PUBLIC', 'the private key belongs to another public key');
  if (expected.algorithm.startsWith('rsa-')) return rsaParts(key);
  const { d = '' } = key.export({ format: 'jwk' });
  return {
    kind: 'ec',
    curve: CURVES[expected.algorithm] ?? 'ed25519',
    value: number(d),
    // A copy: this one is zeroed with the rest.
    point: Buffer.from(keyBits(expected)),
  };
}

const CURVES: Readonly<Record<string, 'p256' | 'p384'>> = { 'ecdsa-p256': 'p256', 'ecdsa-p384': 'p384' };

function rsaParts(key: KeyObject): PrivateKeyParts {
  const { n = '', e = '', d = '', p = '', q = '', dp = '', dq = '', qi = '' } = key.export({ format: 'jwk' });
  return {
    kind: 'rsa',
    modulus: number(n),
    publicExponent: number(e),
    privateExponent: number(d),
    prime1: number(p),
    prime2: number(q),
    exponent1: number(dp),
    exponent2: number(dq),
    coefficient: number(qi),
  };
}

function number(base64url: string): Buffer {
  return Buffer.from(base64url, 'base64url');
}
