import type { Dialect } from './dialect.ts';
import type { SignedDocument } from './document.ts';
import { rootCertificateEnds, type CertificateEnd } from './notary/certificate-ends.ts';

/** When the certificates of a root's keys end; none where the dialect's keys stand bare. */
export function certificateEnds(dialect: Dialect, root: SignedDocument): readonly CertificateEnd[] {
  return dialect.certificates === null ? [] : rootCertificateEnds(root);
}
