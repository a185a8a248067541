import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  contextTag,
  der,
  derChildren,
  derContent,
  readDer,
  TAG,
  type DerValue,
} from '../../src/encoding/der.ts';
import {
  derBitString,
  derBoolean,
  derNull,
  derNumber,
  derOctetString,
  derOid,
  derSequence,
  derUnsigned,
  readDerBitString,
  readDerBoolean,
  readDerNumber,
  readDerOid,
  readDerUnsigned,
} from '../../src/encoding/der-values.ts';
import { accepts, checkOf } from './hostile.ts';

const bytes = fc.uint8Array({ maxLength: 300 });
const hex = (text: string): DerValue => readDer(Buffer.from(text, 'hex'));

function encodeAgain(value: DerValue): Buffer {
  return value.tag & 0x20
    ? der(value.tag, ...value.children.map(encodeAgain))
    : der(value.tag, value.content);
}

describe('DER', () => {
  test('values are read as they were written', () => {
    const number = fc.nat(0xffffffff);
    const oid = fc
      .tuple(fc.constantFrom(0, 1), fc.nat(39), fc.array(fc.nat(), { maxLength: 8 }))
      .map(([a, b, rest]) => [a, b, ...rest].join('.'));
    fc.assert(
      fc.property(bytes, number, oid, fc.boolean(), (octets, n, dotted, truth) => {
        const [bits, octetString, unsigned, small, identifier, boolean, nothing, context] = derChildren(
          readDer(
            derSequence(
              derBitString(octets),
              derOctetString(octets),
              derUnsigned(octets),
              derNumber(n),
              derOid(dotted),
              derBoolean(truth),
              derNull(),
              der(contextTag(0), derNull()),
            ),
          ),
          TAG.sequence,
          8,
        );
        expect([...readDerBitString(bits)]).toEqual([...octets]);
        expect([...derContent(octetString, TAG.octetString)]).toEqual([...octets]);
        expect(BigInt(`0x${readDerUnsigned(unsigned).toString('hex')}`)).toBe(
          BigInt(`0x0${Buffer.from(octets).toString('hex')}`),
        );
        expect(readDerNumber(small)).toBe(n);
        expect(readDerOid(identifier)).toBe(dotted);
        expect(readDerBoolean(boolean)).toBe(truth);
        expect(derContent(nothing, TAG.null)).toHaveLength(0);
        expect(derChildren(context, contextTag(0), 1)[0]?.tag).toBe(TAG.null);
      }),
    );
  });

  test.each([
    ['1.2.840.10045.3.1.7', '06082a8648ce3d030107'],
    ['1.3.132.0.34', '06052b81040022'],
    ['2.5.4.3', '0603550403'],
    ['2.16.840.1.101.3.4.2.1', '0609608648016503040201'],
    ['2.999', '06028837'],
  ])('OID %s is %s', (dotted, encoded) => {
    expect(derOid(dotted).toString('hex')).toBe(encoded);
    expect(readDerOid(hex(encoded))).toBe(dotted);
  });

  test.each([0, 127, 128, 255, 256, 65_535, 65_536])('a length of %i is minimal and read again', (length) => {
    const encoded = derOctetString(Buffer.alloc(length));
    expect(readDer(encoded).content).toHaveLength(length);
    expect(encoded.length).toBe(length + (length < 128 ? 2 : length < 256 ? 3 : length < 65_536 ? 4 : 5));
  });

  test('whatever OpenSSL writes has this one encoding', () => {
    const pairs = [
      generateKeyPairSync('rsa', { modulusLength: 2048 }),
      generateKeyPairSync('ec', { namedCurve: 'P-384' }),
      generateKeyPairSync('ed25519'),
    ];
    for (const { privateKey, publicKey } of pairs)
      for (const encoded of [
        privateKey.export({ type: 'pkcs8', format: 'der' }),
        privateKey.export({ type: 'pkcs8', format: 'der', cipher: 'aes-256-cbc', passphrase: 'x' }),
        publicKey.export({ type: 'spki', format: 'der' }),
      ])
        expect(encodeAgain(readDer(encoded)).equals(encoded)).toBe(true);
  });

  test('ENCODING-DER any bytes are refused or are the one encoding of what was read', () => {
    const small = fc.uint8Array({ maxLength: 12, max: 0x31 });
    fc.assert(
      fc.property(fc.oneof(bytes, small), (octets) => {
        if (accepts(() => readDer(octets))) expect(encodeAgain(readDer(octets)).equals(octets)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test('ENCODING-DER a changed byte is refused or read as exactly these bytes', () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const encoded = publicKey.export({ type: 'spki', format: 'der' });
    fc.assert(
      fc.property(fc.nat(40), fc.nat(255), (at, value) => {
        const changed = Buffer.from(encoded);
        changed[at] = value;
        if (accepts(() => readDer(changed))) expect(encodeAgain(readDer(changed)).equals(changed)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ['nothing', ''],
    ['a tag alone', '30'],
    ['an indefinite length', '30800000'],
    ['a padded length', '04810100'],
    ['a length with a leading zero', '0482008000'],
    ['a length of five octets', '04850000000001aa'],
    ['a length past the end', '0402aa'],
    ['a child past its parent', '30030402aabb'],
    ['bytes after the end', '050000'],
    ['end of contents', '0000'],
    ['a tag of several octets', '1f8100'],
    [
      'too deep',
      Array.from({ length: 17 }, (_, at) => `30${(32 - 2 * at).toString(16).padStart(2, '0')}`).join(''),
    ],
  ])('ENCODING-DER %s is refused', (_, encoded) => {
    expect(checkOf(() => hex(encoded))).toBe('ENCODING-DER');
  });

  test('16 levels are read', () => {
    const deep = Array.from({ length: 16 }).reduce<Buffer>((inner) => derSequence(inner), Buffer.alloc(0));
    expect(readDer(deep).tag).toBe(TAG.sequence);
    expect(checkOf(() => readDer(derSequence(deep)))).toBe('ENCODING-DER');
  });

  test.each<[string, string, (value: DerValue) => unknown]>([
    ['a negative INTEGER', '020180', readDerUnsigned],
    ['an empty INTEGER', '0200', readDerUnsigned],
    ['a padded INTEGER', '02020001', readDerUnsigned],
    ['an INTEGER above 2^32', '02050100000000', readDerNumber],
    ['a BOOLEAN of 1', '010101', readDerBoolean],
    ['a BOOLEAN of two octets', '0102ffff', readDerBoolean],
    ['a BIT STRING of seven bits', '03020180', readDerBitString],
    ['an empty BIT STRING', '0300', readDerBitString],
    ['an empty OID', '0600', readDerOid],
    ['an OID with a padded arc', '0603550080', readDerOid],
    ['an OID that starts padded', '06028001', readDerOid],
    ['an OID that does not end', '06025581', readDerOid],
    ['an OID with a huge arc', '060a55ffffffffffffffff7f', readDerOid],
    ['another type', '0500', readDerUnsigned],
    ['another number of children', '30020500', (value) => derChildren(value, TAG.sequence, 2)],
  ])('ENCODING-DER %s is refused', (_, encoded, read) => {
    expect(checkOf(() => read(hex(encoded)))).toBe('ENCODING-DER');
  });
});
