import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { sha256Hex } from '../../encoding/hash.ts';
import { refused } from '../../errors.ts';
import { dialectOf } from '../../metadata/dialects.ts';
import type { SignedDocument } from '../../metadata/document.ts';
import { createDurably } from './durable.ts';
import type { Home } from '../home/home.ts';
import type { StationMarks } from '../ledger/marks.ts';

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
  return marks.pinnedFile ? archivedRoot(home, marks.pinnedFile, repository) : null;
}

/**
 * A root that this station verified and kept, by the SHA-256 of its file.
 *
 * @throws ARCHIVE-DAMAGED if the file is not what the ledger says
 */
export function archivedRoot(
  home: Home,
  digest: string,
  repository: { readonly dialect: string; readonly name: string },
): SignedDocument {
  let file: Buffer;
  try {
    file = readFileSync(archivePath(home, digest));
  } catch (cause) {
    throw damaged(repository.name, digest, cause);
  }
  if (sha256Hex(file) !== digest) throw damaged(repository.name, digest);
  return dialectOf(repository.dialect).parse('root', file);
}

function damaged(where: string, digest: string, cause?: unknown): Error {
  return refused('ARCHIVE-DAMAGED', 'a root that was kept is not in the archive as the ledger says', {
    expected: digest,
    where,
    hint: 'restore the archive folder of the home from its backup',
    cause,
  });
}
