import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import {
  chmodSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { derNumber, derOctetString, derOid, derSequence } from '../../src/encoding/der-values.ts';
import { writePem } from '../../src/encoding/pem.ts';
import { CountersignError } from '../../src/errors.ts';
import { ALGORITHMS, type SignatureScheme } from '../../src/metadata/key.ts';
import { verifySignature } from '../../src/metadata/signature.ts';
import { readEncryptedPrivateKey } from '../../src/signer/keyfile/encrypted-private-key.ts';
import { openKeyFiles } from '../../src/signer/keyfile/key-files.ts';
import { onePassphrase } from '../../src/signer/keyfile/passphrases.ts';
import { publicKeyFromSpki } from '../../src/metadata/public-key.ts';
import type { GeneratedKey, Signer, SignTask, TakeTask } from '../../src/signer/signer.ts';
import { runOk, scratchFolder } from '../peers/process.ts';
import { caught } from './caught.ts';
import { pinned } from './open-test-token.ts';

const scratch = scratchFolder('keyfiles');
const PASSPHRASE = Buffer.from('correct horse battery staple');

function newDirectory(): string {
  return mkdtempSync(join(scratch, 'keys-'));
}

async function withKeys<T>(
  directory: string,
  work: (keys: Signer) => Promise<T>,
  passphrase = PASSPHRASE,
): Promise<T> {
  const keys = openKeyFiles({ directory, passphrases: onePassphrase(passphrase, 'the test') });
  try {
    return await work(keys);
  } finally {
    await keys.close();
  }
}

function task(key: GeneratedKey, scheme: SignatureScheme, message = Buffer.from('document')): SignTask {
  return { key: pinned(key), scheme, message };
}

function takeTask(privateKey: KeyObject, id: string): TakeTask {
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const privateKeyInfo = privateKey.export({ format: 'der', type: 'pkcs8' });
  return { privateKeyInfo, public: publicKeyFromSpki(spki), label: 'taken', id, role: 'root' };
}

describe('key files', () => {
  it.each(ALGORITHMS)('R11 generates %s, signs with it in a later session, verified', async (algorithm) => {
    const directory = newDirectory();
    const [key] = await withKeys(directory, (keys) => keys.generate([{ algorithm, label: 'k', id: 'aa' }]));
    expect(key).toMatchObject({
      public: { algorithm },
      location: { kind: 'keyfile', file: 'aa.pem' },
      grade: 'F',
    });
    const schemes: readonly SignatureScheme[] = algorithm.startsWith('rsa')
      ? ['rsassa-pss-sha256']
      : algorithm === 'ed25519'
        ? ['ed25519']
        : algorithm === 'ecdsa-p384'
          ? ['ecdsa-sha384', 'ecdsa-sha256']
          : ['ecdsa-sha256'];
    const made = key as GeneratedKey;
    const tasks = schemes.map((scheme) => task(made, scheme));
    const heard: number[] = [];
    const signatures = await withKeys(directory, (keys) => keys.sign(tasks, (index) => heard.push(index)));
    for (const [index, one] of tasks.entries())
      verifySignature(made.public, one.scheme, one.message, signatures[index] as Uint8Array);
    expect(heard).toEqual(tasks.map((_, index) => index));
  });

  it('writes encrypted PKCS#8 with mode 600, never the plain key', async () => {
    const directory = newDirectory();
    await withKeys(directory, (keys) => keys.generate([{ algorithm: 'ecdsa-p256', label: 'k', id: 'aa' }]));
    const path = join(directory, 'aa.pem');
    expect(readdirSync(directory)).toEqual(['aa.pem']);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const text = readFileSync(path, 'utf8');
    expect(text).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
    expect(() => createPrivateKey(text)).toThrow();
    const { stdout } = await runOk('openssl', ['asn1parse', '-in', path]);
    for (const part of ['PBES2', ':scrypt', 'aes-256-gcm', '020000']) expect(stdout).toContain(part);
  });

  it('one scrypt for many keys of one passphrase, in generating and in opening', async () => {
    const directory = newDirectory();
    const tasks = Array.from({ length: 300 }, (_, index) => ({
      algorithm: 'ed25519' as const,
      label: `k${String(index)}`,
      id: `k${String(index)}`,
    }));
    const keys = await withKeys(directory, (files) => files.generate(tasks));
    const more = await withKeys(directory, (files) =>
      files.generate([{ algorithm: 'ed25519', label: 'later', id: 'later' }]),
    );
    const salts = readdirSync(directory).map((file) => {
      const pem = readFileSync(join(directory, file), 'utf8').replace(/-----.*?-----|\n/g, '');
      return Buffer.from(readEncryptedPrivateKey(Buffer.from(pem, 'base64')).scrypt.salt).toString('hex');
    });
    const nonces = new Set(readdirSync(directory).map((file) => readFileSync(join(directory, file), 'utf8')));
    expect(new Set(salts).size).toBe(1);
    expect(nonces.size).toBe(301);
    const started = performance.now();
    await withKeys(directory, (files) => files.sign([...keys, ...more].map((key) => task(key, 'ed25519'))));
    // One scrypt takes about 0.4 s here; 301 would take two minutes.
    expect(performance.now() - started).toBeLessThan(15_000);
  });

  it('PASSPHRASE-INCORRECT: one clear error before the first signature', async () => {
    const directory = newDirectory();
    const [key] = await withKeys(directory, (keys) =>
      keys.generate([{ algorithm: 'ed25519', label: 'k', id: 'aa' }]),
    );
    const heard: number[] = [];
    const tasks = [task(key as GeneratedKey, 'ed25519')];
    const error = await caught(() =>
      withKeys(directory, (keys) => keys.sign(tasks, (index) => heard.push(index)), Buffer.from('wrong')),
    );
    expect(error).toMatchObject({ check: 'PASSPHRASE-INCORRECT', exit: 6 });
    expect(heard).toEqual([]);
    expect(
      await caught(() => withKeys(directory, (keys) => keys.sign(tasks), Buffer.alloc(0))),
    ).toMatchObject({ check: 'PASSPHRASE-EMPTY' });
  });

  it('a changed file never opens as another key', async () => {
    const directory = newDirectory();
    const [key] = await withKeys(directory, (keys) =>
      keys.generate([{ algorithm: 'ed25519', label: 'k', id: 'aa' }]),
    );
    const path = join(directory, 'aa.pem');
    const der = Buffer.from(readFileSync(path, 'utf8').replace(/-----.*?-----|\n/g, ''), 'base64');
    der[der.length - 20] = (der[der.length - 20] ?? 0) ^ 1;
    writeFileSync(path, writePem('ENCRYPTED PRIVATE KEY', der));
    const tasks = [task(key as GeneratedKey, 'ed25519')];
    expect(await caught(() => withKeys(directory, (keys) => keys.sign(tasks)))).toMatchObject({
      check: 'PASSPHRASE-INCORRECT',
    });
  });

  it('SIGNATURE-KEYFILE: a swapped file does not sign for the pinned key', async () => {
    const directory = newDirectory();
    const [one, two] = await withKeys(directory, (keys) =>
      keys.generate(['aa', 'bb'].map((id) => ({ algorithm: 'ecdsa-p256' as const, label: id, id }))),
    );
    const swapped = { ...(one as GeneratedKey), location: (two as GeneratedKey).location };
    const tasks = [task(swapped, 'ecdsa-sha256')];
    expect(await caught(() => withKeys(directory, (keys) => keys.sign(tasks)))).toMatchObject({
      check: 'SIGNATURE-KEYFILE',
      exit: 3,
    });
  });

  it('M21 goes on with the file that an interrupted run wrote, and never writes over one', async () => {
    const directory = newDirectory();
    const wanted = { algorithm: 'ecdsa-p256' as const, label: 'k', id: 'aa' };
    const [first] = await withKeys(directory, (keys) => keys.generate([wanted]));
    const before = readFileSync(join(directory, 'aa.pem'));
    const [second] = await withKeys(directory, (keys) => keys.generate([wanted]));
    expect(second?.public).toEqual(first?.public);
    expect(readFileSync(join(directory, 'aa.pem'))).toEqual(before);
    expect(
      await caught(() => withKeys(directory, (keys) => keys.generate([{ ...wanted, algorithm: 'ed25519' }]))),
    ).toMatchObject({ check: 'KEY-FILE-EXISTS' });
    const other = takeTask(generateKeyPairSync('ed25519').privateKey, 'aa');
    expect(await caught(() => withKeys(directory, (keys) => keys.take(other)))).toMatchObject({
      check: 'KEY-FILE-EXISTS',
      exit: 3,
    });
    expect(readdirSync(directory)).toEqual(['aa.pem']);
  });

  it('a key that was taken in signs, and taking it in again goes on with its file', async () => {
    const directory = newDirectory();
    const taken = takeTask(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'taken');
    const key = await withKeys(directory, (keys) => keys.take(taken));
    expect(key).toMatchObject({ public: taken.public, grade: 'F' });
    const before = readFileSync(join(directory, 'taken.pem'));
    expect(await withKeys(directory, (keys) => keys.take(taken))).toEqual(key);
    expect(readFileSync(join(directory, 'taken.pem'))).toEqual(before);
    await withKeys(directory, (keys) => keys.sign([task(key, 'ecdsa-sha256')]));
  });

  it('a destroyed key file is overwritten, and gone', async () => {
    const directory = newDirectory();
    const [key] = await withKeys(directory, (keys) =>
      keys.generate([{ algorithm: 'ed25519', label: 'k', id: 'aa' }]),
    );
    linkSync(join(directory, 'aa.pem'), join(directory, 'same-blocks'));
    const before = readFileSync(join(directory, 'same-blocks'));
    const made = pinned(key as GeneratedKey);
    expect(await withKeys(directory, (keys) => keys.destroy(made))).toBe(true);
    expect(await withKeys(directory, (keys) => keys.destroy(made))).toBe(false);
    expect(readdirSync(directory)).toEqual(['same-blocks']);
    const after = readFileSync(join(directory, 'same-blocks'));
    expect(after.length).toBe(before.length);
    expect(after.includes(before.subarray(40, 72))).toBe(false);
  });

  it('KEY-FILE and KEY-FILE-MODE: a file that is gone, or that others can read', async () => {
    const directory = newDirectory();
    const [key] = await withKeys(directory, (keys) =>
      keys.generate([{ algorithm: 'ed25519', label: 'k', id: 'aa' }]),
    );
    const tasks = [task(key as GeneratedKey, 'ed25519')];
    const elsewhere = newDirectory();
    expect(await caught(() => withKeys(elsewhere, (keys) => keys.sign(tasks)))).toMatchObject({
      check: 'KEY-FILE',
      exit: 6,
    });
    chmodSync(join(directory, 'aa.pem'), 0o644);
    expect(await caught(() => withKeys(directory, (keys) => keys.sign(tasks)))).toMatchObject({
      check: 'KEY-FILE-MODE',
      exit: 3,
    });
  });

  it.each(['', '../x', 'a/b', '.hidden', 'A', 'x'.repeat(81)])(
    'KEY-ID refuses the file stem %j',
    async (id) => {
      const wanted = [{ algorithm: 'ed25519' as const, label: 'k', id }];
      expect(await caught(() => withKeys(newDirectory(), (keys) => keys.generate(wanted)))).toMatchObject({
        check: 'KEY-ID',
        exit: 2,
      });
    },
  );
});

describe('KEY-FILE-FORMAT: hostile key files', () => {
  const GOOD = {
    salt: 16,
    n: 2 ** 17,
    r: 8,
    p: 1,
    kdf: '1.3.6.1.4.1.11591.4.11',
    cipher: '2.16.840.1.101.3.4.1.46',
  };
  const keyFile = (change: Partial<typeof GOOD> = {}): Buffer => {
    const { salt, n, r, p, kdf, cipher } = { ...GOOD, ...change };
    const numbers = [n, r, p, 32].map(derNumber);
    const derivation = derSequence(
      derOid(kdf),
      derSequence(derOctetString(Buffer.alloc(salt, 1)), ...numbers),
    );
    const encryption = derSequence(
      derOid(cipher),
      derSequence(derOctetString(Buffer.alloc(12, 2)), derNumber(16)),
    );
    const algorithm = derSequence(derOid('1.2.840.113549.1.5.13'), derSequence(derivation, encryption));
    return derSequence(algorithm, derOctetString(Buffer.alloc(64, 3)));
  };

  it('reads the good one', () => {
    expect(readEncryptedPrivateKey(keyFile()).scrypt).toMatchObject({
      cost: 2 ** 17,
      blockSize: 8,
      parallelization: 1,
    });
  });

  it.each([
    { n: 2 ** 21 },
    { n: 2 ** 13 },
    { n: 2 ** 17 + 1 },
    { n: 0 },
    { r: 0 },
    { r: 17 },
    { n: 2 ** 20, r: 16 },
    { p: 0 },
    { p: 5 },
    { salt: 15 },
    { salt: 65 },
    { kdf: '1.2.840.113549.1.5.12' },
    { cipher: '2.16.840.1.101.3.4.1.42' },
  ])('refuses %j before a byte of memory is spent', async (change) => {
    expect(await caught(() => readEncryptedPrivateKey(keyFile(change)))).toMatchObject({
      check: 'KEY-FILE-FORMAT',
      exit: 3,
    });
  });

  it('property: any bytes, and any good file with a changed byte, are read or refused by a check', () => {
    const good = keyFile();
    const changed = fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, flip]) => {
      const bytes = Buffer.from(good);
      bytes[at] = (bytes[at] as number) ^ flip;
      return bytes;
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), changed), (bytes) => {
        try {
          expect(readEncryptedPrivateKey(bytes).scrypt.cost).toBeLessThanOrEqual(2 ** 20);
        } catch (error) {
          expect(error).toBeInstanceOf(CountersignError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
