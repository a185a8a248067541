import { createDecipheriv, createHash, pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import { derChildren, derContent, readDer, TAG, type DerValue } from '../../encoding/der.ts';
import { readDerNumber, readDerOid } from '../../encoding/der-values.ts';
import { refused } from '../../errors.ts';

const derive = promisify(pbkdf2);

const PBES2 = '1.2.840.113549.1.5.13';
const PBKDF2 = '1.2.840.113549.1.5.12';
/** HMACs that PBKDF2 names (RFC 8018); Notary leaves it out, which means SHA-1. */
const HASHES: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.2.7', 'sha1'],
  ['1.2.840.113549.2.8', 'sha224'],
  ['1.2.840.113549.2.9', 'sha256'],
  ['1.2.840.113549.2.10', 'sha384'],
  ['1.2.840.113549.2.11', 'sha512'],
]);
const CIPHERS: ReadonlyMap<string, readonly [name: string, keyBytes: number]> = new Map([
  ['2.16.840.1.101.3.4.1.2', ['aes-128-cbc', 16]],
  ['2.16.840.1.101.3.4.1.22', ['aes-192-cbc', 24]],
  ['2.16.840.1.101.3.4.1.42', ['aes-256-cbc', 32]],
  ['1.2.840.113549.3.7', ['des-ede3-cbc', 24]],
]);
const OLD_CIPHERS: ReadonlyMap<string, readonly [name: string, keyBytes: number]> = new Map([
  ['AES-128-CBC', ['aes-128-cbc', 16]],
  ['AES-192-CBC', ['aes-192-cbc', 24]],
  ['AES-256-CBC', ['aes-256-cbc', 32]],
  ['DES-EDE3-CBC', ['des-ede3-cbc', 24]],
]);
/** Two seconds; Notary writes 2,048. */
const MAX_ITERATIONS = 2_000_000;

/**
 * Opens an EncryptedPrivateKeyInfo (RFC 8018, PBES2 with PBKDF2 and CBC) as Notary, Go and OpenSSL write it.
 *
 * @returns the PrivateKeyInfo, to be zeroed by the caller; null if the passphrase is not the one
 * @throws CountersignError ENCODING-DER, KEY-IMPORT (exit 3) for a file that no passphrase opens here
 */
export async function decryptForeignPkcs8(der: Uint8Array, passphrase: Uint8Array): Promise<Buffer | null> {
  const [algorithm, ciphertext] = derChildren(readDer(der), TAG.sequence, 2);
  const [scheme, schemes] = derChildren(algorithm, TAG.sequence, 2);
  if (readDerOid(scheme) !== PBES2) throw unknown(readDerOid(scheme));
  const [derivation, encryption] = derChildren(schemes, TAG.sequence, 2);
  const [kdf, parameters] = derChildren(derivation, TAG.sequence, 2);
  if (readDerOid(kdf) !== PBKDF2) throw unknown(readDerOid(kdf));
  const [cipherOid, iv] = derChildren(encryption, TAG.sequence, 2);
  const cipher = CIPHERS.get(readDerOid(cipherOid));
  if (cipher === undefined) throw unknown(readDerOid(cipherOid));
  const { salt, iterations, hash } = readPbkdf2(parameters);
  const [name, keyBytes] = cipher;
  const key = await derive(passphrase, salt, iterations, keyBytes, hash);
  return decryptCbc(name, key, derContent(iv, TAG.octetString), derContent(ciphertext, TAG.octetString));
}

function readPbkdf2(value: DerValue | undefined): { salt: Buffer; iterations: number; hash: string } {
  const [salt, count, ...optional] = derChildren(value, TAG.sequence);
  const iterations = readDerNumber(count);
  if (iterations < 1 || iterations > MAX_ITERATIONS) throw unknown(`${String(iterations)} iterations`);
  const prf = optional.find(({ tag }) => tag === TAG.sequence);
  const oid = prf === undefined ? '1.2.840.113549.2.7' : readDerOid(derChildren(prf, TAG.sequence)[0]);
  const hash = HASHES.get(oid);
  if (hash === undefined) throw unknown(oid);
  return { salt: derContent(salt, TAG.octetString), iterations, hash };
}

/**
 * Opens a block of the old OpenSSL form: key from MD5 over passphrase and salt (EVP_BytesToKey), CBC.
 *
 * @returns the DER inside, to be zeroed by the caller; null if the passphrase is not the one
 * @throws CountersignError KEY-IMPORT (exit 3) for a cipher that is not known
 */
export function decryptOldPem(
  { cipher, iv }: { readonly cipher: string; readonly iv: Buffer },
  ciphertext: Uint8Array,
  passphrase: Uint8Array,
): Buffer | null {
  const known = OLD_CIPHERS.get(cipher);
  if (known === undefined) throw unknown(cipher);
  const [name, keyBytes] = known;
  let [key, last] = [Buffer.alloc(0), Buffer.alloc(0)];
  while (key.length < keyBytes) {
    last = createHash('md5').update(last).update(passphrase).update(iv.subarray(0, 8)).digest();
    key = Buffer.concat([key, last]);
  }
  return decryptCbc(name, key.subarray(0, keyBytes), iv, ciphertext);
}

/** CBC with PKCS padding tells a wrong key by its padding, but for one in 256; then what is inside is no DER. */
function decryptCbc(name: string, key: Buffer, iv: Uint8Array, ciphertext: Uint8Array): Buffer | null {
  let plain = Buffer.alloc(0);
  try {
    const decipher = createDecipheriv(name, key, iv);
    plain = decipher.update(ciphertext);
    return Buffer.concat([plain, decipher.final()]);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? '';
    if (code === 'ERR_CRYPTO_INVALID_IV') throw unknown('an IV of another length');
    return null;
  } finally {
    plain.fill(0);
    key.fill(0);
  }
}

function unknown(found: string): Error {
  return refused('KEY-IMPORT', 'the key file is encrypted in a way that this program does not open', {
    expected: 'PBES2 with PBKDF2 and AES-CBC, as Notary and OpenSSL write it',
    found,
    hint: 'open it with openssl pkey, and import what that writes',
  });
}
