import { spawnSync } from 'node:child_process';
import { randomBytes, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
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
import { parseStrictJson } from '../../src/encoding/strict-json.ts';
import { parseTime } from '../../src/encoding/time.ts';
import type { Algorithm, SignatureScheme } from '../../src/metadata/key.ts';
import { checkRootCertificate, readRootCertificate } from '../../src/metadata/notary/certificate.ts';
import {
  assembleCertificate,
  certificatePem,
  rootCertificateTbs,
  type NewCertificate,
} from '../../src/metadata/notary/new-certificate.ts';
import { accepts, checkOf } from '../encoding/hostile.ts';
import { testKey, type TestKey } from './keys.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-certificate-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const GUN = 'registry.example.com/team/app';
const START = parseTime('2026-11-21T08:00:00Z');
const END = START + 3_650 * 86_400;
const now = START * 1000;
const root = testKey('ecdsa-p256');

function issue(changes: Partial<NewCertificate> = {}, issuer: TestKey = root): Buffer {
  const content: NewCertificate = {
    publicKey: issuer.public,
    issuerKeyScheme: 'ecdsa-sha256',
    commonName: GUN,
    serial: randomBytes(16),
    notBefore: START,
    notAfter: END,
    ...changes,
  };
  const tbs = rootCertificateTbs(content);
  return assembleCertificate(tbs, content.issuerKeyScheme, issuer.sign(content.issuerKeyScheme, tbs));
}

function openssl(...args: string[]): { status: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  return { status, text: stdout + stderr };
}

function written(certificate: Uint8Array): string {
  const file = join(folder, `${randomBytes(8).toString('hex')}.pem`);
  writeFileSync(file, certificatePem(certificate));
  return file;
}

const check = (certificate: Uint8Array, gun = GUN, time = now): void => {
  checkRootCertificate(readRootCertificate(certificatePem(certificate)), gun, time);
};

/** Certificates of root keys in files of the stock client, by repository. */
function stockCertificates(): { name: string; gun: string; pem: Buffer }[] {
  const vectors = new URL('../vectors/notary-v1/', import.meta.url);
  return ['a_one', 'b_names5', 'dk_one', 'dk_paths', 'k_rthr2both', 'rot_one'].flatMap((name) => {
    const gun = readFileSync(new URL(`${name}/GUN`, vectors), 'utf8').trim();
    const file = parseStrictJson(readFileSync(new URL(`${name}/root.json`, vectors)));
    const { keys } = (
      file as { signed: { keys: Record<string, { keytype: string; keyval: { public: string } }> } }
    ).signed;
    return Object.values(keys)
      .filter(({ keytype }) => keytype.endsWith('-x509'))
      .map(({ keyval }) => ({ name, gun, pem: Buffer.from(keyval.public, 'base64') }));
  });
}

const kinds: readonly [Algorithm, SignatureScheme, string][] = [
  ['ecdsa-p256', 'ecdsa-sha256', 'ecdsa-with-SHA256'],
  ['ecdsa-p384', 'ecdsa-sha256', 'ecdsa-with-SHA256'],
  ['ecdsa-p384', 'ecdsa-sha384', 'ecdsa-with-SHA384'],
  ['rsa-2048', 'rsassa-pss-sha256', 'rsassaPss'],
  ['rsa-4096', 'rsassa-pss-sha256', 'rsassaPss'],
];

describe.each(kinds)('R16 a root certificate of %s, signed with %s', (algorithm, scheme, name) => {
  const issuer = testKey(algorithm);
  const certificate = issue({ publicKey: issuer.public, issuerKeyScheme: scheme }, issuer);

  test('passes OpenSSL with its self-signature, by the strict rules', () => {
    const file = written(certificate);
    const at = String(START + 1);
    const verified = openssl(
      'verify',
      '-check_ss_sig',
      '-attime',
      at,
      '-CAfile',
      file,
      '-partial_chain',
      file,
    );
    expect(verified).toMatchObject({ status: 0 });
    const { text } = openssl('x509', '-in', file, '-noout', '-text');
    expect(text).toContain(`Signature Algorithm: ${name}`);
    expect(text).toContain('Version: 3 (0x2)');
    expect(text).toContain(`Issuer: CN = ${GUN}`);
    expect(text).toContain(`Subject: CN = ${GUN}`);
    expect(text).toContain('Not Before: Nov 21 08:00:00 2026 GMT');
    expect(text).toContain('Not After : Nov 18 08:00:00 2036 GMT');
    expect(text).toMatch(/X509v3 Key Usage: critical\s+Digital Signature, Key Encipherment\n/);
    expect(text).toMatch(/X509v3 Extended Key Usage: ?\n\s+Code Signing\n/);
    expect(text).toMatch(/X509v3 Basic Constraints: critical\s+CA:FALSE\n/);
    if (name === 'rsassaPss')
      expect(text).toMatch(/Hash Algorithm: sha256[^]*mgf1 with sha256[^]*Salt Length: 0x20/i);
  });

  test('verifies under Node, and is read as it was written', () => {
    const x509 = new X509Certificate(certificatePem(certificate));
    expect(x509.verify(x509.publicKey)).toBe(true);
    expect(x509.ca).toBe(false);
    expect(x509.toString()).toBe(certificatePem(certificate).toString());
    const read = readRootCertificate(certificatePem(certificate));
    expect(read).toMatchObject({
      commonName: GUN,
      notBefore: START,
      notAfter: END,
      isLeaf: true,
      intermediates: [],
    });
    expect(read.publicKey.algorithm).toBe(algorithm);
    expect(Buffer.from(read.publicKey.spki).equals(issuer.public.spki)).toBe(true);
    check(certificate);
  });
});

describe('R16 the profile of the stock client', () => {
  /** Everything but serial, dates, names, key and signature. */
  function profile(encoded: Uint8Array): string[] {
    const certificate = readDer(encoded);
    const [tbs, algorithm] = derChildren(certificate, TAG.sequence, 3);
    const fields = derChildren(tbs, TAG.sequence);
    const kept = [0, 2, 7].map((at) => fields[at] as DerValue);
    const nameTags = [3, 5].map((at) =>
      String((fields[at] as DerValue).children[0]?.children[0]?.children[1]?.tag),
    );
    const shapes = fields.map((field) => `${String(field.tag)}/${String(field.children.length)}`);
    return [
      ...shapes,
      ...nameTags,
      ...[...kept, algorithm as DerValue].map((field) => field.encoded.toString('hex')),
    ];
  }

  test('is ours: same structure, algorithms, extensions and order as in a captured file', () => {
    const { gun, pem } = stockCertificates()[0] as ReturnType<typeof stockCertificates>[number];
    const stock = Buffer.from(pem.toString().split('\n').slice(1, -2).join(''), 'base64');
    expect(profile(issue({ commonName: gun }))).toEqual(profile(stock));
  });

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

  test('names are PrintableString where Go would, and UTF8String otherwise', () => {
    const tagOf = (commonName: string): number | undefined =>
      derChildren(derChildren(readDer(issue({ commonName })), TAG.sequence)[0], TAG.sequence)[5]?.children[0]
        ?.children[0]?.children[1]?.tag;
    expect(tagOf("localhost:5443/a/one -+=?'(),.")).toBe(TAG.printableString);
    for (const name of ['team_app', 'a@b', 'a&b', 'é', 'a;b']) expect(tagOf(name)).toBe(TAG.utf8String);
  });

  test('names longer than 64 characters, and any Unicode, come back', () => {
    for (const commonName of [`registry.example.com/${'a'.repeat(200)}`, 'registry.example.com/\u{1f600}'])
      check(issue({ commonName }), commonName);
  });

  test('serial numbers with a high bit, or zeros in front, stay positive and minimal', () => {
    for (const [first, length] of [
      [0xff, 17],
      [0x7f, 16],
      [0x00, 16],
    ] as const) {
      const serial = Buffer.alloc(16, 0x80);
      serial[0] = first;
      const encoded = derChildren(derChildren(readDer(issue({ serial })), TAG.sequence)[0], TAG.sequence)[1];
      expect(encoded?.content).toHaveLength(length);
      expect(new X509Certificate(issue({ serial })).serialNumber.toLowerCase()).toBe(
        serial.toString('hex').replace(/^(00)+/, ''),
      );
    }
  });

  test('dates from 2050 on are GeneralizedTime', () => {
    const notAfter = parseTime('2050-01-01T00:00:00Z');
    expect(issue({ notAfter }).includes('20500101000000Z')).toBe(true);
    expect(issue({ notAfter: notAfter - 1 }).includes('491231235959Z')).toBe(true);
    expect(readRootCertificate(certificatePem(issue({ notAfter }))).notAfter).toBe(notAfter);
    expect(Date.parse(new X509Certificate(issue({ notAfter })).validTo) / 1000).toBe(notAfter);
  });

  test('a key of another station, issued here, is read with that key', () => {
    const other = testKey('ecdsa-p384');
    const certificate = issue({ publicKey: other.public });
    check(certificate);
    expect(new X509Certificate(certificate).verify(new X509Certificate(issue()).publicKey)).toBe(true);
    expect(readRootCertificate(certificatePem(certificate)).publicKey.algorithm).toBe('ecdsa-p384');
  });
});

describe('what is never made', () => {
  test.each<[string, Partial<NewCertificate>]>([
    ['CERTIFICATE-NAME', { commonName: '' }],
    ['CERTIFICATE-NAME', { commonName: 'registry.example.com/*' }],
    ['CERTIFICATE-NAME', { commonName: '\ud800' }],
    ['CERTIFICATE-DATES', { notAfter: START }],
    ['CERTIFICATE-SERIAL', { serial: Buffer.alloc(16) }],
    ['CERTIFICATE-SERIAL', { serial: Buffer.alloc(8, 1) }],
    ['CERTIFICATE-ALGORITHM', { publicKey: testKey('ed25519').public }],
    ['CERTIFICATE-ALGORITHM', { issuerKeyScheme: 'ed25519' }],
    ['ENCODING-TIME', { notBefore: START + 0.5 }],
  ])('%s %j', (id, changes) => {
    expect(checkOf(() => issue(changes))).toBe(id);
  });

  test('CERTIFICATE-ALGORITHM a certificate whose signature is of another kind than it announces', () => {
    const tbs = rootCertificateTbs({
      publicKey: root.public,
      issuerKeyScheme: 'ecdsa-sha384',
      commonName: GUN,
      serial: randomBytes(16),
      notBefore: START,
      notAfter: END,
    });
    expect(checkOf(() => assembleCertificate(tbs, 'ecdsa-sha256', Buffer.alloc(64)))).toBe(
      'CERTIFICATE-ALGORITHM',
    );
  });
});

describe('what a root certificate may say', () => {
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
