import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseStrictJson } from '../../src/encoding/strict-json.ts';
import { parseTime } from '../../src/encoding/time.ts';
import { checkRootCertificate, readRootCertificate } from '../../src/metadata/notary/certificate.ts';
import {
  assembleCertificate,
  certificatePem,
  rootCertificateTbs,
  type NewCertificate,
} from '../../src/metadata/notary/new-certificate.ts';
import { testKey, type TestKey } from './keys.ts';

export const GUN = 'registry.example.com/team/app';
export const START = parseTime('2026-11-21T08:00:00Z');
export const END = START + 3_650 * 86_400;
export const now = START * 1000;
export const root = testKey('ecdsa-p256');

/** A certificate as we make them, valid at `now`. */
export function issue(changes: Partial<NewCertificate> = {}, issuer: TestKey = root): Buffer {
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

/** Reads and checks a certificate in DER. */
export function check(certificate: Uint8Array, gun = GUN, time = now): void {
  checkRootCertificate(readRootCertificate(certificatePem(certificate)), gun, time);
}

/** Certificates of root keys in files of the stock client, by repository. */
export function stockCertificates(): { name: string; gun: string; pem: Buffer }[] {
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
