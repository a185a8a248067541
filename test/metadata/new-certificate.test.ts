import { spawnSync } from 'node:child_process';
import { randomBytes, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { derChildren, readDer, TAG, type DerValue } from '../../src/encoding/der.ts';
import { parseTime } from '../../src/encoding/time.ts';
import type { Algorithm, SignatureScheme } from '../../src/metadata/key.ts';
import { readRootCertificate } from '../../src/metadata/notary/certificate.ts';
import {
  assembleCertificate,
  certificatePem,
  rootCertificateTbs,
  type NewCertificate,
} from '../../src/metadata/notary/new-certificate.ts';
import { checkOf } from '../encoding/hostile.ts';
import { check, END, GUN, issue, root, START, stockCertificates } from './certificates.ts';
import { testKey } from './keys.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-certificate-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function openssl(...args: string[]): { status: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  return { status, text: stdout + stderr };
}

function written(certificate: Uint8Array): string {
  const file = join(folder, `${randomBytes(8).toString('hex')}.pem`);
  writeFileSync(file, certificatePem(certificate));
  return file;
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
    const forged = Buffer.from(certificate);
    forged[forged.length - 1] = (forged[forged.length - 1] as number) ^ 1;
    const other = written(forged);
    expect(
      openssl('verify', '-check_ss_sig', '-attime', at, '-CAfile', other, '-partial_chain', other).status,
    ).not.toBe(0);
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
