import { statSync } from 'node:fs';
import type { Bundle } from '../bundle/bundle.ts';
import type { Kind } from '../bundle/manifest.ts';
import { bundleDigest, kindOfFile } from '../bundle/peek.ts';
import type { ByteSource } from '../bundle/source.ts';
import { OPEN_OBJECT } from '../encoding/json-bytes.ts';
import { refused } from '../errors.ts';
import { fileSource } from './files/file-source.ts';
import type { LookedCard } from './look-inside.ts';

export type { LookedCard };

/**
 * Opens any bundle or card without a station: its form, its contents and its seal are checked, whose seal it is
 * is not.
 *
 * @throws BUNDLE-*, SEAL-*, CARD-*, MEDIA-KIND (exit 3)
 */
export async function look(file: string): Promise<Bundle | LookedCard> {
  const source = sourceOf(file);
  const { lookAtBundle, lookAtCard } = await import('./look-inside.ts');
  return isCard(source) ? lookAtCard(source) : lookAtBundle(source);
}

/**
 * Digest of a bundle or card. Of a bundle nothing but the manifest is read, and nothing verified: enough to compare
 * a file with what came by another way.
 *
 * @throws BUNDLE-HEADER, CARD-*, SEAL-*, MEDIA-KIND (exit 3)
 */
export async function digestOf(
  file: string,
): Promise<{ readonly kind: Kind | 'card'; readonly digest: string }> {
  const source = sourceOf(file);
  if (!isCard(source)) return { kind: kindOfFile(source), digest: bundleDigest(source) };
  const { lookAtCard } = await import('./look-inside.ts');
  const { kind, digest } = await lookAtCard(source);
  return { kind, digest };
}

function sourceOf(file: string): ByteSource {
  if (!statSync(file).isFile())
    throw refused('MEDIA-KIND', 'not a regular file', { where: file, hint: 'name a bundle or a card' });
  return fileSource(file);
}

/** A card is a JSON object; a bundle begins with the name of its manifest. */
function isCard(source: ByteSource): boolean {
  return source.size > 0 && source.read(0, 1)[0] === OPEN_OBJECT;
}
