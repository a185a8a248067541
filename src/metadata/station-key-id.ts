import { canonicalBytes } from '../encoding/canonical-json.ts';
import { sha256Hex } from '../encoding/hash.ts';
import type { JsonObject } from '../encoding/json.ts';
import { toBase64 } from '../encoding/text.ts';
import type { PublicKey } from './key.ts';
import { rawEd25519 } from './public-key.ts';

/**
 * The key object of a bare public key as Notary writes it; `private` is always present, as null: it is part of what
 * the ID hashes.
 */
export function bareKeyObject(key: PublicKey): JsonObject {
  const [keytype = ''] = key.algorithm.split('-');
  const bytes = keytype === 'ed25519' ? rawEd25519(key) : key.spki;
  return { keytype, keyval: { private: null, public: toBase64(bytes) } };
}

/**
 * The ID by which stations know a public key, whatever dialect lists it and under whatever ID: the one that Notary
 * calls canonical, since it names private key files and signers there.
 */
export function canonicalKeyId(key: PublicKey): string {
  return sha256Hex(canonicalBytes(bareKeyObject(key)));
}
