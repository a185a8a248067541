import { identityOf } from '../../bundle/seal.ts';
import type { Json, JsonObject } from '../../encoding/json.ts';
import { fromBase64, fromHex, toBase64 } from '../../encoding/text.ts';
import { refused, usage } from '../../errors.ts';
import type { Algorithm } from '../../metadata/key.ts';
import type { Card } from './card-document.ts';
import { keysOfCard, type CardKey } from './card-keys.ts';
import { textOf } from '../ledger/events.ts';
import type { Home, Side } from '../home/home.ts';

/** A station whose card this one has pinned. */
export interface Partner {
  readonly name: string;
  readonly side: Side;
  /** SHA-256 of the raw key, hex. */
  readonly identity: string;
  /** Raw Ed25519 key, hex. */
  readonly key: string;
  /** Digest of the card that was compared. */
  readonly digest: string;
  /** Its signing keys, as that card says and proves. */
  readonly keys: readonly CardKey[];
}

/** Partners of a station, as its ledger says; one that was unpaired or replaced is none. */
export function partners(home: Home): Partner[] {
  const paired = new Map<string, Partner>();
  for (const { event, data } of home.ledger.lines()) {
    if (event !== 'paired' && event !== 'unpaired') continue;
    const name = textOf(data, 'name');
    if (event === 'paired')
      paired.set(name, {
        name,
        side: data['side'] as Side,
        identity: textOf(data, 'identity'),
        key: textOf(data, 'key'),
        digest: textOf(data, 'digest'),
        keys: readKeys(data),
      });
    else paired.delete(name);
  }
  return [...paired.values()];
}

/** Lines that were written before cards carried keys have none. */
function readKeys(data: JsonObject): CardKey[] {
  return ((data['keys'] ?? []) as JsonObject[]).map((key) => ({
    keyid: textOf(key, 'keyid'),
    algorithm: textOf(key, 'algorithm') as Algorithm,
    role: textOf(key, 'role'),
    public: fromBase64(textOf(key, 'public')),
  }));
}

/** Keys in their form for a ledger line or `--json`. */
export function keyDocuments(keys: readonly CardKey[]): JsonObject[] {
  return keys.map(({ keyid, algorithm, role, public: spki }) => ({
    algorithm,
    keyid,
    public: toBase64(spki),
    role,
  }));
}

/**
 * What a bundle's reader asks about the sealing key.
 *
 * @throws SEAL-STRANGER for a key that is not on a pinned card
 */
export function trustPartners(home: Home): (identity: string) => void {
  const known = new Map(partners(home).map((partner) => [partner.identity, partner]));
  return (identity) => {
    if (identity === home.identity)
      throw refused('SEAL-OWN', 'the bundle was sealed by this station itself', {
        found: identity,
        hint: 'it is on its way to the other half, or came back unanswered',
      });
    if (known.has(identity)) return;
    throw refused('SEAL-STRANGER', 'the bundle is sealed by a station that is not paired with this one', {
      expected:
        [...known.values()].map(({ name, identity: one }) => `${name} ${one}`).join(', ') ||
        'no station is paired yet',
      found: identity,
      hint: 'if you know the station: compare its card by words and run station pair',
    });
  };
}

/**
 * Whether a card may be pinned: the same environment, no partner of that name (or the one that it replaces), and
 * not this station itself.
 *
 * @throws PAIR-ENVIRONMENT, PAIR-SELF (exit 3), PAIR-NAME, PAIR-KEY, PAIR-REPLACE (exit 2)
 */
export function checkPairing(home: Home, card: Card, replace: string | null): void {
  if (card.environment !== home.environment)
    throw refused('PAIR-ENVIRONMENT', 'production and rehearsal stations are never paired', {
      expected: home.environment,
      found: card.environment,
    });
  const identity = identityOf(fromHex(card.key, 32));
  if (identity === home.identity)
    throw refused('PAIR-SELF', "this is the station's own card", { found: card.name });
  const known = partners(home);
  if (replace !== null && !known.some(({ name }) => name === replace))
    throw usage('PAIR-REPLACE', 'no partner of that name is to be replaced', { found: replace });
  const same = known.find(({ name }) => name === card.name);
  if (same && same.identity !== identity && replace !== card.name)
    throw usage('PAIR-NAME', 'another station is paired under that name', {
      expected: same.identity,
      found: identity,
      hint: `if its key was replaced: station pair FILE --replace ${card.name}`,
    });
  // Under two names one key would outlive the unpairing of either.
  const alias = known.find((partner) => partner.identity === identity && partner.name !== card.name);
  if (alias && replace !== alias.name)
    throw usage('PAIR-KEY', 'this station is paired already, under another name', {
      expected: alias.name,
      found: card.name,
      hint: `station pair FILE --replace ${alias.name}`,
    });
}

/** Pins a card, the keys on it included, after its digest was compared. */
export function pinCard(home: Home, card: Card, digest: string, replace: string | null): Partner {
  checkPairing(home, card, replace);
  const { name, side, key, environment } = card;
  const pin = { name, side, identity: identityOf(fromHex(key, 32)), key, digest };
  const keys = keysOfCard(card);
  home.ledger.append([
    ...(replace === null ? [] : [{ event: 'unpaired', data: { name: replace } }]),
    { event: 'paired', data: { ...pin, environment, keys: keyDocuments(keys) as Json } },
  ]);
  return { ...pin, keys };
}

/** Forgets a partner: from now on nothing that it sealed is accepted. @throws PAIR-UNKNOWN (exit 2) */
export function unpair(home: Home, name: string): void {
  if (!partners(home).some((partner) => partner.name === name))
    throw usage('PAIR-UNKNOWN', 'no partner of that name', { found: name, hint: 'station show lists them' });
  home.ledger.append([{ event: 'unpaired', data: { name } }]);
}
