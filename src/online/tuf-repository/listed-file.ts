import { createHash } from 'node:crypto';
import { unavailable } from '../../errors.ts';
import type { ListedFile } from '../../metadata/document.ts';
import { LIMITS } from '../repositories/store.ts';
import { fileName, looksVersioned } from './file-name.ts';
import { viewOf } from './metadata-view.ts';

/** Digests that are computed here; others that a file is listed with are passed over, but not the last one left. */
const ALGORITHMS = ['sha256', 'sha512'] as const;

/** Reads a metadata file of at most so many bytes by its name; null if there is none. */
export type ReadFile = (name: string, limit: number) => Promise<Uint8Array | null>;

/** In what way bytes are not those that are listed, or null. The length is a cap. */
export function differenceFrom(
  { length, hashes }: ListedFile,
  bytes: Uint8Array,
): { readonly expected: string; readonly found: string } | null {
  if (length !== null && bytes.length > length)
    return { expected: `at most ${String(length)} bytes`, found: `${String(bytes.length)} bytes` };
  const algorithms = ALGORITHMS.filter((algorithm) => hashes[algorithm] !== undefined);
  if (algorithms.length === 0 && Object.keys(hashes).length > 0)
    return { expected: 'SHA-256 or SHA-512', found: Object.keys(hashes).join(', ').slice(0, 300) };
  for (const algorithm of algorithms) {
    const found = createHash(algorithm).update(bytes).digest('hex');
    if (found !== hashes[algorithm]) return { expected: String(hashes[algorithm]), found };
  }
  return null;
}

/**
 * The file of a role as a snapshot or timestamp lists it. In a repository without consistent snapshots `ROLE.json` may
 * be newer than the list that led to it; the folder store keeps each version under its own name too, so that a reader
 * who is on the way through the older state finds what belongs to it.
 *
 * @throws CountersignError AREA-HASH, and what `read` throws (exit 6)
 */
export async function readListed(
  read: ReadFile,
  role: string,
  listed: ListedFile,
  consistent: boolean,
  area: { readonly name: 'DIRECTORY' | 'SERVER'; readonly where: string },
): Promise<Uint8Array | null> {
  const limit = Math.min(listed.length ?? LIMITS.file, LIMITS.file);
  const readAs = async (name: string): Promise<Uint8Array | null> => {
    const bytes = await read(name, limit);
    const difference = bytes === null ? null : differenceFrom(listed, bytes);
    if (difference !== null)
      throw unavailable(`${area.name}-HASH`, 'a file holds other bytes than are listed', {
        ...difference,
        where: `${name} of ${area.where}`,
        hint: 'somebody may be publishing: run the command again',
      });
    return bytes;
  };
  if (listed.version === null) return readAs(fileName(role));
  const versioned = fileName(role, listed.version);
  if (consistent) return readAs(versioned);
  const [plain] = await Promise.allSettled([readAs(fileName(role))]);
  if (plain.status === 'fulfilled' && plain.value !== null && isVersion(role, plain.value, listed.version))
    return plain.value;
  // only the version of this very role: "1.root.json" is also the plain name of a role "1.root"
  const [other] = looksVersioned(role) ? [] : await Promise.allSettled([readAs(versioned)]);
  if (other?.status === 'fulfilled' && other.value !== null) return other.value;
  if (plain.status === 'rejected') throw plain.reason;
  return plain.value;
}

function isVersion(role: string, bytes: Uint8Array, version: number): boolean {
  try {
    return viewOf(role, bytes).version === version;
  } catch {
    return false;
  }
}
