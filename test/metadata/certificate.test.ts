import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contextTag, der, derChildren, readDer, TAG, type DerValue } from '../../src/encoding/der.ts';
import {
  derBitString,
  derBoolean,
  derNumber,
  derOctetString,
  derOid,
  derSequence,
} from '../../src/encoding/der-values.ts';
import { writePem } from '../../src/encoding/pem.ts';
import {
  checkDelegationCertificate,
  checkRootCertificate,
  readRootCertificate,
} from '../../src/metadata/notary/certificate.ts';
import type { CountersignError } from '../../src/errors.ts';
import { certificatePem } from '../../src/metadata/notary/new-certificate.ts';
import { accepts, checkOf } from '../encoding/hostile.ts';
import { check, END, GUN, issue, now, START, stockCertificates } from './certificates.ts';
import { testKey } from './keys.ts';

describe('what a root certificate may say', () => {
  test.each(stockCertificates())(
    'a captured certificate of $name is read and accepted for its repository',
    ({ gun, pem }) => {
      const certificate = readRootCertificate(pem);
      expect(certificate.commonName).toBe(gun);
      checkRootCertificate(certificate, gun, now);
      const x509 = new X509Certificate(pem);
      expect(certificate.notAfter * 1000).toBe(Date.parse(x509.validTo));
      expect(certificate.notBefore * 1000).toBe(Date.parse(x509.validFrom));
    },
  );

  test.each([
    ['registry.example.com/*', GUN],
    ['registry.example.com/**', GUN],
    ['registry.example.com/te*', GUN],
    ['*', GUN],
  ])('a common name %s stands for %s', (commonName, gun) => {
    checkRootCertificate({ ...readRootCertificate(certificatePem(issue())), commonName }, gun, now);
  });

  test.each([
    ['registry.example.com/team/other'],
    ['registry.example.com/team/app/'],
    ['REGISTRY.example.com/team/app'],
    ['registry.*.com/team/app'],
    ['*/team/app'],
    ['registry.example.org/*'],
    [''],
  ])('CERTIFICATE-NAME a common name %j does not', (commonName) => {
    const certificate = { ...readRootCertificate(certificatePem(issue())), commonName };
    expect(checkOf(() => checkRootCertificate(certificate, GUN, now))).toBe('CERTIFICATE-NAME');
  });

  test('CERTIFICATE-EXPIRED from the second after its end', () => {
    check(issue(), GUN, END * 1000);
    expect(checkOf(() => check(issue(), GUN, END * 1000 + 1))).toBe('CERTIFICATE-EXPIRED');
  });

  test('R17 CERTIFICATE-EXPIRED says what helps: a root needs a new repository, a delegate another certificate', () => {
    const ended = readRootCertificate(certificatePem(issue()));
    const hintOf = (run: () => void): string | undefined => {
      try {
        run();
      } catch (error) {
        return (error as CountersignError).hint;
      }
      return undefined;
    };
    const late = END * 1000 + 1;
    expect(hintOf(() => checkRootCertificate(ended, GUN, late))).toContain('new repository');
    const delegate = hintOf(() => checkDelegationCertificate(ended, 'targets/a', late));
    expect(delegate).toContain('its owner');
    expect(delegate).not.toContain('root');
  });

  test('CERTIFICATE-NOT-YET-VALID more than a day before its start', () => {
    check(issue(), GUN, now - 86_400_000);
    expect(checkOf(() => check(issue(), GUN, now - 86_400_001))).toBe('CERTIFICATE-NOT-YET-VALID');
  });

  test('CERTIFICATE-DATES an end before the start', () => {
    const certificate = { ...readRootCertificate(certificatePem(issue())), notAfter: START - 1 };
    expect(checkOf(() => checkRootCertificate(certificate, GUN, now))).toBe('CERTIFICATE-DATES');
  });

  /** A certificate with other parts: signatures are never looked at, as in Notary. */
  function assembled(parts: {
    algorithm?: Buffer;
    inner?: Buffer;
    subject?: Buffer;
    extensions?: Buffer | null;
    version?: Buffer | null;
    key?: Uint8Array;
  }): Buffer {
    const certificate = readDer(issue());
    const [tbs, outer, signature] = derChildren(certificate, TAG.sequence, 3) as [
      DerValue,
      DerValue,
      DerValue,
    ];
    const [version, serial, , issuer, validity, subject, key, extensions] = tbs.children.map(
      (field) => field.encoded,
    );
    const algorithm = parts.algorithm ?? outer.encoded;
    const or = (given: Buffer | null | undefined, own: Buffer | undefined): Buffer =>
      given === undefined ? (own as Buffer) : (given ?? Buffer.alloc(0));
    return derSequence(
      derSequence(
        or(parts.version, version),
        serial as Buffer,
        parts.inner ?? algorithm,
        issuer as Buffer,
        validity as Buffer,
        parts.subject ?? (subject as Buffer),
        parts.key ?? (key as Buffer),
        or(parts.extensions, extensions),
      ),
      algorithm,
      signature.encoded,
    );
  }
  const basicConstraints = (...content: Buffer[]): Buffer =>
    derSequence(derOid('2.5.29.19'), derBoolean(true), derOctetString(derSequence(...content)));
  const explicit = (...extensions: Buffer[]): Buffer => der(contextTag(3), derSequence(...extensions));
  const commonName = (tag: number, value: Uint8Array): Buffer =>
    der(TAG.set, derSequence(derOid('2.5.4.3'), der(tag, value)));

  test('no extensions at all, or an old version without them, is a leaf', () => {
    check(assembled({}));
    check(assembled({ extensions: null }));
    check(assembled({ extensions: null, version: null }));
  });

  test('CERTIFICATE-AUTHORITY CA:TRUE', () => {
    const authority = assembled({ extensions: explicit(basicConstraints(derBoolean(true))) });
    expect(checkOf(() => check(authority))).toBe('CERTIFICATE-AUTHORITY');
  });

  test.each(['1.2.840.113549.1.1.5', '1.2.840.10045.4.1', '1.2.840.113549.1.1.4'])(
    'CERTIFICATE-ALGORITHM the broken signature algorithm %s',
    (oid) => {
      expect(checkOf(() => check(assembled({ algorithm: derSequence(derOid(oid)) })))).toBe(
        'CERTIFICATE-ALGORITHM',
      );
    },
  );

  test('CERTIFICATE-ALGORITHM an Ed25519 key; KEY-ALGORITHM one of 1024 bits', () => {
    expect(checkOf(() => check(assembled({ key: testKey('ed25519').public.spki })))).toBe(
      'CERTIFICATE-ALGORITHM',
    );
    const small = derSequence(derSequence(derOid('1.3.101.113')), derBitString(Buffer.alloc(57)));
    expect(checkOf(() => check(assembled({ key: small })))).toBe('KEY-ALGORITHM');
  });

  test.each<[string, Parameters<typeof assembled>[0]]>([
    ['two algorithms', { inner: derSequence(derOid('1.2.840.10045.4.3.3')) }],
    [
      'two common names',
      {
        subject: derSequence(
          commonName(TAG.utf8String, Buffer.from(GUN)),
          commonName(TAG.utf8String, Buffer.from('x')),
        ),
      },
    ],
    ['a BMPString', { subject: derSequence(commonName(0x1e, Buffer.from('0041', 'hex'))) }],
    [
      'Latin-1 in a PrintableString',
      { subject: derSequence(commonName(TAG.printableString, Buffer.from('é'))) },
    ],
    ['extensions in version 1', { version: null }],
    ['version 4', { version: der(contextTag(0), derNumber(3)) }],
    ['an extension twice', { extensions: explicit(basicConstraints(), basicConstraints(derBoolean(true))) }],
    ['an extension without a value', { extensions: explicit(derSequence(derOid('2.5.29.19'))) }],
    ['something else at the end', { extensions: der(contextTag(4), derSequence()) }],
  ])('CERTIFICATE-FORM %s', (_, parts) => {
    expect(checkOf(() => check(assembled(parts)))).toBe('CERTIFICATE-FORM');
  });

  test('CERTIFICATE-NAME no common name', () => {
    expect(checkOf(() => check(assembled({ subject: derSequence() })))).toBe('CERTIFICATE-NAME');
  });

  test('a chain: leaf first, then authorities; CERTIFICATE-CHAIN and CERTIFICATE-AUTHORITY otherwise', () => {
    const leaf = certificatePem(issue());
    const authority = certificatePem(assembled({ extensions: explicit(basicConstraints(derBoolean(true))) }));
    const read = (...pems: Buffer[]): void => {
      checkRootCertificate(readRootCertificate(Buffer.concat(pems)), GUN, now);
    };
    read(leaf, authority, authority);
    expect(checkOf(() => read(leaf, leaf))).toBe('CERTIFICATE-CHAIN');
    expect(checkOf(() => read(authority, leaf))).toBe('CERTIFICATE-AUTHORITY');
    const chain = readRootCertificate(Buffer.concat([leaf, authority]));
    const ended = {
      ...chain,
      intermediates: chain.intermediates.map((one) => ({ ...one, notAfter: START - 1, notBefore: 0 })),
    };
    expect(checkOf(() => checkRootCertificate(ended, GUN, now))).toBe('CERTIFICATE-EXPIRED');
  });

  test.each<[string, (pem: string) => string]>([
    ['CRLF', (pem) => pem.replaceAll('\n', '\r\n')],
    ['no final newline', (pem) => pem.trimEnd()],
    ['text before', (pem) => `CN=x\n${pem}`],
    ['a header', (pem) => pem.replace('-----\n', '-----\nrole: root\n\n')],
    ['another label', (pem) => pem.replaceAll('CERTIFICATE', 'TRUSTED CERTIFICATE')],
  ])('R16 ENCODING-PEM %s would change the key ID', (_, change) => {
    const pem = certificatePem(issue()).toString();
    expect(checkOf(() => readRootCertificate(Buffer.from(change(pem))))).toBe('ENCODING-PEM');
  });

  test('DER instead of PEM is refused', () => {
    expect(accepts(() => readRootCertificate(issue()))).toBe(false);
  });

  test('R5 any bytes, and any changed certificate, are read or refused, never a crash', () => {
    const good = issue();
    const changed = fc
      .tuple(fc.nat(good.length - 1), fc.nat(255))
      .map(([at, value]) => Buffer.from(good).fill(value, at, at + 1));
    fc.assert(
      fc.property(
        fc.oneof(
          { weight: 5, arbitrary: changed },
          { weight: 1, arbitrary: fc.uint8Array({ minLength: 1 }) },
        ),
        (bytes) => {
          const pem = writePem('CERTIFICATE', bytes);
          if (accepts(() => readRootCertificate(pem)))
            accepts(() => checkRootCertificate(readRootCertificate(pem), GUN, now));
        },
      ),
      { numRuns: 2000 },
    );
  });
});
