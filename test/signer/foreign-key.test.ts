import {
  createCipheriv,
  createHash,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { derNumber, derOctetString, derOid, derSequence } from '../../src/encoding/der-values.ts';
import { writePem } from '../../src/encoding/pem.ts';
import { CountersignError } from '../../src/errors.ts';
import { type ForeignKey, openForeignKey } from '../../src/signer/keyfile/foreign-key.ts';
import { foreignBlocks } from '../../src/signer/keyfile/foreign-pem.ts';
import { openKeyFiles } from '../../src/signer/keyfile/key-files.ts';
import { onePassphrase } from '../../src/signer/keyfile/passphrases.ts';
import { runOk, scratchFolder } from '../peers/process.ts';
import { caught } from './caught.ts';

const scratch = scratchFolder('foreign');
const SECRET = Buffer.from('secret');

const EC = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const ED25519 = generateKeyPairSync('ed25519').privateKey;

/** The only key of a file. */
async function open(pem: string | Uint8Array, passphrase: Uint8Array | null = null): Promise<ForeignKey> {
  const [block, ...more] = foreignBlocks(Buffer.from(pem));
  if (block === undefined || more.length > 0) throw new Error('not one key');
  return openForeignKey(block, passphrase);
}

function pkcs8(key: KeyObject): string {
  return key.export({ format: 'pem', type: 'pkcs8' }) as string;
}

function hexOf(key: KeyObject): string {
  return key.export({ format: 'der', type: 'pkcs8' }).toString('hex');
}

/** A block with headers, as Go's encoding/pem writes them. */
function withHeaders(pem: string, headers: Readonly<Record<string, string>>): string {
  const text = Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('');
  return pem.replace('-----\n', `-----\n${text}\n`);
}

/** Encrypted as Go's x509.EncryptPEMBlock does it for Notary before 0.6. */
function oldEncryption(label: string, der: Uint8Array, passphrase: Uint8Array, more = {}): string {
  const iv = randomBytes(16);
  const first = createHash('md5').update(passphrase).update(iv.subarray(0, 8)).digest();
  const second = createHash('md5').update(first).update(passphrase).update(iv.subarray(0, 8)).digest();
  const cipher = createCipheriv('aes-256-cbc', Buffer.concat([first, second]), iv);
  const body = Buffer.concat([cipher.update(der), cipher.final()]);
  return withHeaders(writePem(label, body).toString(), {
    'Proc-Type': '4,ENCRYPTED',
    'DEK-Info': `AES-256-CBC,${iv.toString('hex').toUpperCase()}`,
    ...more,
  });
}

/** Notary's own bytes of an Ed25519 key: public key, then Go's private key, which is seed and public key. */
function notaryEd25519(key: KeyObject): Buffer {
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);
  const seed = key.export({ format: 'der', type: 'pkcs8' }).subarray(-32);
  return Buffer.concat([publicKey, seed, publicKey]);
}

async function openssl(key: KeyObject, ...form: string[]): Promise<string> {
  const plain = join(mkdtempSync(join(scratch, 'plain-')), 'key.pem');
  writeFileSync(plain, pkcs8(key), { mode: 0o600 });
  return (await runOk('openssl', ['pkcs8', '-topk8', ...form, '-in', plain, '-passout', 'pass:secret']))
    .stdout;
}

describe('KEY-IMPORT: private keys of other programs', () => {
  it('what Notary 0.6 and later write: PBES2 with SHA-1, headers gun and role', async () => {
    const form = ['-v2', 'aes-256-cbc', '-v2prf', 'hmacWithSHA1', '-iter', '2048'];
    const pem = withHeaders(await openssl(EC, ...form), { gun: 'localhost:5443/dk/one', role: 'targets' });
    const [block] = foreignBlocks(Buffer.from(pem));
    expect(block).toMatchObject({ role: 'targets', gun: 'localhost:5443/dk/one', path: null, dek: null });
    const key = await open(pem, SECRET);
    expect(key.public.algorithm).toBe('ecdsa-p256');
    expect(key.privateKeyInfo.toString('hex')).toBe(hexOf(EC));
  });

  it.each([
    ['-v2', 'aes-256-cbc', '-v2prf', 'hmacWithSHA256'],
    ['-v2', 'aes-128-cbc', '-v2prf', 'hmacWithSHA512', '-iter', '5000'],
    ['-v2', 'des3'],
  ])('what OpenSSL writes: %j', async (...form) => {
    const key = await open(await openssl(RSA, ...form), SECRET);
    expect(key.privateKeyInfo.toString('hex')).toBe(hexOf(RSA));
  });

  it.each([
    ['PKCS#8', () => pkcs8(EC), EC],
    ['PKCS#8 Ed25519', () => pkcs8(ED25519), ED25519],
    ['SEC1', () => EC.export({ format: 'pem', type: 'sec1' }) as string, EC],
    ['PKCS#1', () => RSA.export({ format: 'pem', type: 'pkcs1' }) as string, RSA],
    ["Notary's Ed25519", () => writePem('ED25519 PRIVATE KEY', notaryEd25519(ED25519)).toString(), ED25519],
    [
      "Notary's Ed25519 in PKCS#8",
      () => {
        const algorithm = derSequence(derOid('1.3.6.1.4.1.11591.15.1'));
        const info = derSequence(derNumber(0), algorithm, derOctetString(notaryEd25519(ED25519)));
        return writePem('PRIVATE KEY', info).toString();
      },
      ED25519,
    ],
  ])('%s without a passphrase, with headers, with CRLF', async (_, pem, key) => {
    for (const text of [pem(), withHeaders(pem(), { role: 'root' }), pem().replaceAll('\n', '\r\n')])
      expect((await open(text)).privateKeyInfo.toString('hex')).toBe(hexOf(key));
  });

  it.each([
    ['EC PRIVATE KEY', () => EC.export({ format: 'der', type: 'sec1' }), EC],
    ['RSA PRIVATE KEY', () => RSA.export({ format: 'der', type: 'pkcs1' }), RSA],
    ['ED25519 PRIVATE KEY', () => notaryEd25519(ED25519), ED25519],
  ])('%s with the encryption of old versions, other headers behind it', async (label, der, key) => {
    const pem = oldEncryption(label, der(), SECRET, { gun: 'registry.example.com/app', role: 'snapshot' });
    expect(foreignBlocks(Buffer.from(pem))[0]).toMatchObject({
      role: 'snapshot',
      gun: 'registry.example.com/app',
    });
    expect((await open(pem, SECRET)).privateKeyInfo.toString('hex')).toBe(hexOf(key));
    expect(await caught(() => open(pem, Buffer.from('wrong')))).toMatchObject({
      check: 'PASSPHRASE-INCORRECT',
      exit: 6,
    });
  });

  it('the old encryption as OpenSSL itself writes it', async () => {
    const options = { format: 'pem', type: 'sec1', cipher: 'aes-128-cbc', passphrase: 'secret' } as const;
    const pem = EC.export(options) as string;
    expect(pem).toContain('DEK-Info: AES-128-CBC');
    expect((await open(pem, SECRET)).privateKeyInfo.toString('hex')).toBe(hexOf(EC));
  });

  it('a key file of another home of this program', async () => {
    const directory = mkdtempSync(join(scratch, 'keys-'));
    const keys = openKeyFiles({ directory, passphrases: onePassphrase(SECRET, 'the test') });
    const [made] = await keys.generate([{ algorithm: 'ed25519', label: 'k', id: 'aa' }]);
    await keys.close();
    const key = await open(readFileSync(join(directory, 'aa.pem')), SECRET);
    expect(key.public).toEqual(made?.public);
  });

  it('several keys in one file, as notary key export writes them, and blocks that are no keys', async () => {
    const other = '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n';
    const text = `a remark\n${other}${withHeaders(pkcs8(EC), { path: 'abc', role: 'root' })}\n${pkcs8(RSA)}`;
    const blocks = foreignBlocks(Buffer.from(text));
    expect(blocks.map(({ role, path }) => [role, path])).toEqual([
      ['root', 'abc'],
      [null, null],
    ]);
    const algorithms = await Promise.all(blocks.map((block) => openForeignKey(block, null)));
    expect(algorithms.map((key) => key.public.algorithm)).toEqual(['ecdsa-p256', 'rsa-2048']);
  });

  it('PASSPHRASE-INCORRECT: a wrong passphrase and none, never by chance another key', async () => {
    const pem = await openssl(EC, '-v2', 'aes-256-cbc', '-v2prf', 'hmacWithSHA1', '-iter', '1');
    expect(await caught(() => open(pem, null))).toMatchObject({ check: 'PASSPHRASE-INCORRECT', exit: 6 });
    // one in 256 leaves a sound padding
    for (let number = 0; number < 1_000; number++)
      expect((await caught(() => open(pem, Buffer.from(String(number))))).check).toBe('PASSPHRASE-INCORRECT');
  });

  it.each([
    ['nothing', ''],
    ['text', 'text'],
    ['a public key', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n'],
    ['noise', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'],
    ['no end', '-----BEGIN PRIVATE KEY-----\nAAAA\n'],
    ['another end', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n'],
    ['no base64', '-----BEGIN PRIVATE KEY-----\nA*AA\n-----END PRIVATE KEY-----\n'],
    ['cut', pkcs8(EC).replace(/\n.{64}\n/, '\n')],
    ['a bad DEK-Info', withHeaders(pkcs8(EC), { 'DEK-Info': 'AES-256-CBC,zz' })],
    ['another label', '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n'],
    [
      'an Ed25519 key whose halves differ',
      () => {
        const bytes = notaryEd25519(ED25519);
        bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0);
        return writePem('ED25519 PRIVATE KEY', bytes).toString();
      },
    ],
  ])('refuses %s', async (_, text) => {
    const pem = typeof text === 'string' ? text : text();
    expect(await caught(() => open(pem, SECRET))).toMatchObject({ check: 'KEY-IMPORT', exit: 3 });
  });

  it.each([
    ['P-521', () => generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey],
    ['RSA-1024', () => generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey],
    ['X25519', () => generateKeyPairSync('x25519').privateKey],
  ])('KEY-ALGORITHM refuses %s', async (_, make) => {
    expect(await caught(() => open(pkcs8(make())))).toMatchObject({ check: 'KEY-ALGORITHM', exit: 3 });
  });

  it('a file that asks for hours of derivation is refused at once', async () => {
    const pem = await openssl(EC, '-v2', 'aes-256-cbc', '-v2prf', 'hmacWithSHA1', '-iter', '65536');
    const der = Buffer.from(pem.replace(/-----.*?-----|\n/g, ''), 'base64');
    const at = der.indexOf(Buffer.from('0203010000', 'hex'));
    expect(at).toBeGreaterThan(0);
    der.write('7fffff', at + 2, 'hex');
    const begin = performance.now();
    const slow = writePem('ENCRYPTED PRIVATE KEY', der);
    expect(await caught(() => open(slow, SECRET))).toMatchObject({ check: 'KEY-IMPORT', exit: 3 });
    expect(performance.now() - begin).toBeLessThan(1_000);
  });

  it('property: any bytes, and any good file with changed bytes, are read or refused by a check', async () => {
    const good = [
      withHeaders(pkcs8(EC), { role: 'root' }),
      oldEncryption('EC PRIVATE KEY', EC.export({ format: 'der', type: 'sec1' }), SECRET),
      await openssl(EC, '-v2', 'aes-256-cbc', '-v2prf', 'hmacWithSHA1', '-iter', '10'),
      writePem('ED25519 PRIVATE KEY', notaryEd25519(ED25519)).toString(),
    ];
    const changed = fc
      .record({
        text: fc.constantFrom(...good),
        cuts: fc.array(fc.tuple(fc.nat(), fc.nat(3), fc.string({ unit: 'binary', maxLength: 3 })), {
          maxLength: 4,
        }),
      })
      .map(({ text, cuts }) => {
        let result = text;
        for (const [position, length, put] of cuts) {
          const at = position % (result.length + 1);
          result = result.slice(0, at) + put + result.slice(at + length);
        }
        return Buffer.from(result);
      });
    const body = fc
      .tuple(
        fc.constantFrom('PRIVATE KEY', 'ENCRYPTED PRIVATE KEY', 'EC PRIVATE KEY', 'ED25519 PRIVATE KEY'),
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
      )
      .map(([label, bytes]) => writePem(label, bytes));
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array(), changed, body), async (bytes) => {
        try {
          for (const block of foreignBlocks(bytes))
            expect((await openForeignKey(block, SECRET)).public.spki.length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(CountersignError);
        }
      }),
      { numRuns: 1_500 },
    );
  });
});
