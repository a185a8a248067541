import type { JsonObject } from '../encoding/json.ts';
import type { Dialect } from '../metadata/dialect.ts';
import type { Signature } from '../metadata/document.ts';

/**
 * The file that is published: a function of the payload and the set of verified signatures, whatever order or
 * combination they came in, with the members `outside` that the envelope had before. One signature a key, the smallest where a key gave two; by key ID (M17).
 */
export function finalFile(
  dialect: Dialect,
  payload: Uint8Array,
  signatures: readonly Signature[],
  outside: JsonObject,
): Uint8Array {
  const byKey = new Map<string, Signature>();
  for (const signature of signatures) {
    const other = byKey.get(signature.keyid);
    if (!other || Buffer.compare(signature.value, other.value) < 0) byKey.set(signature.keyid, signature);
  }
  const ordered = [...byKey.values()].sort((a, b) => (a.keyid < b.keyid ? -1 : 1));
  return dialect.write(payload, ordered, outside);
}
