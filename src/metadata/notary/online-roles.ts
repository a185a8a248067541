import { sha256, sha512 } from '../../encoding/hash.ts';
import type { Json, JsonObject } from '../../encoding/json.ts';
import { toBase64 } from '../../encoding/text.ts';

function fileMeta(file: Uint8Array): JsonObject {
  return { hashes: { sha256: toBase64(sha256(file)), sha512: toBase64(sha512(file)) }, length: file.length };
}

/** `signed` of a snapshot over the current files of every role but itself and the timestamp. */
export function newSnapshot(
  files: ReadonlyMap<string, Uint8Array>,
  version: number,
  expires: string,
): JsonObject {
  const meta: Record<string, Json> = {};
  for (const [role, file] of files) meta[role] = fileMeta(file);
  return { _type: 'Snapshot', expires, meta, version };
}

/** `signed` of a timestamp over a snapshot file. */
export function newTimestamp(snapshot: Uint8Array, version: number, expires: string): JsonObject {
  return { _type: 'Timestamp', expires, meta: { snapshot: fileMeta(snapshot) }, version };
}
