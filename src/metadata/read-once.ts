import type { JsonObject } from '../encoding/json.ts';
import type { SignedDocument } from './document.ts';

/** The same reading of documents, done once for what is signed: a snapshot of thousands of roles is asked for each. */
export function readOnce<Value>(
  read: (document: SignedDocument) => Value,
): (document: SignedDocument) => Value {
  const known = new WeakMap<JsonObject, { readonly value: Value }>();
  return (document) => {
    const found = known.get(document.signed) ?? { value: read(document) };
    known.set(document.signed, found);
    return found.value;
  };
}
