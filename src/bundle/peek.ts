import { sha256Hex } from '../encoding/hash.ts';
import { OPEN_OBJECT } from '../encoding/json-bytes.ts';
import { refused } from '../errors.ts';
import { checkBlocks, endOf, readHeader } from './archive.ts';
import { LIMITS, tooLarge } from './limits.ts';
import type { Kind } from './manifest.ts';
import type { ByteSource } from './source.ts';

/**
 * Digest of a bundle without opening it: nothing but the manifest is read, and nothing is verified. To compare a
 * file with a digest that came by another way that is enough; to act on it, open it.
 *
 * @throws BUNDLE-SIZE, BUNDLE-HEADER, BUNDLE-FIRST, BUNDLE-LIMIT, BUNDLE-END
 */
export function bundleDigest(source: ByteSource): string {
  return sha256Hex(manifestBytes(source));
}

/**
 * What a file says that it is: to be shown beside a digest, never acted on.
 *
 * @throws as {@link bundleDigest}; BUNDLE-MANIFEST, BUNDLE-KIND
 */
export function kindOfFile(source: ByteSource): Kind | 'card' {
  // A card is a JSON object; a bundle begins with the name of its manifest.
  if (source.size > 0 && source.read(0, 1)[0] === OPEN_OBJECT) return 'card';
  let manifest: unknown;
  try {
    manifest = JSON.parse(Buffer.from(manifestBytes(source)).toString('utf8'));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw refused('BUNDLE-MANIFEST', 'the manifest is not canonical JSON', { cause });
  }
  const kind = (manifest as { kind?: unknown } | null)?.kind;
  if (kind === 'request' || kind === 'response' || kind === 'combined') return kind;
  throw refused('BUNDLE-KIND', 'the manifest is of no known kind', {
    expected: 'request, response or combined',
  });
}

function manifestBytes(source: ByteSource): Uint8Array {
  checkBlocks(source);
  const entry = readHeader(source, 0);
  if (entry.name !== 'manifest.json')
    throw refused('BUNDLE-FIRST', 'the first entry is not the manifest', { found: entry.name });
  if (entry.size > LIMITS.manifest) throw tooLarge('the manifest', LIMITS.manifest, entry.size);
  endOf(source, entry);
  return source.read(entry.offset, entry.size);
}
