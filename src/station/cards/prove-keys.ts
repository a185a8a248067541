import { toBase64 } from '../../encoding/text.ts';
import { usage } from '../../errors.ts';
import type { SigningKey } from '../../signer/signer.ts';
import { cardOf, writeCard } from './card.ts';
import type { CardEntry } from './card-document.ts';
import { proofMessage, proofScheme } from './card-keys.ts';
import type { Home } from '../home/home.ts';
import { foldKeys, keyById } from '../keys/key-registry.ts';
import { placeOf, Signers, type OpenSigner } from '../keys/signers.ts';

/** Signing keys that a card may list. */
const MAX_KEYS = 64;

/**
 * The keys that a station's card lists: all that sign for roles of its own, or those that are named, by key ID.
 *
 * @throws KEY-UNKNOWN, CARD-KEYS (exit 2)
 */
export function keysForCard(home: Home, named: readonly string[]): SigningKey[] {
  const registry = foldKeys(home.ledger.lines());
  const chosen =
    named.length > 0 ? new Set(named.map((text) => keyById(registry, text))) : registry.keys.values();
  const keys = [...chosen];
  if (keys.length > MAX_KEYS)
    throw usage('CARD-KEYS', 'the station holds more keys than a card lists', {
      expected: `at most ${String(MAX_KEYS)}`,
      found: String(keys.length),
      hint: 'name those that other stations must know, with --key ID for each',
    });
  return keys.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/**
 * Writes the card with keys on it: each signs the card without proofs, which is verified twice and recorded before
 * the card exists (R11, R13).
 *
 * @throws TOKEN-*, PIN-*, PASSPHRASE-* (exit 6), SIGNATURE-* (exit 3)
 */
export async function writeProvenCard(
  home: Home,
  keys: readonly SigningKey[],
  open: OpenSigner,
): Promise<{ file: Uint8Array; digest: string }> {
  const entries = keys.map(({ id, public: { algorithm, spki }, role }) => ({
    algorithm,
    keyid: id,
    public: toBase64(spki),
    role,
  }));
  const message = proofMessage(cardOf(home, entries));
  const tasks = keys.map((key) => ({ key, scheme: proofScheme(key.public.algorithm), message }));
  const signers = new Signers(open);
  try {
    await signers.prepare(keys.map(placeOf));
    const proofs = await signers.sign(tasks);
    const proven = entries.map((entry, at): CardEntry => ({
      ...entry,
      proof: toBase64(proofs[at] as Uint8Array),
    }));
    const card = writeCard(home, proven);
    home.ledger.append([{ event: 'card', data: { digest: card.digest, keys: keys.map(({ id }) => id) } }]);
    return card;
  } finally {
    await signers.close();
  }
}
