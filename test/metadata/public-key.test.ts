import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { derBitString, derNull, derOid, derSequence, derUnsigned } from '../../src/encoding/der-values.ts';
import { ALGORITHMS, type PublicKey } from '../../src/metadata/key.ts';
import {
  keyBits,
  publicKeyFromEcPoint,
  publicKeyFromEd25519Raw,
  publicKeyFromRsa,
  publicKeyFromSpki,
  rawEd25519,
  spkiSha256,
} from '../../src/metadata/public-key.ts';
import { accepts, checkOf } from '../encoding/hostile.ts';
import { testKey } from './keys.ts';

const keys = ALGORITHMS.map((algorithm) => [algorithm, testKey(algorithm).public] as const);
const [p256, p384] = [keys[0]?.[1] as PublicKey, keys[1]?.[1] as PublicKey];
const spkiOf = (type: string, options: object): Buffer =>
  (
    generateKeyPairSync(type as 'rsa', options as never).publicKey as never as ReturnType<
      typeof createPublicKey
    >
  ).export({ type: 'spki', format: 'der' });

describe('public keys', () => {
  test.each(keys)(
    '%s is read from SubjectPublicKeyInfo and built again from its numbers',
    (algorithm, key) => {
      expect(key.algorithm).toBe(algorithm);
      const jwk = createPublicKey({ key: Buffer.from(key.spki), format: 'der', type: 'spki' }).export({
        format: 'jwk',
      });
      const part = (name: 'x' | 'y' | 'n' | 'e'): Buffer => Buffer.from(jwk[name] ?? '', 'base64url');
      const built =
        algorithm === 'ed25519'
          ? publicKeyFromEd25519Raw(part('x'))
          : algorithm === 'ecdsa-p256' || algorithm === 'ecdsa-p384'
            ? publicKeyFromEcPoint(algorithm, Buffer.concat([Buffer.from([4]), part('x'), part('y')]))
            : publicKeyFromRsa(part('n'), part('e'));
      expect(built.algorithm).toBe(algorithm);
      expect(Buffer.from(built.spki).equals(key.spki)).toBe(true);
      expect(spkiSha256(built)).toBe(createHash('sha256').update(key.spki).digest('hex'));
    },
  );

  test('the key with d = 1 has the published encoding', () => {
    const spki =
      'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==';
    const point = keyBits(publicKeyFromSpki(Buffer.from(spki, 'base64')));
    expect(Buffer.from(publicKeyFromEcPoint('ecdsa-p256', point).spki).toString('base64')).toBe(spki);
  });

  test('every Ed25519 key passes, and gives back its 32 bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (seed) => {
        const raw = ed25519.getPublicKey(seed);
        expect([...rawEd25519(publicKeyFromEd25519Raw(raw))]).toEqual([...raw]);
      }),
    );
    expect(checkOf(() => rawEd25519(p256))).toBe('KEY-ALGORITHM');
  });

  test('a point passes exactly where another implementation can decode it', () => {
    const random = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(random, (raw) => {
        const decodes = (): boolean => {
          try {
            return !ed25519.Point.fromBytes(raw, false).isSmallOrder();
          } catch {
            return false;
          }
        };
        expect(accepts(() => publicKeyFromEd25519Raw(raw))).toBe(decodes());
      }),
      { numRuns: 300 },
    );
  });
});

describe('KEY-WEAK', () => {
  test.each([
    ['the identity', '0100000000000000000000000000000000000000000000000000000000000000'],
    ['the identity with a sign', '0100000000000000000000000000000000000000000000000000000000000080'],
    ['the identity, not reduced', 'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
    ['a point of order 2', 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
    ['a point of order 4', '0000000000000000000000000000000000000000000000000000000000000000'],
    ['the other of order 4', '0000000000000000000000000000000000000000000000000000000000000080'],
    ['order 4, not reduced', 'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
    ['a point of order 8', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'],
    ['its negative', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85'],
    ['another of order 8', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'],
    ['its negative', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa'],
    ['no point at all', '0200000000000000000000000000000000000000000000000000000000000000'],
    ['31 bytes', '00'.repeat(31)],
    ['33 bytes', '00'.repeat(33)],
  ])('Ed25519: %s is refused', (_, hex) => {
    expect(checkOf(() => publicKeyFromEd25519Raw(Buffer.from(hex, 'hex')))).toBe('KEY-WEAK');
  });

  test.each([
    ['ecdsa-p256', p256],
    ['ecdsa-p384', p384],
  ] as const)('%s: a point that is not on the curve, or in another form, is refused', (algorithm, key) => {
    const point = Buffer.from(keyBits(key));
    const other = Buffer.from(point);
    other[other.length - 1] = (other[other.length - 1] as number) ^ 1;
    const compressed = Buffer.concat([
      Buffer.from([2 + ((point.at(-1) as number) & 1)]),
      point.subarray(1, (point.length + 1) / 2),
    ]);
    const hybrid = Buffer.from(point);
    hybrid[0] = 6 + ((point.at(-1) as number) & 1);
    const large = Buffer.alloc(point.length, 0xff);
    large[0] = 4;
    for (const bad of [
      other,
      compressed,
      hybrid,
      large,
      point.subarray(1),
      Buffer.from([0]),
      Buffer.alloc(0),
    ])
      expect(checkOf(() => publicKeyFromEcPoint(algorithm, bad))).toBe('KEY-WEAK');
  });

  test('RSA: even numbers, and exponents of 1 or above 2^31-1, are refused', () => {
    const odd = Buffer.alloc(256, 0xff);
    const even = Buffer.from(odd).fill(0xfe, 255);
    const exponent = Buffer.from([1, 0, 1]);
    expect(publicKeyFromRsa(odd, exponent).algorithm).toBe('rsa-2048');
    expect(checkOf(() => publicKeyFromRsa(even, exponent))).toBe('KEY-WEAK');
    for (const bad of [[], [0], [1], [2], [1, 0, 0], [0x80, 0, 0, 1]])
      expect(checkOf(() => publicKeyFromRsa(odd, Buffer.from(bad)))).toBe('KEY-WEAK');
  });
});

describe('KEY-ALGORITHM', () => {
  test.each([
    ['P-521', spkiOf('ec', { namedCurve: 'P-521' })],
    ['secp256k1', spkiOf('ec', { namedCurve: 'secp256k1' })],
    ['Ed448', spkiOf('ed448', {})],
    ['X25519', spkiOf('x25519', {})],
    ['RSA of 1024 bits', spkiOf('rsa', { modulusLength: 1024 })],
    ['RSA of 2056 bits', spkiOf('rsa', { modulusLength: 2056 })],
    ['an RSA key for PSS only', spkiOf('rsa-pss', { modulusLength: 2048 })],
  ])('%s is refused', (_, spki) => {
    expect(checkOf(() => publicKeyFromSpki(spki))).toBe('KEY-ALGORITHM');
  });

  test('another encoding of the same key is refused', () => {
    const ed = keys[2]?.[1] as PublicKey;
    const withNull = derSequence(derSequence(derOid('1.3.101.112'), derNull()), derBitString(keyBits(ed)));
    expect(checkOf(() => publicKeyFromSpki(withNull))).toBe('KEY-ALGORITHM');
    const rsa = derSequence(derUnsigned(Buffer.alloc(256, 0xff)), derUnsigned(Buffer.from([3])));
    const trailing = derSequence(
      derSequence(derOid('1.2.840.113549.1.1.1'), derNull(), derNull()),
      derBitString(rsa),
    );
    expect(checkOf(() => publicKeyFromSpki(trailing))).toBe('KEY-ALGORITHM');
    const missing = derSequence(derSequence(derOid('1.2.840.113549.1.1.1')), derBitString(rsa));
    expect(checkOf(() => publicKeyFromSpki(missing))).toBe('ENCODING-DER');
  });
});

test('ENCODING-DER any bytes, and any changed key, give a key of exactly these bytes or a refusal', () => {
  const changed = fc
    .tuple(fc.constantFrom(...keys.map(([, key]) => key.spki)), fc.nat(600), fc.nat(255))
    .map(([spki, at, value]) => Buffer.from(spki).fill(value, at % spki.length, (at % spki.length) + 1));
  fc.assert(
    fc.property(fc.oneof(changed, fc.uint8Array()), (bytes) => {
      if (accepts(() => publicKeyFromSpki(bytes))) {
        expect(Buffer.from(publicKeyFromSpki(bytes).spki).equals(bytes)).toBe(true);
        expect(() => createPublicKey({ key: Buffer.from(bytes), format: 'der', type: 'spki' })).not.toThrow();
      }
    }),
    { numRuns: 1000 },
  );
});
