import type { Mechanism } from 'pkcs11js';
import { CK_PARAMS_RSA_PSS, CKG_MGF1_SHA256, CKM } from './constants.ts';

/** How the child signs: the input is a digest for ECDSA and PSS, the whole message for Ed25519. */
export type SignMechanism = 'ecdsa' | 'eddsa' | 'rsa-pss-sha256';

/** Lengths of the digests that raw mechanisms may get: modules truncate whatever else they are given. */
const DIGEST_LENGTHS: Readonly<Record<SignMechanism, readonly number[] | null>> = {
  ecdsa: [32, 48],
  eddsa: null,
  'rsa-pss-sha256': [32],
};

/** @throws TypeError for an input that is not a digest of the length that the mechanism signs */
export function checkSignInput(mechanism: SignMechanism, input: Uint8Array): void {
  const lengths = DIGEST_LENGTHS[mechanism];
  if (lengths !== null && !lengths.includes(input.length))
    throw new TypeError('not a digest of the right length');
}

/** A mechanism as the binding takes it. */
export function nativeMechanism(mechanism: SignMechanism): Mechanism {
  if (mechanism === 'ecdsa') return { mechanism: CKM.ecdsa };
  if (mechanism === 'eddsa') return { mechanism: CKM.eddsa };
  const parameter = { type: CK_PARAMS_RSA_PSS, hashAlg: CKM.sha256, mgf: CKG_MGF1_SHA256, saltLen: 32 };
  return { mechanism: CKM.rsaPss, parameter };
}
