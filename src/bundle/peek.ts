import { sha256Hex } from '../encoding/hash.ts';
import { readHeader } from './archive.ts';
import { LIMITS } from './limits.ts';
import type { ByteSource } from './source.ts';

/**
 * Digest of a bundle without opening it: nothing but the manifest is read, and nothing is verified. To compare a
 * file with a digest that came by another way that is enough; to act on it, open it.
 */
export function bundleDigest(source: ByteSource): string {
  const entry = readHeader(source, 0, 'manifest.json');
  return sha256Hex(source.read(entry.offset, Math.min(entry.size, LIMITS.manifest)));
}
