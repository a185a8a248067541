import { decodeSeal, encodeSeal, verifySeal } from '../../bundle/seal.ts';
import { canonicalBytes } from '../../encoding/canonical-json.ts';
import { sha256Hex } from '../../encoding/hash.ts';
import type { Json } from '../../encoding/json.ts';
import { checkShape } from '../../encoding/schema.ts';
import { parseCanonicalJson } from '../../encoding/strict-json.ts';
import { fromHex, toHex } from '../../encoding/text.ts';
import { refused } from '../../errors.ts';
import type { Card, CardEntry } from './card-document.ts';
import { checkCardKeys } from './card-keys.ts';
import type { Home } from '../home/home.ts';

export interface ReadCard {
  readonly card: Card;
  /** SHA-256 of the card document's canonical bytes. */
  readonly digest: string;
}

/** A station's card document with the given keys on it. */
export function cardOf<Key>(
  home: Home,
  keys: readonly Key[],
): Omit<Card, 'keys'> & { readonly keys: readonly Key[] } {
  return {
    format: 'countersign-1',
    kind: 'card',
    name: home.name,
    side: home.side,
    environment: home.environment,
    key: toHex(home.publicKey),
    keys,
  };
}

/**
 * The card of a station, as a file: the card document and its seal.
 *
 * @param keys by key ID, each with its proof
 */
export function writeCard(home: Home, keys: readonly CardEntry[] = []): { file: Uint8Array; digest: string } {
  const card = cardOf(home, keys);
  const body = canonicalBytes(card as unknown as Json);
  const seal = parseCanonicalJson(
    encodeSeal({ publicKey: home.publicKey, signature: home.seal('card', body) }),
  );
  return { file: canonicalBytes({ card: card as unknown as Json, seal }), digest: sha256Hex(body) };
}

/** Largest card file (64 signing keys), bytes. */
export const MAX_CARD = 256 * 1024;

/**
 * Reads a card file: canonical, of the schema, sealed by the key that it names, its signing keys proven.
 *
 * @throws CARD-FORM, CARD-SCHEMA, SEAL-KEY, SEAL-SIGNATURE, CARD-KEYS, CARD-PROOF
 */
export async function readCard(file: Uint8Array): Promise<ReadCard> {
  if (file.length > MAX_CARD)
    throw refused('CARD-FORM', 'the file is too large for a card', { found: `${String(file.length)} bytes` });
  let value: Json;
  try {
    value = parseCanonicalJson(file);
  } catch (cause) {
    throw refused('CARD-FORM', 'the file is not a card', {
      cause,
      hint: 'a card is what station card writes',
    });
  }
  checkShape('card', value);
  const { card, seal } = value as unknown as { card: Card; seal: Json };
  const body = canonicalBytes(card as unknown as Json);
  const decoded = decodeSeal(canonicalBytes(seal));
  if (Buffer.compare(decoded.publicKey, fromHex(card.key, 32)) !== 0)
    throw refused('SEAL-KEY', 'the card is sealed by another key than its own', {
      expected: card.key,
      found: toHex(decoded.publicKey),
    });
  await verifySeal('card', body, decoded);
  await checkCardKeys(card);
  return { card, digest: sha256Hex(body) };
}
