import { CountersignError, refused } from '../../errors.ts';
import { canonicalBytes } from '../../encoding/canonical-json.ts';
import { sha256Hex } from '../../encoding/hash.ts';
import { isObject, sameJson, type Json, type JsonObject } from '../../encoding/json.ts';
import { writePem } from '../../encoding/pem.ts';
import { remembered } from '../../encoding/remembered.ts';
import { parseStrictJson } from '../../encoding/strict-json.ts';
import { fromBase64, fromHex, toHex } from '../../encoding/text.ts';
import { readOrOpen } from '../open-key.ts';
import type { MetadataKey } from '../document.ts';
import type { Algorithm, PublicKey } from '../key.ts';
import {
  publicKeyFromEcPoint,
  publicKeyFromEd25519Raw,
  publicKeyFromSpki,
  rawEd25519,
} from '../public-key.ts';
import { canonicalKeyId } from '../station-key-id.ts';

/** How keys sign, as specification 4.2 and securesystemslib name it. */
export const SCHEMES: Readonly<Record<Algorithm, string>> = {
  'ecdsa-p256': 'ecdsa-sha2-nistp256',
  'ecdsa-p384': 'ecdsa-sha2-nistp384',
  ed25519: 'ed25519',
  'rsa-2048': 'rsassa-pss-sha256',
  'rsa-3072': 'rsassa-pss-sha256',
  'rsa-4096': 'rsassa-pss-sha256',
};

/** The key object of a public key, in the one form in which we add keys (specification 4.2). */
export function keyObject(key: PublicKey): JsonObject {
  const text = key.algorithm === 'ed25519' ? toHex(rawEd25519(key)) : writePem('PUBLIC KEY', key.spki);
  const [keytype = ''] = key.algorithm.split('-');
  return { keytype, keyval: { public: text.toString() }, scheme: SCHEMES[key.algorithm] };
}

/** The ID of a key that is added: SHA-256 of the canonical key object (specification 4.2). */
function keyId(object: JsonObject): string {
  return sha256Hex(canonicalBytes(object));
}

/**
 * A key object from the `keys` of a root or of delegations, under the ID that it has there, whatever that is. A key
 * of an unknown kind, and one that is not what it says, is kept without a public key: its presence is legal, and it
 * never verifies anything.
 *
 * @throws METADATA-KEY where it is no key object at all, or carries a private part
 */
export function metadataKey(id: string, object: Json | undefined): MetadataKey {
  if (!isObject(object)) throw refused('METADATA-KEY', 'not a key object', { found: id.slice(0, 80) });
  const known = read.get(object);
  if (known?.id === id) return known;
  const publicKey = publicKeyOf(checkKeyObject(object));
  // An unknown key is told apart by what it holds: its ID may be chosen to look like that of another key.
  const canonicalId = publicKey ? canonicalKeyId(publicKey) : keyId(object);
  const key = { id, canonicalId, public: publicKey };
  read.set(object, key);
  return key;
}

/** One document's keys are asked for at every step; each is read once. */
const read = new WeakMap<JsonObject, MetadataKey>();

/**
 * A key object that stands alone: a fill, or what a change declares.
 *
 * @throws METADATA-KEY unless it is the key object that we would write for its key; JSON-STRICT
 */
export const standaloneKey = remembered((value): { object: JsonObject; key: MetadataKey } => {
  const object = parseStrictJson(value);
  if (!isObject(object)) throw refused('METADATA-KEY', 'not a key object');
  const key = metadataKey(keyId(object), object);
  if (!key.public || !sameJson(keyObject(key.public), object))
    throw refused('METADATA-KEY', 'not a key object as this program writes it', {
      expected: 'ed25519, ecdsa or rsa, with the scheme of its kind, and the public key in hex or PEM',
    });
  return { object, key };
});

interface KeyParts {
  readonly kind: string;
  readonly text: string | null;
}

function checkKeyObject(object: JsonObject): KeyParts {
  const { keytype, scheme, keyval } = object;
  if (typeof keytype !== 'string' || typeof scheme !== 'string' || !isObject(keyval))
    throw refused('METADATA-KEY', 'not a key object of "keytype", "scheme" and "keyval"');
  const { public: text, private: secret } = keyval;
  // Old tools wrote an empty one.
  if (secret !== undefined && secret !== null && secret !== '')
    throw refused('METADATA-KEY', 'a key object carries a private part');
  return { kind: `${keytype} ${scheme}`, text: typeof text === 'string' ? text : null };
}

/** How public keys of each key type and scheme are written, and of what algorithm they then must be. */
const KINDS: ReadonlyMap<string, readonly [RegExp, (text: string) => PublicKey]> = new Map([
  ['ed25519 ed25519', [/^ed25519$/, (text: string) => publicKeyFromEd25519Raw(fromHex(text.toLowerCase()))]],
  ['ecdsa ecdsa-sha2-nistp256', [/^ecdsa-p256$/, ellipticKey('ecdsa-p256')]],
  ['ecdsa ecdsa-sha2-nistp384', [/^ecdsa-p384$/, ellipticKey('ecdsa-p384')]],
  // Key types before specification 1.0.29.
  ['ecdsa-sha2-nistp256 ecdsa-sha2-nistp256', [/^ecdsa-p256$/, ellipticKey('ecdsa-p256')]],
  ['ecdsa-sha2-nistp384 ecdsa-sha2-nistp384', [/^ecdsa-p384$/, ellipticKey('ecdsa-p384')]],
  ['rsa rsassa-pss-sha256', [/^rsa-/, pemKey]],
]);

/** Null for what this program does not verify: legal to list, and never counted. */
function publicKeyOf({ kind, text }: KeyParts): PublicKey | null {
  const [algorithm, reader] = KINDS.get(kind) ?? [];
  if (!algorithm || !reader || text === null) return null;
  try {
    const key = reader(text);
    return algorithm.test(key.algorithm) ? key : null;
  } catch (error) {
    if (error instanceof CountersignError) return null;
    throw error;
  }
}

/** PEM, or, as old Sigstore roots have it, the uncompressed point in hex. */
function ellipticKey(algorithm: 'ecdsa-p256' | 'ecdsa-p384'): (text: string) => PublicKey {
  return (text) =>
    /^[0-9a-fA-F]+$/.test(text) ? publicKeyFromEcPoint(algorithm, fromHex(text.toLowerCase())) : pemKey(text);
}

/** SubjectPublicKeyInfo in PEM, with whatever line ends and white space around it a tool left there. */
function pemKey(text: string): PublicKey {
  const [, base64 = ''] =
    /^\s*-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]*)-----END PUBLIC KEY-----\s*$/.exec(text) ?? [];
  return publicKeyFromSpki(fromBase64(base64.replace(/\s/g, '')));
}

/** A key as an unsigned root lists it. */
export function declaredKey(id: string, object: Json | undefined): MetadataKey {
  return readOrOpen(metadataKey, id, object);
}

/**
 * The keys with one more. One that is there already under that ID stays as it is, with members of others.
 *
 * @throws METADATA-KEY where another key has that ID
 */
export function withKey(keys: JsonObject, { id, object }: { id: string; object: JsonObject }): JsonObject {
  if (!Object.hasOwn(keys, id)) return { ...keys, [id]: object };
  if (declaredKey(id, keys[id]).canonicalId !== declaredKey(id, object).canonicalId)
    throw refused('METADATA-KEY', 'another key is listed under the ID of a new one', { found: id });
  return keys;
}
