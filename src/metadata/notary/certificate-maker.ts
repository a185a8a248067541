import { canonicalBytes } from '../../encoding/canonical-json.ts';
import type { CertificateMaker } from '../dialect.ts';
import { certificateKeyObject, schemeOf } from './keys.ts';
import { assembleCertificate, certificatePem, rootCertificateTbs } from './new-certificate.ts';

/** Root keys stand in Notary's metadata as certificates: the token signs the TBSCertificate, nothing else. */
export const certificateMaker: CertificateMaker = {
  message: ({ repository, key, issuer, serial, notBefore, notAfter }) =>
    rootCertificateTbs({
      publicKey: key,
      issuerKeyScheme: schemeOf(issuer.algorithm),
      commonName: repository,
      serial,
      notBefore,
      notAfter,
    }),
  scheme: (issuer) => schemeOf(issuer.algorithm),
  value: ({ key, issuer }, message, signature) => {
    const certificate = assembleCertificate(message, schemeOf(issuer.algorithm), signature);
    return canonicalBytes(certificateKeyObject(key, certificatePem(certificate)));
  },
};
