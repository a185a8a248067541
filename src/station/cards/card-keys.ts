import { preAuthentication } from '../../bundle/seal.ts';
import { canonicalBytes } from '../../encoding/canonical-json.ts';
import { fromBase64 } from '../../encoding/text.ts';
import { CountersignError, refused } from '../../errors.ts';
import type { Algorithm, PublicKey, SignatureScheme } from '../../metadata/key.ts';
import { publicKeyFromSpki } from '../../metadata/public-key.ts';
import { schemeFor, verifySignature } from '../../metadata/signature.ts';
import { verifyAll } from '../../signer/second-check.ts';
import { withoutProofs, type Card, type CardEntry } from './card-document.ts';
import { canonicalKeyId } from '../../metadata/station-key-id.ts';

/** A signing key of a station, as a card that was compared says. */
export interface CardKey {
  readonly keyid: string;
  readonly algorithm: Algorithm;
  readonly role: string;
  /** SubjectPublicKeyInfo. */
  readonly public: Uint8Array;
}

/** Roles that online stations sign for themselves in folders: whoever reads their cards knows whose word currency is. */
const ONLINE_ROLES: readonly string[] = ['snapshot', 'timestamp'];

/** How a key proves itself on a card: ECDSA with the digest of its curve's size, RSASSA-PSS with SHA-256. */
export function proofScheme(algorithm: Algorithm): SignatureScheme {
  return schemeFor(algorithm, 'curve');
}

/** The bytes that each key of a card signs as its proof: PAE, type of kind card, of the card without proofs. */
export function proofMessage(card: Parameters<typeof withoutProofs>[0]): Buffer {
  return preAuthentication('card', canonicalBytes(withoutProofs(card)));
}

/** The keys of a card as they are pinned. */
export function keysOfCard(card: Card): CardKey[] {
  return card.keys.map(({ keyid, algorithm, role, public: spki }) => ({
    keyid,
    algorithm,
    role,
    public: fromBase64(spki),
  }));
}

/**
 * Every key of a card is what it says, listed once, in order, and proves that the card's station holds it: with
 * node:crypto, and with the second implementation that seals are verified with too.
 *
 * @throws CARD-KEYS, CARD-PROOF
 */
export async function checkCardKeys(card: Card): Promise<void> {
  if (card.keys.length === 0) return;
  for (const { role, keyid } of card.keys)
    if (card.side === 'offline' && ONLINE_ROLES.includes(role))
      throw fault('an offline station lists a key of an online role', role, keyid);
  card.keys.forEach(({ keyid }, at) => {
    const before = card.keys[at - 1]?.keyid;
    if (before !== undefined && before >= keyid)
      throw fault(
        before === keyid ? 'the card lists a key twice' : "the card's keys are not in their order",
        keyid,
      );
  });
  const message = proofMessage(card);
  const tasks = card.keys.map((entry) => {
    const publicKey = publicKeyOf(entry);
    const scheme = proofScheme(entry.algorithm);
    try {
      const signature = fromBase64(entry.proof);
      verifySignature(publicKey, scheme, message, signature);
      return { publicKey, scheme, message, signature };
    } catch (cause) {
      throw unproven(entry.keyid, cause);
    }
  });
  try {
    await verifyAll(tasks);
  } catch (cause) {
    throw unproven(card.keys.map(({ keyid }) => keyid).join(' '), cause);
  }
}

function publicKeyOf({ keyid, algorithm, public: spki }: CardEntry): PublicKey {
  let key: PublicKey;
  try {
    key = publicKeyFromSpki(fromBase64(spki));
  } catch (cause) {
    if (!(cause instanceof CountersignError)) throw cause;
    throw fault('a key on the card is no public key', cause.found ?? cause.message, keyid, cause);
  }
  if (key.algorithm !== algorithm)
    throw fault('a key on the card has another algorithm', key.algorithm, keyid);
  const id = canonicalKeyId(key);
  if (id !== keyid) throw fault('a key on the card has another ID', id, keyid);
  return key;
}

function fault(message: string, found: string, where?: string, cause?: unknown): Error {
  return refused('CARD-KEYS', message, {
    found,
    ...(where === undefined ? {} : { where }),
    hint: 'have the card written again, by station card',
    cause,
  });
}

function unproven(where: string, cause: unknown): Error {
  return refused('CARD-PROOF', 'a key on the card does not prove that the station holds it', {
    expected: 'a signature by the key over the card without proofs',
    where,
    hint: 'somebody lists a key that is not theirs, or the card was changed: do not pair',
    cause,
  });
}
