import { createHash, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { keyBits } from '../../src/metadata/public-key.ts';
import { ecdsaCheck, type EcdsaCheck } from '../../src/signer/ecdsa-check.ts';
import { otherS, testKey, type TestKey } from '../metadata/keys.ts';

/** After so many signatures a key is verified with its table. */
const OFTEN = 12;
const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

describe.each(['ecdsa-p256', 'ecdsa-p384'] as const)('R11 S28 a %s key that signs often', (algorithm) => {
  const key = testKey(algorithm);
  const bits = keyBits(key.public);
  const order =
    algorithm === 'ecdsa-p256'
      ? 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
      : 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n;
  const half = algorithm === 'ecdsa-p256' ? 32 : 48;
  let check: EcdsaCheck;
  const signed = (text: string, by: TestKey = key): { digest: Buffer; signature: Buffer } => {
    const message = Buffer.from(text);
    return { digest: sha256(message), signature: by.sign('ecdsa-sha256', message) };
  };
  const isValid = ({ digest, signature }: { digest: Uint8Array; signature: Uint8Array }): boolean =>
    check.isValid(bits, digest, signature);
  const bytesOf = (number: bigint): Buffer => Buffer.from(number.toString(16).padStart(2 * half, '0'), 'hex');

  beforeAll(async () => {
    const nist = await import('../../src/metadata/noble-nist.ts');
    check = ecdsaCheck(algorithm === 'ecdsa-p256' ? nist.p256 : nist.p384);
    for (let n = 0; n <= OFTEN; n++) expect(isValid(signed(`document ${String(n)}`))).toBe(true);
  });

  test('a point that is none is not valid, however often it is asked for', () => {
    const none = Uint8Array.from(bits).fill(7, 1);
    const { digest, signature } = signed('none');
    for (let n = 0; n < 2 * OFTEN; n++) expect(check.isValid(none, digest, signature)).toBe(false);
  });

  test('is believed where node:crypto believes it, and nowhere else', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.nat(2 * half - 1),
        fc.nat(255),
        (message, at, bits8) => {
          const signature = sign('sha256', message, { key: key.private, dsaEncoding: 'ieee-p1363' });
          signature[at] = (signature[at] as number) ^ bits8;
          const handle = { key: key.private, dsaEncoding: 'ieee-p1363' } as const;
          expect(isValid({ digest: sha256(message), signature })).toBe(
            verify('sha256', message, handle, signature),
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  test('high S and low S alike', () => {
    if (algorithm !== 'ecdsa-p256') return;
    const good = signed('either');
    expect(isValid(good)).toBe(true);
    expect(isValid({ ...good, signature: otherS(good.signature) })).toBe(true);
  });

  test('not with another digest, nor by another key', () => {
    const good = signed('this');
    expect(isValid({ ...good, digest: signed('that').digest })).toBe(false);
    const other = testKey(algorithm);
    expect(isValid(signed('this', other))).toBe(false);
    expect(check.isValid(keyBits(other.public), good.digest, good.signature)).toBe(false);
  });

  test('not with r or s of nought, or not below the order', () => {
    const { digest, signature } = signed('numbers');
    const [r, s] = [signature.subarray(0, half), signature.subarray(half)];
    const wrong = [0n, order, order + 1n, 2n ** BigInt(8 * half) - 1n].map(bytesOf);
    for (const number of wrong) {
      expect(isValid({ digest, signature: Buffer.concat([number, s]) })).toBe(false);
      expect(isValid({ digest, signature: Buffer.concat([r, number]) })).toBe(false);
      expect(isValid({ digest, signature: Buffer.concat([number, number]) })).toBe(false);
    }
  });

  test('not where the sum is the point at infinity, which has no x', () => {
    const secret = BigInt(
      `0x${Buffer.from(key.private.export({ format: 'jwk' }).d as string, 'base64url').toString('hex')}`,
    );
    const r = 7n;
    const digest = bytesOf(order - ((r * secret) % order));
    expect(isValid({ digest, signature: Buffer.concat([bytesOf(r), bytesOf(1n)]) })).toBe(false);
  });

  test('others, that sign once, are verified beside it', () => {
    for (let n = 0; n < 20; n++) {
      const other = testKey(algorithm);
      const { digest, signature } = signed('once', other);
      expect(check.isValid(keyBits(other.public), digest, signature)).toBe(true);
    }
  });
});
