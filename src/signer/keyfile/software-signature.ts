import { constants, type KeyObject, sign } from 'node:crypto';
import { refused } from '../../errors.ts';
import { verifySignature } from '../../metadata/signature.ts';
import type { SignTask } from '../signer.ts';

/**
 * One signature in the raw form of its scheme, verified against the pinned public key before it is given on (R11).
 *
 * @throws CountersignError SIGNATURE-KEYFILE (exit 3) where the file's key is not the pinned one, or cannot sign so
 */
export function signWithKey(key: KeyObject, task: SignTask): Uint8Array {
  const { scheme, message } = task;
  try {
    const signature = SIGN[scheme](key, message);
    verifySignature(task.key.public, scheme, message, signature);
    return signature;
  } catch (cause) {
    throw refused('SIGNATURE-KEYFILE', 'the key file does not sign as the pinned key would', {
      expected: `a ${scheme} signature of key ${task.key.id}`,
      where: task.key.location.kind === 'keyfile' ? task.key.location.file : task.key.location.label,
      hint: 'the file was swapped or damaged: bring it back from a backup of the home',
      cause,
    });
  }
}

const SIGN: Readonly<Record<SignTask['scheme'], (key: KeyObject, message: Uint8Array) => Buffer>> = {
  'ecdsa-sha256': (key, message) => sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' }),
  'ecdsa-sha384': (key, message) => sign('sha384', message, { key, dsaEncoding: 'ieee-p1363' }),
  ed25519: (key, message) => sign(null, message, key),
  'rsassa-pss-sha256': (key, message) =>
    sign('sha256', message, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }),
};
