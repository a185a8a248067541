import { CountersignError, refused } from '../../errors.ts';
import { canonicalBytes } from '../../encoding/canonical-json.ts';
import { sha256Hex } from '../../encoding/hash.ts';
import { isObject, type Json, type JsonObject } from '../../encoding/json.ts';
import { remembered } from '../../encoding/remembered.ts';
import { parseStrictJson } from '../../encoding/strict-json.ts';
import { fromBase64, toBase64 } from '../../encoding/text.ts';
import { readOrOpen } from '../open-key.ts';
import type { MetadataKey, Signature } from '../document.ts';
import type { PublicKey, SignatureScheme } from '../key.ts';
import { publicKeyFromEd25519Raw, publicKeyFromSpki } from '../public-key.ts';
import { signatureIsValid } from '../signature.ts';
import { canonicalKeyId } from '../station-key-id.ts';
import { checkRootCertificate, readRootCertificate } from './certificate.ts';

const KINDS = new Set(['ecdsa', 'rsa', 'ed25519', 'ecdsa-x509', 'rsa-x509']);

/** The canonical key object; `private` is always present, as null: it is part of what the ID hashes. */
export function keyObject(keytype: string, publicBytes: Uint8Array): JsonObject {
  return { keytype, keyval: { private: null, public: toBase64(publicBytes) } };
}

/** Key ID: SHA-256 of the canonical key object. */
export function keyId(object: JsonObject): string {
  return sha256Hex(canonicalBytes(object));
}

/** The key object of a root key: its certificate, as PEM. */
export function certificateKeyObject(key: PublicKey, pem: Uint8Array): JsonObject {
  return keyObject(key.algorithm.startsWith('rsa') ? 'rsa-x509' : 'ecdsa-x509', pem);
}

/**
 * A key object from the `keys` of a root or of delegations. A key of an unknown kind is kept without a public
 * key: its mere presence is legal, and it never verifies anything.
 *
 * @throws METADATA-KEY where the ID is not the hash of the content, as every Notary verifier refuses
 */
export function metadataKey(id: string, object: Json | undefined): MetadataKey {
  if (!isObject(object)) return readMetadataKey(id, object);
  const known = read.get(object);
  if (known?.id === id) return known;
  const key = readMetadataKey(id, object);
  read.set(object, key);
  return key;
}

/** One document's keys are asked for at every step; each certificate is read once. */
const read = new WeakMap<JsonObject, MetadataKey>();

function readMetadataKey(id: string, object: Json | undefined): MetadataKey {
  const { keytype, material } = readKeyObject(object);
  const computed = keyId(keyObject(keytype, material));
  if (computed !== id)
    throw refused('METADATA-KEY', 'a key ID is not valid for its key', {
      expected: computed,
      found: id.slice(0, 80),
    });
  return keyOf(id, keytype, material);
}

function keyOf(id: string, keytype: string, material: Uint8Array): MetadataKey {
  const publicKey = publicKeyOf(keytype, material);
  return { id, canonicalId: publicKey ? canonicalKeyId(publicKey) : id, public: publicKey };
}

/** A key object that stands alone: a server's answer or a fill; its member order does not matter. */
export const standaloneKey = remembered((value): { object: JsonObject; key: MetadataKey } => {
  const { keytype, material } = readKeyObject(parseStrictJson(value));
  const object = keyObject(keytype, material);
  const key = keyOf(keyId(object), keytype, material);
  read.set(object, key);
  return { object, key };
});

function readKeyObject(object: Json | undefined): { keytype: string; material: Buffer } {
  const keyval = isObject(object) ? object['keyval'] : undefined;
  const keytype = isObject(object) ? object['keytype'] : undefined;
  if (!isObject(keyval) || typeof keytype !== 'string' || typeof keyval['public'] !== 'string')
    throw refused('METADATA-KEY', 'not a key object');
  if (keyval['private'] !== null && keyval['private'] !== undefined)
    throw refused('METADATA-KEY', 'a key object carries a private part');
  return { keytype, material: fromBase64(keyval['public']) };
}

/** Null for a kind, curve or size that this program does not verify: legal to list, and never counted. */
function publicKeyOf(keytype: string, material: Uint8Array): PublicKey | null {
  const [kind, certified] = keytype.split('-x509');
  if (!KINDS.has(keytype)) return null;
  let key: PublicKey;
  try {
    if (kind === 'ed25519') return publicKeyFromEd25519Raw(material);
    key = certified === undefined ? publicKeyFromSpki(material) : readRootCertificate(material).publicKey;
  } catch (error) {
    if (error instanceof CountersignError && error.check === 'KEY-ALGORITHM') return null;
    throw error;
  }
  if (kind !== key.algorithm.split('-')[0])
    throw refused('METADATA-KEY', 'a key is of another kind than it is declared', {
      expected: keytype,
      found: key.algorithm,
    });
  return key;
}

/** A key as an unsigned root lists it. */
export function declaredKey(id: string, object: Json | undefined): MetadataKey {
  return readOrOpen(metadataKey, id, object);
}

/** Root keys are certificates; one that names another repository, or is not valid now, does not count. */
export function rootKeyIsUsable(object: Json | undefined, repository: string, now: number): boolean {
  const { keytype, material } = readKeyObject(object);
  if (!keytype.endsWith('-x509')) return false;
  try {
    checkRootCertificate(readRootCertificate(material), repository, now);
    return true;
  } catch {
    // The chain's threshold decides; a root that is left without usable keys is refused there.
    return false;
  }
}

const METHODS: Readonly<Record<SignatureScheme, string>> = {
  'ecdsa-sha256': 'ecdsa',
  'ecdsa-sha384': 'ecdsa',
  ed25519: 'eddsa',
  'rsassa-pss-sha256': 'rsapss',
};

/** Notary hashes with SHA-256 whatever the curve. */
export function schemeOf(algorithm: PublicKey['algorithm']): SignatureScheme {
  if (algorithm === 'ed25519') return 'ed25519';
  return algorithm.startsWith('rsa') ? 'rsassa-pss-sha256' : 'ecdsa-sha256';
}

/** A raw signature under the method name of its key's kind; ECDSA stays r||s. */
export function envelopeSignature(keyid: string, key: PublicKey, raw: Uint8Array): Signature {
  return { keyid, method: METHODS[schemeOf(key.algorithm)], value: raw };
}

/** Whether the signature verifies under the key; a method that is not the key's own does not. */
export function signatureVerifies(key: MetadataKey, payload: Uint8Array, signature: Signature): boolean {
  if (!key.public) return false;
  const scheme = schemeOf(key.public.algorithm);
  return (
    signature.method === METHODS[scheme] && signatureIsValid(key.public, scheme, payload, signature.value)
  );
}
