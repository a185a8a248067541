import { refused } from '../errors.ts';

export type WeierstrassCurve = 'ecdsa-p256' | 'ecdsa-p384';

interface Curve {
  readonly bytes: number;
  readonly p: bigint;
  readonly b: bigint;
}

/** y^2 = x^3 - 3x + b over p (SP 800-186 section 3.2.1). */
const WEIERSTRASS: Readonly<Record<WeierstrassCurve, Curve>> = {
  'ecdsa-p256': {
    bytes: 32,
    p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  },
  'ecdsa-p384': {
    bytes: 48,
    p: 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffffn,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
  },
};

/**
 * Checks an uncompressed point: its form, its range, and that it is on the curve (both curves have cofactor 1).
 *
 * @throws KEY-WEAK
 */
export function checkWeierstrassPoint(name: WeierstrassCurve, point: Uint8Array): void {
  const { bytes, p, b } = WEIERSTRASS[name];
  if (point.length !== 1 + 2 * bytes || point[0] !== 4)
    throw weak(`an uncompressed point of ${String(1 + 2 * bytes)} bytes`, `${String(point.length)} bytes`);
  const x = bigEndian(point.subarray(1, 1 + bytes));
  const y = bigEndian(point.subarray(1 + bytes));
  if (x >= p || y >= p || (y * y - x * x * x + 3n * x - b) % p !== 0n)
    throw weak(`a point on the curve of ${name}`, 'another one');
}

const P25519 = 2n ** 255n - 19n;
const D25519 = 0x52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3n;

/** y of a point of order 8. */
const ORDER_8 = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;

/** y of the points whose order divides the cofactor 8; their negatives share it. */
const SMALL_ORDER: ReadonlySet<bigint> = new Set([0n, 1n, P25519 - 1n, ORDER_8, P25519 - ORDER_8]);

/**
 * Checks an Ed25519 public key: y below p, on the curve, and not of small order. (With x = 0 the sign bit would be
 * a second encoding; both such points are of small order.)
 *
 * @throws KEY-WEAK
 */
export function checkEd25519Point(raw: Uint8Array): void {
  if (raw.length !== 32) throw weak('32 bytes', `${String(raw.length)} bytes`);
  const y = bigEndian(Uint8Array.from(raw).reverse()) & (2n ** 255n - 1n);
  if (y >= P25519) throw weak('y below p', 'y not reduced');
  if (SMALL_ORDER.has(y)) throw weak('a point of large order', 'a point of small order');
  // x^2 = (y^2 - 1) / (d y^2 + 1) has a root exactly where numerator times denominator has one.
  const square = (y * y) % P25519;
  if (!isSquare(((square - 1n) * (D25519 * square + 1n)) % P25519))
    throw weak('a point on the curve', 'another one');
}

/** Whether a value below p is a square modulo p of Ed25519: its Jacobi symbol, by reciprocity. */
function isSquare(value: bigint): boolean {
  let a = value;
  let n = P25519;
  let square = true;
  while (a !== 0n) {
    for (; (a & 1n) === 0n; a >>= 1n) if ((n & 7n) === 3n || (n & 7n) === 5n) square = !square;
    if ((a & 3n) === 3n && (n & 3n) === 3n) square = !square;
    [a, n] = [n % a, a];
  }
  return square;
}

function bigEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}

function weak(expected: string, found: string): Error {
  return refused('KEY-WEAK', 'not a sound public key', { expected, found });
}
