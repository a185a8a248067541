import { readBoolean, readUlong } from './attribute.ts';
import { CKA } from './constants.ts';
import { CryptokiError } from './cryptoki-error.ts';
import type { Cryptoki, Handle } from './cryptoki.ts';
import type { KeyClaims } from './protocol.ts';

const CLAIMS = {
  CKA_TOKEN: CKA.token,
  CKA_PRIVATE: CKA.private,
  CKA_SENSITIVE: CKA.sensitive,
  CKA_ALWAYS_SENSITIVE: CKA.alwaysSensitive,
  CKA_EXTRACTABLE: CKA.extractable,
  CKA_NEVER_EXTRACTABLE: CKA.neverExtractable,
  CKA_LOCAL: CKA.local,
  CKA_MODIFIABLE: CKA.modifiable,
  CKA_COPYABLE: CKA.copyable,
  CKA_ALWAYS_AUTHENTICATE: CKA.alwaysAuthenticate,
} as const;

/** What the module claims of a private key. */
export function readClaims(cryptoki: Cryptoki, session: Handle, key: Handle): KeyClaims {
  const types = [...Object.values(CLAIMS), CKA.keyGenMechanism];
  const told = cryptoki.attributes(session, key, types);
  const attributes = Object.keys(CLAIMS).map((name, at) => [name, readBoolean(told[at] ?? null)] as const);
  return {
    attributes: Object.fromEntries(attributes),
    keyGenMechanism: readUlong(told.at(-1) ?? null),
    valueReadable: [CKA.value, CKA.privateExponent].some((type) => readable(cryptoki, session, key, type)),
  };
}

/** Whether the module hands out an attribute that no module should. */
function readable(cryptoki: Cryptoki, session: Handle, key: Handle, type: number): boolean {
  try {
    const value = cryptoki.attribute(session, key, type);
    value?.fill(0);
    return value !== null && value.length > 0;
  } catch (error) {
    if (error instanceof CryptokiError) return false;
    throw error;
  }
}
