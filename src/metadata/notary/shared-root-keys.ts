import type { JsonObject } from '../../encoding/json.ts';
import { fromBase64 } from '../../encoding/text.ts';
import type { SignedDocument } from '../document.ts';
import { readRootCertificate } from './certificate.ts';

/**
 * Root keys whose certificates speak for other repositories too: a common name that ends in `*` is a prefix to every
 * Notary client, so a root of one repository that such a key signed is accepted as that of another (M5).
 */
export function sharedRootKeys(root: SignedDocument): { readonly id: string; readonly name: string }[] {
  const { roles, keys } = root.signed as { roles: { root: { keyids: string[] } }; keys: JsonObject };
  return [...new Set(roles.root.keyids)].flatMap((id) => {
    const { keytype, keyval } = keys[id] as { keytype: string; keyval: { public: string } };
    if (!keytype.endsWith('-x509')) return [];
    const { commonName } = readRootCertificate(fromBase64(keyval.public));
    return commonName.endsWith('*') ? [{ id, name: commonName }] : [];
  });
}
