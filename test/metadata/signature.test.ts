import { constants, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ALGORITHMS, type SignatureScheme } from '../../src/metadata/key.ts';
import { publicKeyFromEd25519Raw } from '../../src/metadata/public-key.ts';
import {
  ecdsaDerToRaw,
  ecdsaRawToDer,
  schemeFor,
  SIGNATURE_BYTES,
  signatureIsValid,
  signsWith,
  verifySignature,
} from '../../src/metadata/signature.ts';
import { accepts, checkOf } from '../encoding/hostile.ts';
import { otherS, testKey } from './keys.ts';

const keys = new Map(ALGORITHMS.map((algorithm) => [algorithm, testKey(algorithm)]));
const schemes: readonly SignatureScheme[] = ['ecdsa-sha256', 'ecdsa-sha384', 'ed25519', 'rsassa-pss-sha256'];
const message = Buffer.from('what the officer saw');
const key = (algorithm: (typeof ALGORITHMS)[number]): ReturnType<typeof testKey> =>
  keys.get(algorithm) as ReturnType<typeof testKey>;

test('each dialect has one scheme for each kind of key', () => {
  expect(ALGORITHMS.map((algorithm) => schemeFor(algorithm, 'sha256'))).toEqual([
    'ecdsa-sha256',
    'ecdsa-sha256',
    'ed25519',
    'rsassa-pss-sha256',
    'rsassa-pss-sha256',
    'rsassa-pss-sha256',
  ]);
  expect(schemeFor('ecdsa-p384', 'curve')).toBe('ecdsa-sha384');
  expect(schemeFor('ecdsa-p256', 'curve')).toBe('ecdsa-sha256');
});

const pairs = ALGORITHMS.flatMap((algorithm) =>
  schemes.filter((scheme) => signsWith(algorithm, scheme)).map((scheme) => [algorithm, scheme] as const),
);

describe.each(pairs)('R11 %s with %s', (algorithm, scheme) => {
  const pair = key(algorithm);
  const signature = pair.sign(scheme, message);

  test('a signature holds', () => {
    expect(signature).toHaveLength(SIGNATURE_BYTES[algorithm]);
    verifySignature(pair.public, scheme, message, signature);
    expect(signatureIsValid(pair.public, scheme, message, signature)).toBe(true);
  });

  test('SIGNATURE-INVALID any change to signature or message, and another key, is refused', () => {
    fc.assert(
      fc.property(fc.nat(signature.length * 8 - 1), (bit) => {
        const changed = Buffer.from(signature);
        changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
        expect(checkOf(() => verifySignature(pair.public, scheme, message, changed))).toBe(
          'SIGNATURE-INVALID',
        );
      }),
      { numRuns: 30 },
    );
    const other = testKey(algorithm.startsWith('rsa') ? 'rsa-2048' : algorithm);
    for (const action of [
      () => verifySignature(pair.public, scheme, Buffer.concat([message, message]), signature),
      () => verifySignature(pair.public, scheme, Buffer.alloc(0), signature),
      () => verifySignature(other.public, scheme, message, signature),
    ])
      expect(checkOf(action)).toBe('SIGNATURE-INVALID');
  });

  test('SIGNATURE-INVALID another length, or an empty one, is refused', () => {
    const zeros = Buffer.alloc(signature.length);
    for (const bad of [
      Buffer.alloc(0),
      signature.subarray(1),
      Buffer.concat([signature, Buffer.alloc(1)]),
      zeros,
    ])
      expect(checkOf(() => verifySignature(pair.public, scheme, message, bad))).toBe('SIGNATURE-INVALID');
  });

  test('SIGNATURE-INVALID a scheme of another kind of key is refused', () => {
    for (const foreign of schemes.filter((name) => !signsWith(algorithm, name)))
      expect(checkOf(() => verifySignature(pair.public, foreign, message, signature))).toBe(
        'SIGNATURE-INVALID',
      );
  });

  test('any bytes are just not a signature', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: signature.length, maxLength: signature.length }), (bytes) => {
        expect(signatureIsValid(pair.public, scheme, message, bytes)).toBe(false);
      }),
      { numRuns: 20 },
    );
  });
});

describe('R11 forms of signatures', () => {
  test('ECDSA with high S holds, as tokens give it and Notary takes it', () => {
    const signature = key('ecdsa-p256').sign('ecdsa-sha256', message);
    verifySignature(key('ecdsa-p256').public, 'ecdsa-sha256', message, otherS(signature));
  });

  test('SIGNATURE-INVALID ECDSA in DER is refused', () => {
    const signature = ecdsaRawToDer(key('ecdsa-p256').sign('ecdsa-sha256', message));
    expect(checkOf(() => verifySignature(key('ecdsa-p256').public, 'ecdsa-sha256', message, signature))).toBe(
      'SIGNATURE-INVALID',
    );
  });

  test('SIGNATURE-INVALID P-384 under one digest is not taken under the other', () => {
    const { public: publicKey } = key('ecdsa-p384');
    const signature = key('ecdsa-p384').sign('ecdsa-sha384', message);
    expect(checkOf(() => verifySignature(publicKey, 'ecdsa-sha256', message, signature))).toBe(
      'SIGNATURE-INVALID',
    );
  });

  test.each([0, 20, 31, 33, 222])(
    'SIGNATURE-INVALID RSASSA-PSS with a salt of %i bytes is refused',
    (saltLength) => {
      const { public: publicKey, private: privateKey } = key('rsa-2048');
      const options = { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
      const signature = sign('sha256', message, options);
      expect(checkOf(() => verifySignature(publicKey, 'rsassa-pss-sha256', message, signature))).toBe(
        'SIGNATURE-INVALID',
      );
    },
  );

  test('SIGNATURE-INVALID PKCS #1 v1.5 is refused', () => {
    const signature = sign('sha256', message, key('rsa-2048').private);
    expect(
      checkOf(() => verifySignature(key('rsa-2048').public, 'rsassa-pss-sha256', message, signature)),
    ).toBe('SIGNATURE-INVALID');
  });

  test('the signature of a file that both servers accepted holds', () => {
    const folder = new URL('../vectors/notary-v1/synthetic/', import.meta.url);
    const payload = readFileSync(new URL('targets-ed25519-seed0.canonical', folder));
    const raw = Buffer.from('O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik=', 'base64');
    const signature = Buffer.from(
      'ZOypWXqgbrtRzMVd8BfaXrIXR1oyY6SJ1DOMB4NzGjY4kinLsXPeVDiRl8oz/IPnhdgVEqPJ4Fh+UMxGYHKXCw==',
      'base64',
    );
    verifySignature(publicKeyFromEd25519Raw(raw), 'ed25519', payload, signature);
  });

  test('more keys than are kept open still verify, each by itself', () => {
    const pairs = Array.from({ length: 4_200 }, () => generateKeyPairSync('ed25519'));
    for (const { publicKey, privateKey } of [...pairs, ...pairs.slice(0, 10)]) {
      const spki = publicKey.export({ type: 'spki', format: 'der' });
      verifySignature({ algorithm: 'ed25519', spki }, 'ed25519', message, sign(null, message, privateKey));
    }
  });
});

describe('ECDSA signatures as DER', () => {
  const half = fc.uint8Array({ minLength: 32, maxLength: 32 });

  test('are converted both ways, short numbers included', () => {
    fc.assert(
      fc.property(half, half, fc.nat(32), (r, s, zeros) => {
        const raw = Buffer.concat([r.fill(0, 0, zeros), s]);
        expect(ecdsaDerToRaw(ecdsaRawToDer(raw), 64).equals(raw)).toBe(true);
      }),
    );
  });

  test('are what OpenSSL takes and gives', () => {
    const { public: publicKey, private: privateKey, sign: signRaw } = key('ecdsa-p384');
    const handle = createPublicKey({ key: Buffer.from(publicKey.spki), format: 'der', type: 'spki' });
    expect(verify('sha256', message, handle, ecdsaRawToDer(signRaw('ecdsa-sha256', message)))).toBe(true);
    verifySignature(
      publicKey,
      'ecdsa-sha256',
      message,
      ecdsaDerToRaw(sign('sha256', message, privateKey), 96),
    );
  });

  test('ENCODING-DER any bytes are refused, or are the one encoding', () => {
    const good = ecdsaRawToDer(key('ecdsa-p256').sign('ecdsa-sha256', message));
    const changed = fc
      .tuple(fc.nat(good.length - 1), fc.nat(255))
      .map(([at, value]) => Buffer.from(good).fill(value, at, at + 1));
    fc.assert(
      fc.property(fc.oneof(changed, fc.uint8Array()), (bytes) => {
        if (accepts(() => ecdsaDerToRaw(bytes, 64)))
          expect(ecdsaRawToDer(ecdsaDerToRaw(bytes, 64)).equals(bytes)).toBe(true);
      }),
      { numRuns: 500 },
    );
    expect(checkOf(() => ecdsaDerToRaw(ecdsaRawToDer(Buffer.alloc(96, 0x7f)), 64))).toBe('ENCODING-DER');
  });
});
