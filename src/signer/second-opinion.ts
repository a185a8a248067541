import type { Algorithm, SignatureScheme } from '../metadata/key.ts';
import { SIGNATURE_BYTES, signsWith } from '../metadata/signature.ts';
import { ecdsaCheck, type EcdsaCheck } from './ecdsa-check.ts';
import { rsaPssIsValid } from './rsa-pss.ts';

/** One signature as it goes to whoever checks it: plain values and bytes of their own, cheap to send to a thread. */
export interface CheckedSignature {
  readonly algorithm: Algorithm;
  readonly scheme: SignatureScheme;
  /** A point, 32 bytes, or RSAPublicKey in DER. */
  readonly key: Uint8Array;
  /** The message for Ed25519; otherwise the digest that the scheme prescribes. */
  readonly input: Uint8Array;
  readonly signature: Uint8Array;
}

/** The checks of the curves, kept between calls for what they know of the keys. */
let curves: Promise<{ readonly p256: EcdsaCheck; readonly p384: EcdsaCheck }> | undefined;

/**
 * Index of the first signature that the second implementation does not accept, or -1 (R11).
 *
 * `zip215: false` is RFC 8032 without the laxness of consensus protocols.
 */
export async function firstInvalid(signatures: readonly CheckedSignature[]): Promise<number> {
  curves ??= import('../metadata/noble-nist.ts').then((nist) => ({
    p256: ecdsaCheck(nist.p256),
    p384: ecdsaCheck(nist.p384),
  }));
  const { p256, p384 } = await curves;
  const edwards = signatures.some(({ algorithm }) => algorithm === 'ed25519')
    ? (await import('../metadata/noble-ed25519.ts')).ed25519
    : null;
  return signatures.findIndex(({ algorithm, scheme, key, input, signature }) => {
    if (!signsWith(algorithm, scheme) || signature.length !== SIGNATURE_BYTES[algorithm]) return true;
    if (algorithm === 'ed25519') return edwards?.verify(signature, input, key, { zip215: false }) !== true;
    if (algorithm === 'ecdsa-p256') return !p256.isValid(key, input, signature);
    if (algorithm === 'ecdsa-p384') return !p384.isValid(key, input, signature);
    return !rsaPssIsValid(key, input, signature);
  });
}
