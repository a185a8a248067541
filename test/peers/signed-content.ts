import { canonicalBytes } from '../../src/encoding/canonical-json.ts';
import type { JsonObject } from '../../src/encoding/json.ts';
import { valueOfCanonical } from '../../src/encoding/json-text.ts';
import type { Dialect } from '../../src/metadata/dialect.ts';
import type { TargetEntry } from '../../src/metadata/document.ts';
import { readContent, type SignedContent } from '../../src/metadata/signed-content.ts';

/** A targets document, made as one object, as files are read. */
export function contentOf(signed: JsonObject): SignedContent {
  return readContent(canonicalBytes(signed), true);
}

/** Everything that a payload says, as one object. */
export function signedOf(payload: Uint8Array): JsonObject {
  return valueOfCanonical(Buffer.from(payload).toString()) as JsonObject;
}

/** A targets document with other entries, as one object. */
export function withTargets(
  dialect: Dialect,
  signed: JsonObject,
  changed: ReadonlyMap<string, TargetEntry | null>,
  version: number,
  expires: string,
): JsonObject {
  return signedOf(dialect.withTargets(contentOf(signed), changed, version, expires));
}
