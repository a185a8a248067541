import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { sha256Hex } from '../encoding/hash.ts';
import { refused } from '../errors.ts';
import { dialectOf } from '../metadata/dialects.ts';
import type { SignedDocument } from '../metadata/document.ts';
import { createDurably } from './durable.ts';
import type { Home } from './home.ts';
import type { StationMarks } from './marks.ts';

/** Files that the station keeps for good, each under its SHA-256: pinned roots first of all. */
export function archive(home: Home, file: Uint8Array): string {
  const digest = sha256Hex(file);
  createDurably(archivePath(home, digest), file);
  return digest;
}

function archivePath(home: Home, digest: string): string {
  return join(home.dir, 'archive', digest);
}

/**
 * The root that this station pinned for a repository, read back by its SHA-256; null at first contact.
 *
 * @throws ARCHIVE-DAMAGED if the file is not what the ledger says
 */
export function pinnedRoot(
  home: Home,
  marks: StationMarks,
  repository: { readonly dialect: string; readonly name: string },
): SignedDocument | null {
  if (!marks.pinnedFile) return null;
  let file: Buffer;
  try {
    file = readFileSync(archivePath(home, marks.pinnedFile));
  } catch (cause) {
    throw damaged(repository.name, marks.pinnedFile, cause);
  }
  if (sha256Hex(file) !== marks.pinnedFile) throw damaged(repository.name, marks.pinnedFile);
  return dialectOf(repository.dialect).parse('root', file);
}

function damaged(where: string, digest: string, cause?: unknown): Error {
  return refused('ARCHIVE-DAMAGED', 'the pinned root is not in the archive as the ledger says', {
    expected: digest,
    where,
    hint: 'restore the archive folder of the home from its backup',
    cause,
  });
}
