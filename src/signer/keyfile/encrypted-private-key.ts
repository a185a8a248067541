import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { derChildren, derContent, readDer, TAG } from '../../encoding/der.ts';
import {
  derNumber,
  derOctetString,
  derOid,
  derSequence,
  readDerNumber,
  readDerOid,
} from '../../encoding/der-values.ts';
import { refused } from '../../errors.ts';

/** What turns a passphrase into a key: scrypt (RFC 7914). */
export interface ScryptParameters {
  readonly salt: Uint8Array;
  /** Cost N, a power of two; memory is 128 * N * r bytes. */
  readonly cost: number;
  readonly blockSize: number;
  readonly parallelization: number;
}

/** An EncryptedPrivateKeyInfo (PKCS#8, RFC 5958) taken apart. */
export interface EncryptedPrivateKey {
  readonly scrypt: ScryptParameters;
  readonly nonce: Uint8Array;
  /** AES-256-GCM, the tag of 16 bytes at the end. */
  readonly ciphertext: Uint8Array;
}

const OID = {
  pbes2: '1.2.840.113549.1.5.13',
  scrypt: '1.3.6.1.4.1.11591.4.11',
  aes256Gcm: '2.16.840.1.101.3.4.1.46',
} as const;
const KEY = 32;
const NONCE = 12;
const TAG_BYTES = 16;
const MAX_MEMORY = 1024 * 1024 * 1024;

/**
 * Encrypts a PrivateKeyInfo: PBES2 (RFC 8018) with scrypt (RFC 7914) and AES-256-GCM (RFC 5084). GCM, because a
 * changed file must not decrypt to another key, and because no OpenSSL reads scrypt of this cost in any mode.
 *
 * @param key what scrypt made of the passphrase under exactly these parameters
 */
export function encryptPrivateKey(
  privateKeyInfo: Uint8Array,
  key: Uint8Array,
  scrypt: ScryptParameters,
): Buffer {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const ciphertext = Buffer.concat([cipher.update(privateKeyInfo), cipher.final(), cipher.getAuthTag()]);
  const derivation = derSequence(
    derOid(OID.scrypt),
    derSequence(
      derOctetString(scrypt.salt),
      derNumber(scrypt.cost),
      derNumber(scrypt.blockSize),
      derNumber(scrypt.parallelization),
      derNumber(KEY),
    ),
  );
  const encryption = derSequence(
    derOid(OID.aes256Gcm),
    derSequence(derOctetString(nonce), derNumber(TAG_BYTES)),
  );
  const algorithm = derSequence(derOid(OID.pbes2), derSequence(derivation, encryption));
  return derSequence(algorithm, derOctetString(ciphertext));
}

/**
 * Reads an EncryptedPrivateKeyInfo of {@link encryptPrivateKey}'s kind. The bounds keep a hostile file from taking
 * more than 1 GiB and some seconds.
 *
 * @throws CountersignError ENCODING-DER, KEY-FILE-FORMAT (exit 3)
 */
export function readEncryptedPrivateKey(bytes: Uint8Array): EncryptedPrivateKey {
  const [algorithm, ciphertext] = derChildren(readDer(bytes), TAG.sequence, 2);
  const [pbes2, schemes] = derChildren(algorithm, TAG.sequence, 2);
  const [derivation, encryption] = derChildren(schemes, TAG.sequence, 2);
  const [kdf, kdfParameters] = derChildren(derivation, TAG.sequence, 2);
  const [cipher, cipherParameters] = derChildren(encryption, TAG.sequence, 2);
  expectOid(readDerOid(pbes2), OID.pbes2, 'PBES2');
  expectOid(readDerOid(kdf), OID.scrypt, 'scrypt');
  expectOid(readDerOid(cipher), OID.aes256Gcm, 'AES-256-GCM');
  const [salt, cost, blockSize, parallelization, keyLength] = derChildren(kdfParameters, TAG.sequence, 5);
  const [nonce, tagLength] = derChildren(cipherParameters, TAG.sequence, 2);
  const key = {
    scrypt: {
      salt: derContent(salt, TAG.octetString),
      cost: readDerNumber(cost),
      blockSize: readDerNumber(blockSize),
      parallelization: readDerNumber(parallelization),
    },
    nonce: derContent(nonce, TAG.octetString),
    ciphertext: derContent(ciphertext, TAG.octetString),
  };
  checkBounds(key.scrypt);
  if (
    readDerNumber(keyLength) !== KEY ||
    readDerNumber(tagLength) !== TAG_BYTES ||
    key.nonce.length !== NONCE
  )
    throw format('a key of 32, a nonce of 12 and a tag of 16 bytes');
  if (key.ciphertext.length <= TAG_BYTES) throw format('an encrypted private key');
  return key;
}

/** The PrivateKeyInfo, to be zeroed by the caller; null if the key is not the one it was encrypted under. */
export function decryptPrivateKey(encrypted: EncryptedPrivateKey, key: Uint8Array): Buffer | null {
  const end = encrypted.ciphertext.length - TAG_BYTES;
  const decipher = createDecipheriv('aes-256-gcm', key, encrypted.nonce);
  decipher.setAuthTag(encrypted.ciphertext.subarray(end));
  const plain = decipher.update(encrypted.ciphertext.subarray(0, end));
  try {
    decipher.final();
    return plain;
  } catch {
    plain.fill(0);
    return null;
  }
}

function checkBounds({ salt, cost, blockSize, parallelization }: ScryptParameters): void {
  const powerOfTwo = cost >= 2 ** 14 && cost <= 2 ** 20 && (cost & (cost - 1)) === 0;
  const small = blockSize >= 1 && blockSize <= 16 && parallelization >= 1 && parallelization <= 4;
  if (!powerOfTwo || !small || 128 * cost * blockSize > MAX_MEMORY || salt.length < 16 || salt.length > 64)
    throw format(
      'scrypt with N from 2^14 to 2^20, r up to 16, p up to 4, at most 1 GiB, a salt of 16 to 64 bytes',
    );
}

function expectOid(found: string, expected: string, name: string): void {
  if (found !== expected) throw format(name, found);
}

function format(expected: string, found?: string): Error {
  return refused('KEY-FILE-FORMAT', 'not a key file of this program', {
    expected,
    ...(found === undefined ? {} : { found }),
    hint: 'keys of other programs are taken in by countersign key import',
  });
}
