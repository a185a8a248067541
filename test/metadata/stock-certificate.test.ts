import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Algorithm, SignatureScheme } from '../../src/metadata/key.ts';
import {
  assembleCertificate,
  certificatePem,
  rootCertificateTbs,
} from '../../src/metadata/notary/new-certificate.ts';
import { startNotaryServer, type NotaryServerPeer } from '../peers/notary-server.ts';
import { PASSPHRASE, stockNotary } from '../peers/stock-notary.ts';
import { testKey, type TestKey } from './keys.ts';

let server: NotaryServerPeer;
beforeAll(async () => {
  server = await startNotaryServer();
});
afterAll(() => server.stop());

/** A private key as the stock client imports root keys: encrypted, with the one digest that it can decrypt. */
function encryptedKey(folder: string, key: TestKey): string {
  const file = join(folder, 'root-key.pem');
  const { stdout, status } = spawnSync(
    'openssl',
    [
      'pkcs8',
      '-topk8',
      '-v2',
      'aes-256-cbc',
      '-v2prf',
      'hmacWithSHA1',
      '-iter',
      '2048',
      '-passout',
      `pass:${PASSPHRASE}`,
    ],
    { input: key.private.export({ type: 'pkcs8', format: 'pem' }), encoding: 'utf8' },
  );
  expect(status).toBe(0);
  writeFileSync(file, stdout.replace('-----\n', '-----\nrole: root\n\n'), { mode: 0o600 });
  return file;
}

test.each<[Algorithm, Algorithm, SignatureScheme]>([
  ['ecdsa-p256', 'ecdsa-p256', 'ecdsa-sha256'],
  ['ecdsa-p384', 'ecdsa-p384', 'ecdsa-sha256'],
  ['rsa-2048', 'rsa-2048', 'rsassa-pss-sha256'],
  ['ecdsa-p256', 'ecdsa-p384', 'ecdsa-sha256'],
  ['ecdsa-p256', 'rsa-2048', 'rsassa-pss-sha256'],
])(
  'R16 server and stock client take our certificate over %s, issued by %s with %s',
  async (algorithm, issuing, scheme) => {
    const gun = `localhost:5443/${'long-name-'.repeat(8)}/${algorithm}-${issuing}`;
    const key = testKey(algorithm);
    const issuer = issuing === algorithm ? key : testKey(issuing);
    const now = Math.floor(Date.now() / 1000);
    const tbs = rootCertificateTbs({
      publicKey: key.public,
      issuerKeyScheme: scheme,
      commonName: gun,
      serial: randomBytes(16),
      notBefore: now,
      notAfter: now + 3_650 * 86_400,
    });
    const client = stockNotary({ url: server.url, ca: server.ca });
    const certificate = join(client.trustDir, 'root.crt');
    writeFileSync(certificate, certificatePem(assembleCertificate(tbs, scheme, issuer.sign(scheme, tbs))));
    const rootkey = encryptedKey(client.trustDir, key);
    const init = await client.run(['init', gun, '--rootkey', rootkey, '--rootcert', certificate]);
    expect(init).toMatchObject({ code: 0 });
    await client.addhash(gun, 'v1', 3, 'ab'.repeat(32));
    await client.publish(gun);
    const fresh = stockNotary({ url: server.url, ca: server.ca });
    expect(await fresh.list(gun)).toMatchObject([{ name: 'v1' }]);
  },
);
