import { createHash } from 'node:crypto';
import { refused } from '../errors.ts';
import { checkEnd, endOf, readHeader, type ArchiveEntry } from './archive.ts';
import { tooLarge, type Limits } from './limits.ts';
import type { FileEntry } from './manifest.ts';
import type { ByteSource } from './source.ts';

/** Bytes that are hashed at once. */
const PIECE = 1024 * 1024;

/**
 * Walks every entry that the manifest lists, in its order, to the last byte of the file: header, size, padding and
 * SHA-256 of each, and nothing else may be there (R4).
 *
 * @throws BUNDLE-LIMIT, BUNDLE-ENTRY, BUNDLE-HEADER, BUNDLE-PADDING, BUNDLE-CONTENT, BUNDLE-END
 */
export function checkEntries(
  source: ByteSource,
  start: number,
  files: readonly FileEntry[],
  limits: Limits,
): ReadonlyMap<string, ArchiveEntry> {
  if (files.length + 2 > limits.entries)
    throw tooLarge('the number of entries', limits.entries, files.length + 2);
  const entries = new Map<string, ArchiveEntry>();
  let offset = start;
  for (const { name, size, sha256 } of files) {
    if (size > limits.entry) throw tooLarge(name, limits.entry, size);
    const entry = readHeader(source, offset);
    if (entry.name !== name || entry.size !== size)
      throw refused('BUNDLE-ENTRY', 'an entry is not the one that the manifest lists there', {
        expected: `${name}, ${String(size)} bytes`,
        found: `${entry.name}, ${String(entry.size)} bytes`,
        where: `byte ${String(offset)}`,
      });
    offset = endOf(source, entry);
    if (hashOf(source, entry) !== sha256) throw contentFault(name);
    entries.set(name, entry);
  }
  checkEnd(source, offset);
  return entries;
}

/** The refusal BUNDLE-CONTENT. */
export function contentFault(where: string): Error {
  return refused('BUNDLE-CONTENT', "an entry's content is not the one that the manifest lists", {
    where,
    hint: 'the file is damaged, or somebody changed it: take it from its sender again',
  });
}

function hashOf(source: ByteSource, { offset, size }: ArchiveEntry): string {
  const hash = createHash('sha256');
  for (let done = 0; done < size; done += PIECE)
    hash.update(source.read(offset + done, Math.min(PIECE, size - done)));
  return hash.digest('hex');
}
