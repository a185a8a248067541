import { fromBase64 } from '../../encoding/text.ts';
import type { JsonObject } from '../../encoding/json.ts';
import type { CertificateEnd } from '../dialect.ts';
import type { SignedDocument } from '../document.ts';
import { readRootCertificate } from './certificate.ts';

/** When the certificates of a root's own keys end, a key with intermediates with the first of them. */
export function rootCertificateEnds(root: SignedDocument): CertificateEnd[] {
  const { roles, keys } = root.signed as { roles: { root: { keyids: string[] } }; keys: JsonObject };
  return [...new Set(roles.root.keyids)].flatMap((keyid) => {
    const { keytype, keyval } = keys[keyid] as { keytype: string; keyval: { public: string } };
    if (!keytype.endsWith('-x509')) return [];
    const { notAfter, intermediates } = readRootCertificate(fromBase64(keyval.public));
    const ends = [notAfter, ...intermediates.map((certificate) => certificate.notAfter)];
    return [{ keyid, notAfter: Math.min(...ends) * 1000 }];
  });
}
