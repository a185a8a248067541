import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { usage } from '../../errors.ts';

/**
 * Where a station's own certificate for a server lies, which admits it there. The files stay where they are: the key is a
 * secret, and both are renewed by whoever issues them.
 */
export interface ClientFiles {
  /** Absolute path of a PEM file: the certificate, and what leads to its authority. */
  readonly certificate: string;
  /** Absolute path of a PEM file without passphrase. */
  readonly key: string;
}

/** PEM texts. */
export interface ClientCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** @throws CLIENT-CERTIFICATE (exit 2) where the files cannot be read, or do not belong together */
export function readClientCertificate(files: ClientFiles): ClientCertificate {
  try {
    const certificate = readFileSync(files.certificate, 'utf8');
    const key = readFileSync(files.key, 'utf8');
    if (!new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key)))
      throw new Error('the key is not that of the certificate');
    return { certificate, key };
  } catch (cause) {
    throw usage('CLIENT-CERTIFICATE', "the station's certificate for a server cannot be used", {
      expected: 'a certificate and its private key without passphrase, in PEM',
      where: `${files.certificate}, ${files.key}`,
      cause,
    });
  }
}
