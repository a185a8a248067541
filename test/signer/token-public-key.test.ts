import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CountersignError } from '../../src/errors.ts';
import { readEcPoint } from '../../src/signer/pkcs11/ec-point.ts';
import { gradeOf } from '../../src/signer/pkcs11/grade.ts';
import { EC_PARAMS, keyPairTemplates } from '../../src/signer/pkcs11/key-template.ts';
import { CKA, CKK } from '../../src/signer/pkcs11/constants.ts';
import type { KeyClaims, RawPublicKey } from '../../src/signer/pkcs11/protocol.ts';
import { publicKeyOfToken } from '../../src/signer/pkcs11/token-public-key.ts';
import { caught } from './caught.ts';

const NONE: RawPublicKey = { keyType: null, ecParams: null, ecPoint: null, modulus: null, exponent: null };

function p256() {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  return { spki, point: spki.subarray(-65) };
}

describe('KEY-PUBLIC and KEY-EC-POINT: public keys out of a token', () => {
  it('reads a point as OCTET STRING or bare, and gives the SPKI', () => {
    const { spki, point } = p256();
    const raw = { ...NONE, keyType: CKK.ec, ecParams: EC_PARAMS.p256 };
    for (const ecPoint of [point, Buffer.concat([Buffer.from('0441', 'hex'), point])])
      expect(Buffer.from(publicKeyOfToken({ ...raw, ecPoint }, 'x').spki)).toEqual(spki);
  });

  it.each([EC_PARAMS.ed25519, EC_PARAMS.ed25519Name])('reads Ed25519 named either way', (ecParams) => {
    const { publicKey } = generateKeyPairSync('ed25519');
    const spki = publicKey.export({ format: 'der', type: 'spki' });
    const raw = { ...NONE, keyType: CKK.edwards, ecParams };
    for (const ecPoint of [
      spki.subarray(-32),
      Buffer.concat([Buffer.from('0420', 'hex'), spki.subarray(-32)]),
    ])
      expect(publicKeyOfToken({ ...raw, ecPoint }, 'x')).toMatchObject({ algorithm: 'ed25519' });
  });

  it('reads RSA with and without a leading zero byte', () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const modulus = Buffer.from(publicKey.export({ format: 'jwk' }).n as string, 'base64url');
    const raw = { ...NONE, keyType: CKK.rsa, exponent: Buffer.from('010001', 'hex') };
    const spki = publicKey.export({ format: 'der', type: 'spki' });
    for (const one of [modulus, Buffer.concat([Buffer.from([0]), modulus])])
      expect(Buffer.from(publicKeyOfToken({ ...raw, modulus: one }, 'x').spki)).toEqual(spki);
  });

  it.each([
    ['nothing', NONE],
    [
      'a curve that is not ours',
      { ...NONE, keyType: CKK.ec, ecParams: Buffer.from('06052b81040023', 'hex') },
    ],
    ['no point', { ...NONE, keyType: CKK.ec, ecParams: EC_PARAMS.p256 }],
    [
      'RSA of 1024 bits',
      { ...NONE, keyType: CKK.rsa, modulus: Buffer.alloc(128, 0xff), exponent: Buffer.from([3]) },
    ],
    ['an EC key that calls itself RSA', { ...NONE, keyType: CKK.rsa, ecParams: EC_PARAMS.p256 }],
  ])('KEY-PUBLIC refuses %s', async (_, raw) => {
    expect(await caught(() => publicKeyOfToken(raw, 'x'))).toMatchObject({ check: 'KEY-PUBLIC', exit: 3 });
  });

  it('refuses a point that is not on the curve', async () => {
    const ecPoint = Buffer.concat([Buffer.from([4]), Buffer.alloc(64, 7)]);
    const raw = { ...NONE, keyType: CKK.ec, ecParams: EC_PARAMS.p256, ecPoint };
    expect((await caught(() => publicKeyOfToken(raw, 'x'))).exit).toBe(3);
  });

  it('property: KEY-EC-POINT accepts the two exact forms and nothing else', () => {
    const { point } = p256();
    const accepted = new Set([65, 67]);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: 140 }), (bytes) => {
        try {
          expect(readEcPoint('ecdsa-p256', bytes, 'x')).toHaveLength(65);
          expect(accepted.has(bytes.length)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(CountersignError);
        }
      }),
    );
    const broken = [
      Buffer.concat([Buffer.from('048104', 'hex'), point]),
      Buffer.concat([Buffer.from('04820041', 'hex'), point]),
      Buffer.concat([Buffer.from('0440', 'hex'), point]),
      Buffer.concat([Buffer.from('0341', 'hex'), point]),
      Buffer.concat([point, Buffer.from([0])]),
      Buffer.concat([Buffer.from([2]), point.subarray(1)]),
    ];
    for (const bytes of broken) expect(() => readEcPoint('ecdsa-p256', bytes, 'x')).toThrow(CountersignError);
  });
});

describe('KEY-GRADE', () => {
  const best: KeyClaims = {
    attributes: {
      CKA_TOKEN: true,
      CKA_SENSITIVE: true,
      CKA_ALWAYS_SENSITIVE: true,
      CKA_EXTRACTABLE: false,
      CKA_NEVER_EXTRACTABLE: true,
      CKA_LOCAL: true,
    },
    keyGenMechanism: 0x1040,
    valueReadable: false,
  };
  const but = (change: Record<string, boolean | null>): KeyClaims => ({
    ...best,
    attributes: { ...best.attributes, ...change },
  });

  it('A with every claim, B where a claim about the history is false or unknown', () => {
    expect(gradeOf(best, 'x')).toBe('A');
    for (const name of ['CKA_ALWAYS_SENSITIVE', 'CKA_NEVER_EXTRACTABLE', 'CKA_LOCAL'])
      for (const value of [false, null]) expect(gradeOf(but({ [name]: value }), 'x')).toBe('B');
  });

  it.each([
    { CKA_SENSITIVE: false },
    { CKA_SENSITIVE: null },
    { CKA_EXTRACTABLE: true },
    { CKA_EXTRACTABLE: null },
    { CKA_TOKEN: false },
  ])('refuses %j: unknown is never true', async (change) => {
    expect(await caught(() => gradeOf(but(change), 'x'))).toMatchObject({ check: 'KEY-GRADE', exit: 3 });
  });

  it('refuses a key whose value can be read, whatever else it claims', async () => {
    expect(await caught(() => gradeOf({ ...best, valueReadable: true }, 'x'))).toMatchObject({
      check: 'KEY-GRADE',
    });
  });

  it('no template ever drops sensitive, not extractable or persistent', () => {
    for (const algorithm of ['ecdsa-p256', 'ed25519', 'rsa-2048'] as const)
      for (const { privateKey } of keyPairTemplates(algorithm, 'l', 'aa')) {
        const value = (type: number) => privateKey.find((attribute) => attribute.type === type)?.value;
        expect([value(CKA.token), value(CKA.sensitive), value(CKA.private)]).toEqual([true, true, true]);
        expect(value(CKA.extractable)).toBe(false);
      }
  });
});
