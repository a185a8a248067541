import { readFileSync } from 'node:fs';
import { readCard, type Card } from './card.ts';
import type { Home } from './home.ts';
import { withCopy } from './incoming.ts';
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
  return withCopy(file, home, false, async ({ path }) => {
    const { card, digest } = await readCard(readFileSync(path));
    checkPairing(home, card, replace);
    await compare(card, digest);
    return pinCard(home, card, digest, replace);
  });
}
