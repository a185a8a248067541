import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { derChildren, derContent, readDer, TAG } from '../../encoding/der.ts';
import { derNumber, derOctetString, derOid, derSequence, readDerOid } from '../../encoding/der-values.ts';
import { CountersignError, refused, unavailable } from '../../errors.ts';
import type { PublicKey } from '../../metadata/key.ts';
import { publicKeyFromSpki } from '../../metadata/public-key.ts';
import { decryptPrivateKey, readEncryptedPrivateKey } from './encrypted-private-key.ts';
import { decryptForeignPkcs8, decryptOldPem } from './foreign-decryption.ts';
import type { ForeignBlock } from './foreign-pem.ts';
import { PassphraseKeys } from './passphrase-keys.ts';

/** A private key out of a file of another program. */
export interface ForeignKey {
  /** PKCS#8 PrivateKeyInfo, DER; to be zeroed by whoever takes it. */
  readonly privateKeyInfo: Buffer;
  readonly public: PublicKey;
}

const ED25519 = '1.3.101.112';
/** What Notary calls Ed25519 in PKCS#8. */
const NOTARY_ED25519 = '1.3.6.1.4.1.11591.15.1';
const OWN_SCRYPT = '1.3.6.1.4.1.11591.4.11';

/** Whether a passphrase is needed to open the block. */
export function isEncrypted({ label, dek }: ForeignBlock): boolean {
  return label === 'ENCRYPTED PRIVATE KEY' || dek !== null;
}

/**
 * Opens a private key as Notary, Docker, OpenSSL and this program write it: PKCS#8 plain or encrypted, SEC1, PKCS#1,
 * and Notary's two forms of Ed25519.
 *
 * @throws CountersignError KEY-IMPORT, KEY-ALGORITHM, KEY-WEAK (exit 3), PASSPHRASE-INCORRECT (exit 6)
 */
export async function openForeignKey(
  block: ForeignBlock,
  passphrase: Uint8Array | null,
): Promise<ForeignKey> {
  const plain = await decrypted(block, passphrase);
  try {
    const key = readPrivateKey(block.label, plain);
    return {
      privateKeyInfo: key.export({ format: 'der', type: 'pkcs8' }),
      public: publicKeyFromSpki(createPublicKey(key).export({ format: 'der', type: 'spki' })),
    };
  } finally {
    plain.fill(0);
  }
}

/** What is in the block; a copy, so that it can be opened again with another passphrase. */
async function decrypted(block: ForeignBlock, passphrase: Uint8Array | null): Promise<Buffer> {
  if (!isEncrypted(block)) return Buffer.from(block.der);
  if (passphrase === null)
    throw unavailable('PASSPHRASE-INCORRECT', 'the key file is encrypted and there is no passphrase for it');
  const plain =
    block.dek !== null
      ? decryptOldPem(block.dek, block.der, passphrase)
      : await decryptPkcs8(block.der, passphrase);
  if (plain !== null && looksWhole(block.label, plain)) return plain;
  plain?.fill(0);
  throw unavailable('PASSPHRASE-INCORRECT', 'the passphrase does not open the key file', {
    hint: 'check which passphrase belongs to this key; a damaged file looks the same',
  });
}

async function decryptPkcs8(der: Uint8Array, passphrase: Uint8Array): Promise<Buffer | null> {
  try {
    if (!isOwnForm(der)) return await decryptForeignPkcs8(der, passphrase);
    const encrypted = readEncryptedPrivateKey(der);
    const keys = new PassphraseKeys(passphrase);
    try {
      return decryptPrivateKey(encrypted, await keys.key(encrypted.scrypt));
    } finally {
      await keys.wipe();
    }
  } catch (cause) {
    throw asImport(cause);
  }
}

/** A key file of another home of this program. */
function isOwnForm(der: Uint8Array): boolean {
  const [algorithm] = derChildren(readDer(der), TAG.sequence, 2);
  const [, schemes] = derChildren(algorithm, TAG.sequence, 2);
  const [derivation] = schemes?.tag === TAG.sequence ? derChildren(schemes, TAG.sequence) : [];
  const [kdf] = derivation?.tag === TAG.sequence ? derChildren(derivation, TAG.sequence) : [];
  return kdf?.tag === TAG.oid && readDerOid(kdf) === OWN_SCRYPT;
}

/** One wrong passphrase in 256 leaves a sound padding, and noise in front of it. */
function looksWhole(label: string, plain: Uint8Array): boolean {
  if (label === 'ED25519 PRIVATE KEY') return plain.length === NOTARY_BYTES;
  try {
    derChildren(readDer(plain), TAG.sequence);
    return true;
  } catch {
    return false;
  }
}

function readPrivateKey(label: string, der: Buffer): KeyObject {
  try {
    if (label === 'EC PRIVATE KEY') return createPrivateKey({ key: der, format: 'der', type: 'sec1' });
    if (label === 'RSA PRIVATE KEY') return createPrivateKey({ key: der, format: 'der', type: 'pkcs1' });
    if (label === 'ED25519 PRIVATE KEY') return ed25519(der);
    if (label !== 'PRIVATE KEY' && label !== 'ENCRYPTED PRIVATE KEY') throw new TypeError(label);
    return notaryEd25519(der) ?? createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  } catch (cause) {
    throw asImport(cause);
  }
}

/** Public key, then seed and public key again. */
const NOTARY_BYTES = 96;

function ed25519(bytes: Buffer): KeyObject {
  if (bytes.length !== NOTARY_BYTES) throw new TypeError('not 96 bytes');
  const [stated, seed, again] = [bytes.subarray(0, 32), bytes.subarray(32, 64), bytes.subarray(64)];
  const info = derSequence(derNumber(0), derSequence(derOid(ED25519)), derOctetString(derOctetString(seed)));
  const key = createPrivateKey({ key: info, format: 'der', type: 'pkcs8' });
  info.fill(0);
  const made = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);
  if (!made.equals(stated) || !made.equals(again)) throw new TypeError('another public key');
  return key;
}

/** A PrivateKeyInfo with Notary's own name of Ed25519; null for any other. */
function notaryEd25519(der: Buffer): KeyObject | null {
  const [, algorithm, content] = derChildren(readDer(der), TAG.sequence);
  const [oid] = derChildren(algorithm, TAG.sequence);
  if (oid?.tag !== TAG.oid || readDerOid(oid) !== NOTARY_ED25519) return null;
  return ed25519(derContent(content, TAG.octetString));
}

/** Whatever a parser says of a key file is one fact to its owner. */
function asImport(cause: unknown): Error {
  if (cause instanceof CountersignError && cause.check === 'KEY-IMPORT') return cause;
  return refused('KEY-IMPORT', 'not a private key that can be read, or a damaged one', { cause });
}
