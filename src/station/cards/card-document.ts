import type { Environment } from '../../bundle/manifest.ts';
import type { Json } from '../../encoding/json.ts';
import type { Algorithm } from '../../metadata/key.ts';
import type { Side } from '../home/home.ts';

/** A signing key on a card, with the proof that the card's station holds it. */
export interface CardEntry {
  readonly algorithm: Algorithm;
  /** Notary's canonical key ID. */
  readonly keyid: string;
  /** Raw signature by this key over the card without proofs, base64. */
  readonly proof: string;
  /** SubjectPublicKeyInfo, base64. */
  readonly public: string;
  readonly role: string;
}

/** The public part of a station: what it is called, its transport key, and the keys that it signs with. */
export interface Card {
  readonly format: 'countersign-1';
  readonly kind: 'card';
  readonly name: string;
  readonly side: Side;
  readonly environment: Environment;
  /** Raw Ed25519 key, hex. */
  readonly key: string;
  /** By key ID; a station may list none. */
  readonly keys: readonly CardEntry[];
}

/** What each key of a card proves possession over: the card with every `proof` left out (M16). */
export function withoutProofs(
  card: Omit<Card, 'keys'> & { readonly keys: readonly Omit<CardEntry, 'proof'>[] },
): Json {
  const keys = card.keys.map(({ algorithm, keyid, public: spki, role }) => ({
    algorithm,
    keyid,
    public: spki,
    role,
  }));
  return { ...card, keys };
}
