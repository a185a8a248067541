import type { Json, JsonObject } from '../encoding/json.ts';
import { isObject } from '../encoding/json.ts';
import type { MetadataKey } from './document.ts';

/** What the IDs of slots begin with; no signed document may hold such a key. */
export const SLOT = 'slot:';

/** How a key that is not known yet stands in an unsigned document: under its slot's name, as no client reads it. */
export function openKey(slot: string, canonicalId: string | null): { id: string; object: JsonObject } {
  return { id: `${SLOT}${slot}`, object: { key: canonicalId, slot } };
}

/** A key as an unsigned root lists it: as `read` reads it, or a slot, which nobody can verify with. */
export function readOrOpen(
  read: (id: string, object: Json | undefined) => MetadataKey,
  id: string,
  object: Json | undefined,
): MetadataKey {
  if (!id.startsWith(SLOT) || !isObject(object)) return read(id, object);
  const { key } = object;
  return { id, canonicalId: typeof key === 'string' ? key : id, public: null };
}
