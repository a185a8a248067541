import { readFileSync } from 'node:fs';
import { readCard, type Card } from './card.ts';
import type { Home } from './home.ts';
import { takeCopy } from './media.ts';
import { checkPairing, pinCard, type Partner } from './pairing.ts';

/**
 * Reads a card off the stick, has its digest compared, and pins it.
 *
 * @param compare throws unless the people compared the digest
 * @throws CARD-*, SEAL-*, PAIR-*
 */
export async function pairWithCard(
  home: Home,
  file: string,
  replace: string | null,
  compare: (card: Card, digest: string) => Promise<void>,
): Promise<Partner> {
  const copy = takeCopy(file, home);
  const { card, digest } = await readCard(readFileSync(copy.path));
  checkPairing(home, card, replace);
  await compare(card, digest);
  return pinCard(home, card, digest, replace);
}
