import { refused } from '../../errors.ts';

export type EcAlgorithm = 'ecdsa-p256' | 'ecdsa-p384' | 'ed25519';

/** Bytes of an uncompressed point with its leading 04, or of an Ed25519 public key. */
const LENGTHS: Readonly<Record<EcAlgorithm, number>> = { 'ecdsa-p256': 65, 'ecdsa-p384': 97, ed25519: 32 };
const OCTET_STRING = 0x04;

/**
 * The point inside CKA_EC_POINT, which is a DER OCTET STRING (PKCS#11 2.40) or, for some modules and keys, the bare
 * bytes (PKCS#11 3.1 for Edwards curves). Exact lengths only. Whether the point is on the curve is checked by
 * whoever makes a public key of it.
 *
 * @throws CountersignError KEY-EC-POINT (exit 3)
 */
export function readEcPoint(algorithm: EcAlgorithm, value: Uint8Array, where: string): Uint8Array {
  const length = LENGTHS[algorithm];
  const wrapped = value.length === length + 2 && value[0] === OCTET_STRING && value[1] === length;
  const point = wrapped ? value.subarray(2) : value;
  if (point.length !== length || (algorithm !== 'ed25519' && point[0] !== 0x04))
    throw refused('KEY-EC-POINT', 'the token gives a malformed public key', {
      expected: `${String(length)} bytes, bare or as OCTET STRING`,
      found: `${String(value.length)} bytes`,
      where,
      hint: 'some modules do so for some curves: use another algorithm, or update the module',
    });
  return point;
}
