import { openBundle, type Bundle } from '../bundle/bundle.ts';
import { identityOf } from '../bundle/seal.ts';
import type { ByteSource } from '../bundle/source.ts';
import { fromHex } from '../encoding/text.ts';
import type { Card } from './cards/card-document.ts';
import { MAX_CARD, readCard } from './cards/card.ts';

/** A card that was read and whose seal verifies; nobody has compared its digest yet. */
export interface LookedCard {
  readonly kind: 'card';
  readonly digest: string;
  readonly card: Card;
  /** Identity of the station whose card it is. */
  readonly sealedBy: string;
}

/** A bundle of any kind, read and its seal verified, whoever sealed it. @throws BUNDLE-*, SEAL-* (exit 3) */
export async function lookAtBundle(source: ByteSource): Promise<Bundle> {
  return openBundle(source, { kinds: ['request', 'response', 'combined'] });
}

/** A card, whosever it is. @throws CARD-*, SEAL-* (exit 3) */
export async function lookAtCard(source: ByteSource): Promise<LookedCard> {
  const { card, digest } = await readCard(source.read(0, Math.min(source.size, MAX_CARD + 1)));
  return { kind: 'card', digest, card, sealedBy: identityOf(fromHex(card.key)) };
}
