import { constants, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { Algorithm, PublicKey, SignatureScheme } from '../../src/metadata/key.ts';
import { publicKeyFromSpki } from '../../src/metadata/public-key.ts';

/** A key pair of a test, and how to sign with it in the raw forms of our schemes. */
export interface TestKey {
  readonly public: PublicKey;
  readonly private: KeyObject;
  readonly sign: (scheme: SignatureScheme, message: Uint8Array) => Buffer;
}

function generate(algorithm: Algorithm): { publicKey: KeyObject; privateKey: KeyObject } {
  if (algorithm === 'ed25519') return generateKeyPairSync('ed25519');
  if (algorithm.startsWith('rsa'))
    return generateKeyPairSync('rsa', { modulusLength: Number(algorithm.slice(4)) });
  return generateKeyPairSync('ec', { namedCurve: algorithm === 'ecdsa-p256' ? 'P-256' : 'P-384' });
}

export function testKey(algorithm: Algorithm): TestKey {
  const { publicKey, privateKey } = generate(algorithm);
  return {
    public: publicKeyFromSpki(publicKey.export({ type: 'spki', format: 'der' })),
    private: privateKey,
    sign: (scheme, message) => signRaw(privateKey, scheme, message),
  };
}

function signRaw(key: KeyObject, scheme: SignatureScheme, message: Uint8Array): Buffer {
  if (scheme === 'ed25519') return sign(null, message, key);
  if (scheme === 'rsassa-pss-sha256')
    return sign('sha256', message, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });
  return sign(scheme === 'ecdsa-sha384' ? 'sha384' : 'sha256', message, { key, dsaEncoding: 'ieee-p1363' });
}

/** Order of P-256: s and n - s are signatures alike. */
const N256 = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** The other of the two signatures, so that one of both is surely high-S. */
export function otherS(signature: Uint8Array): Buffer {
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).toString('hex')}`);
  const other = (N256 - s).toString(16).padStart(64, '0');
  return Buffer.concat([signature.subarray(0, 32), Buffer.from(other, 'hex')]);
}
