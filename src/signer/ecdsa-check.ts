import type { ECDSA } from '@noble/curves/abstract/weierstrass.js';
import { toHex } from '../encoding/text.ts';

/** Checks ECDSA signatures one after another, and is the faster the more of them one key made. */
export interface EcdsaCheck {
  /**
   * Whether a signature is valid (FIPS 186-5 section 6.4.2). High S is, as tokens give it.
   *
   * @param key the uncompressed point
   * @param digest at most as long as the order of the curve
   * @param signature r and s, each as long as the order of the curve
   */
  isValid(key: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean;
}

/** Multiples of a point are worth making for a key that signed this often: they cost as much as a dozen signatures. */
const OFTEN = 12;
/** Bits of a window: 44 rows of 32 points for P-256, about 300 KiB. */
const WINDOW = 6;
/** Keys whose multiples are kept, and so 10 MiB. */
const MOST_TABLES = 32;

/**
 * noble's own verification doubles its way along the key each time, which is all that can be done for a new key. Where
 * thousands of signatures come from one key, most of that time is saved by multiples of the key and the generator.
 */
export function ecdsaCheck({ Point, verify }: ECDSA): EcdsaCheck {
  type CurvePoint = InstanceType<typeof Point>;
  const { Fn } = Point;
  const signatures = new Map<string, number>();
  const tables = new Map<string, CurvePoint>();

  /** Another good signature of a key that has no table yet. */
  const count = (name: string, key: Uint8Array): void => {
    const seen = (signatures.get(name) ?? 0) + 1;
    signatures.set(name, seen);
    if (seen < OFTEN || tables.size >= MOST_TABLES) return;
    if (tables.size === 0) Point.BASE.precompute(WINDOW);
    tables.set(name, Point.fromBytes(key).precompute(WINDOW));
  };

  return {
    isValid(key, digest, signature) {
      const name = toHex(key);
      const point = tables.get(name);
      if (!point) {
        // noble's defaults refuse high S, and hash P-384 with SHA-384, which Notary does not
        const valid = verify(signature, digest, key, { lowS: false, prehash: false });
        if (valid) count(name, key);
        return valid;
      }
      const r = wholeNumber(signature.subarray(0, Fn.BYTES));
      const s = wholeNumber(signature.subarray(Fn.BYTES));
      if (!Fn.isValidNot0(r) || !Fn.isValidNot0(s)) return false;
      const inverse = Fn.inv(s);
      const ofBase = Fn.mul(Fn.create(wholeNumber(digest)), inverse);
      const sum = Point.BASE.multiplyUnsafe(ofBase).add(point.multiplyUnsafe(Fn.mul(r, inverse)));
      return !sum.is0() && Fn.create(sum.toAffine().x) === r;
    },
  };
}

function wholeNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes)}`);
}
