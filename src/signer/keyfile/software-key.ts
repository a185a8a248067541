import { createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { Algorithm } from '../../metadata/key.ts';
import { publicKeyFromSpki } from '../../metadata/public-key.ts';
import type { GeneratedKey } from '../signer.ts';

const generate = promisify(generateKeyPair) as (
  type: string,
  options: object,
) => Promise<{ publicKey: KeyObject; privateKey: KeyObject }>;

const GENERATION: Readonly<Record<Algorithm, readonly [type: string, options: object]>> = {
  'ecdsa-p256': ['ec', { namedCurve: 'P-256' }],
  'ecdsa-p384': ['ec', { namedCurve: 'P-384' }],
  ed25519: ['ed25519', {}],
  'rsa-2048': ['rsa', { modulusLength: 2048 }],
  'rsa-3072': ['rsa', { modulusLength: 3072 }],
  'rsa-4096': ['rsa', { modulusLength: 4096 }],
};

/** A new private key, in this process. */
export async function newPrivateKey(algorithm: Algorithm): Promise<KeyObject> {
  return (await generate(...GENERATION[algorithm])).privateKey;
}

/** What is recorded of the key of a key file. */
export function describeKey(key: KeyObject, file: string): GeneratedKey {
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return { public: publicKeyFromSpki(spki), location: { kind: 'keyfile', file }, grade: 'F', attributes: {} };
}
