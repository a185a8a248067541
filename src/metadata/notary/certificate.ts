import { readPemBlocks } from '../../encoding/pem.ts';
import { remembered } from '../../encoding/remembered.ts';
import { formatTime } from '../../encoding/time.ts';
import { refused } from '../../errors.ts';
import type { PublicKey } from '../key.ts';
import { publicKeyFromSpki } from '../public-key.ts';
import { WEAK_SIGNATURES } from './certificate-oids.ts';
import { readCertificate, type Certificate } from './x509.ts';

/** A root key as metadata carries it: the leaf certificate, and what travels behind it in the same PEM. */
export interface RootCertificate extends Omit<Certificate, 'spki'> {
  readonly publicKey: PublicKey;
  readonly intermediates: readonly Certificate[];
}

/** NotBefore may lie this far ahead (milliseconds), as Notary allows for clocks that differ. */
const LEEWAY = 86_400_000;

/**
 * Reads the certificate of a root key from its PEM, whose exact bytes are what the key's ID hashes: any other
 * spelling of the same certificate is another key to every Notary client. Nothing of it is judged yet.
 *
 * @throws ENCODING-PEM, ENCODING-DER, CERTIFICATE-FORM, KEY-ALGORITHM, KEY-WEAK
 */
export const readRootCertificate = remembered((pem): RootCertificate => {
  const [leaf, ...intermediates] = readPemBlocks('CERTIFICATE', pem).map(readCertificate);
  const { spki, ...certificate } = leaf as Certificate;
  return { ...certificate, publicKey: publicKeyFromSpki(spki), intermediates };
});

/**
 * Whether the certificate may speak for the repository now, by the rules of Notary's clients and server
 * (trustpinning without pins). Its signature is not looked at: they never do either; what makes a root key trusted
 * is the chain of roots.
 *
 * @param gun the repository, compared whole; a common name that ends in `*` matches as a prefix
 * @param now milliseconds since 1970
 * @throws CERTIFICATE-AUTHORITY, CERTIFICATE-ALGORITHM, CERTIFICATE-DATES, CERTIFICATE-NAME,
 *   CERTIFICATE-NOT-YET-VALID, CERTIFICATE-EXPIRED, CERTIFICATE-CHAIN
 */
export function checkRootCertificate(certificate: RootCertificate, gun: string, now: number): void {
  if (!certificate.isLeaf)
    throw refused(
      'CERTIFICATE-AUTHORITY',
      'the certificate of a root key is one of a certificate authority',
      {
        where: gun,
      },
    );
  if (certificate.publicKey.algorithm === 'ed25519')
    throw refused('CERTIFICATE-ALGORITHM', 'no Notary client accepts an Ed25519 certificate', { where: gun });
  checkName(certificate.commonName, gun);
  checkValidity(certificate, gun, now, ENDED_ROOT);
  for (const intermediate of certificate.intermediates) {
    if (intermediate.isLeaf)
      throw refused('CERTIFICATE-CHAIN', 'a root key comes with more than one leaf certificate', {
        where: gun,
      });
    // An ended one is dropped by clients, which changes the PEM and with it the key's ID.
    checkValidity(intermediate, gun, now, ENDED_ROOT);
  }
}

/**
 * Whether a certificate may be put into a delegation, as the stock client asks: not ended, not weak. Its names do
 * not matter there, and readers never look at the dates again.
 *
 * @param now milliseconds since 1970
 * @throws CERTIFICATE-ALGORITHM, CERTIFICATE-DATES, CERTIFICATE-NOT-YET-VALID, CERTIFICATE-EXPIRED
 */
export function checkDelegationCertificate(certificate: RootCertificate, role: string, now: number): void {
  if (certificate.publicKey.algorithm === 'ed25519')
    throw refused('CERTIFICATE-ALGORITHM', 'no Notary client accepts an Ed25519 certificate', {
      where: role,
    });
  checkValidity(certificate, role, now, ENDED_DELEGATE);
}

function checkName(commonName: string, gun: string): void {
  const prefix = commonName.replace(/\*+$/, '');
  if (commonName === gun || (prefix !== commonName && gun.startsWith(prefix))) return;
  throw refused('CERTIFICATE-NAME', 'the certificate is for another repository', {
    expected: gun,
    found: commonName,
  });
}

/** What helps where a certificate has ended. */
const ENDED_ROOT =
  'a root with it is refused by every client, a newer one included: only a new repository under the name helps';
const ENDED_DELEGATE = 'have its owner make a new certificate over the same key, or give the bare public key';

function checkValidity(
  { signatureAlgorithm, notBefore, notAfter }: Omit<Certificate, 'spki'>,
  gun: string,
  now: number,
  hint: string,
): void {
  if (WEAK_SIGNATURES.has(signatureAlgorithm))
    throw refused('CERTIFICATE-ALGORITHM', 'the certificate is signed with a broken digest', {
      expected: 'SHA-256 or better',
      found: signatureAlgorithm,
      where: gun,
    });
  if (notBefore > notAfter)
    throw refused('CERTIFICATE-DATES', 'the certificate ends before it begins', {
      found: `${formatTime(notBefore)} to ${formatTime(notAfter)}`,
      where: gun,
    });
  if (notBefore * 1000 > now + LEEWAY)
    throw refused('CERTIFICATE-NOT-YET-VALID', 'the certificate is not valid yet', {
      expected: `from ${formatTime(notBefore)}`,
      found: formatTime(Math.floor(now / 1000)),
      where: gun,
      hint: 'compare the clock of this machine',
    });
  if (now > notAfter * 1000)
    throw refused('CERTIFICATE-EXPIRED', 'the certificate has ended', {
      expected: `until ${formatTime(notAfter)}`,
      found: formatTime(Math.floor(now / 1000)),
      where: gun,
      hint,
    });
}
