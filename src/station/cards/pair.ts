import { readFileSync } from 'node:fs';
import { identityOf } from '../../bundle/seal.ts';
import { fromHex } from '../../encoding/text.ts';
import { readCard } from './card.ts';
import type { Card } from './card-document.ts';
import { keysOfCard, type CardKey } from './card-keys.ts';
import type { Home } from '../home/home.ts';
import { withCopy } from '../files/incoming.ts';
import { keyHolders } from '../keys/key-holders.ts';
import { checkPairing, partners, pinCard, type Partner } from './pairing.ts';

/** What a card would change about the keys that this station knows. */
export interface KeyNews {
  /** On the card and not known of this station so far. */
  readonly added: readonly CardKey[];
  /** On its last card and not on this one: they are nobody's from now on. */
  readonly vanished: readonly CardKey[];
  /** Keys of the card that somebody else holds too, and who. */
  readonly shared: readonly { readonly keyid: string; readonly name: string }[];
}

/**
 * Reads a card off the stick, has its digest compared, and pins it with the keys on it. A station that is paired
 * already may bring a new card.
 *
 * @param compare throws unless the people compared the digest
 * @throws CARD-*, SEAL-*, PAIR-*
 */
export async function pairWithCard(
  home: Home,
  file: string,
  replace: string | null,
  compare: (card: Card, digest: string, news: KeyNews) => Promise<void>,
): Promise<Partner> {
  return withCopy(file, home, false, async ({ path }) => {
    const { card, digest } = await readCard(readFileSync(path));
    checkPairing(home, card, replace);
    await compare(card, digest, keyNews(home, card, replace));
    return pinCard(home, card, digest, replace);
  });
}

function keyNews(home: Home, card: Card, replace: string | null): KeyNews {
  const identity = identityOf(fromHex(card.key, 32));
  const known = partners(home).filter((one) => one.identity === identity || one.name === replace);
  const keys = keysOfCard(card);
  const old = known.flatMap((one) => one.keys);
  const has = (list: readonly CardKey[], { keyid }: CardKey): boolean =>
    list.some((key) => key.keyid === keyid);
  const holders = keyHolders(home);
  return {
    added: keys.filter((key) => !has(old, key)),
    vanished: old.filter((key) => !has(keys, key)),
    shared: keys.flatMap(({ keyid }) => {
      const holder = holders.get(keyid);
      if (!holder || known.some((one) => one.identity === holder.identity)) return [];
      return [{ keyid, name: holder.name }];
    }),
  };
}
