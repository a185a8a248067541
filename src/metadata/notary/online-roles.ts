import { sha256, sha512 } from '../../encoding/hash.ts';
import type { JsonObject } from '../../encoding/json.ts';
import { toBase64 } from '../../encoding/text.ts';
import type { SignedDocument } from '../document.ts';

function fileMeta({ file }: SignedDocument): JsonObject {
  return { hashes: { sha256: toBase64(sha256(file)), sha512: toBase64(sha512(file)) }, length: file.length };
}

/** `signed` of a snapshot: what the one before lists, with these files in their new versions. */
export function newSnapshot(
  before: SignedDocument | null,
  files: ReadonlyMap<string, SignedDocument>,
  version: number,
  expires: string,
): JsonObject {
  const meta = { ...(before?.signed['meta'] as JsonObject | undefined) };
  for (const [role, document] of files) meta[role] = fileMeta(document);
  return { _type: 'Snapshot', expires, meta, version };
}

/** `signed` of a timestamp over a snapshot. */
export function newTimestamp(
  _before: SignedDocument | null,
  snapshot: SignedDocument,
  version: number,
  expires: string,
): JsonObject {
  return { _type: 'Timestamp', expires, meta: { snapshot: fileMeta(snapshot) }, version };
}
