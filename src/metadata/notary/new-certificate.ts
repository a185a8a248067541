import { contextTag, der, derChildren, readDer, TAG } from '../../encoding/der.ts';
import {
  derBitString,
  derBoolean,
  derNull,
  derNumber,
  derOctetString,
  derOid,
  derSequence,
  derUnsigned,
} from '../../encoding/der-values.ts';
import { writePem } from '../../encoding/pem.ts';
import { formatTime } from '../../encoding/time.ts';
import { refused } from '../../errors.ts';
import type { PublicKey, SignatureScheme } from '../key.ts';
import { ecdsaRawToDer } from '../signature.ts';
import { OID } from './certificate-oids.ts';

/** What a root certificate says. */
export interface NewCertificate {
  readonly publicKey: PublicKey;
  /** How the issuer, the key itself or another root key, will sign it. */
  readonly issuerKeyScheme: SignatureScheme;
  /** The GUN, whole: clients compare it, and longer than 64 characters is fine with all of them. */
  readonly commonName: string;
  /** 16 random bytes. */
  readonly serial: Uint8Array;
  /** Seconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
}

const X509_V3 = 2;
const SERIAL_BYTES = 16;
/** RFC 5280 section 4.1.2.5: UTCTime until then. */
const YEAR_2050 = Date.UTC(2050) / 1000;
/** digitalSignature and keyEncipherment, five bits of the last octet unused. */
const KEY_USAGE = Buffer.from([0x05, 0xa0]);
/** PrintableString as Go writes it: without `*` and `&`. */
const PRINTABLE = /^[A-Za-z0-9 '()+,\-./:=?]*$/;

/**
 * The TBSCertificate of a root certificate in exactly the profile of Notary's own: v3, issuer and subject CN = GUN
 * and nothing else, three extensions. To be signed elsewhere, then joined by {@link assembleCertificate}. RSA keys
 * sign with RSASSA-PSS (the only RSA scheme that a signer here has), its parameters spelled out as Go demands.
 *
 * @throws CERTIFICATE-NAME for an empty name or a wildcard, CERTIFICATE-DATES, CERTIFICATE-ALGORITHM for Ed25519,
 *   whose certificates no Notary client accepts, CERTIFICATE-SERIAL
 */
export function rootCertificateTbs(certificate: NewCertificate): Buffer {
  checkContent(certificate);
  const { commonName, serial, notBefore, notAfter, publicKey, issuerKeyScheme } = certificate;
  const name = distinguishedName(commonName);
  return derSequence(
    der(contextTag(0), derNumber(X509_V3)),
    derUnsigned(serial),
    signatureAlgorithm(issuerKeyScheme),
    name,
    derSequence(time(notBefore), time(notAfter)),
    name,
    publicKey.spki,
    der(contextTag(3), extensions()),
  );
}

function checkContent({ commonName, serial, notBefore, notAfter, publicKey }: NewCertificate): void {
  if (commonName === '' || commonName.includes('*') || !commonName.isWellFormed())
    throw refused('CERTIFICATE-NAME', 'a root certificate names exactly one repository', {
      found: commonName,
    });
  if (notAfter <= notBefore)
    throw refused('CERTIFICATE-DATES', 'the certificate would end before it begins', {
      expected: `after ${formatTime(notBefore)}`,
      found: formatTime(notAfter),
    });
  if (publicKey.algorithm === 'ed25519')
    throw refused('CERTIFICATE-ALGORITHM', 'no Notary client accepts an Ed25519 certificate', {
      expected: 'an ECDSA or RSA key',
      found: publicKey.algorithm,
    });
  if (serial.length !== SERIAL_BYTES || serial.every((byte) => byte === 0))
    throw refused('CERTIFICATE-SERIAL', 'the serial number is not random', { expected: '16 random bytes' });
}

function distinguishedName(commonName: string): Buffer {
  const tag = PRINTABLE.test(commonName) ? TAG.printableString : TAG.utf8String;
  const attribute = derSequence(derOid(OID.commonName), der(tag, Buffer.from(commonName, 'utf8')));
  return derSequence(der(TAG.set, attribute));
}

function time(seconds: number): Buffer {
  const digits = formatTime(seconds).replace(/[-:T]/g, '');
  const short = seconds < YEAR_2050;
  return der(
    short ? TAG.utcTime : TAG.generalizedTime,
    Buffer.from(short ? digits.slice(2) : digits, 'latin1'),
  );
}

function extensions(): Buffer {
  return derSequence(
    extension(OID.keyUsage, true, der(TAG.bitString, KEY_USAGE)),
    extension(OID.extendedKeyUsage, false, derSequence(derOid(OID.codeSigning))),
    extension(OID.basicConstraints, true, derSequence()),
  );
}

function extension(oid: string, critical: boolean, value: Uint8Array): Buffer {
  return derSequence(derOid(oid), ...(critical ? [derBoolean(true)] : []), derOctetString(value));
}

function signatureAlgorithm(scheme: SignatureScheme): Buffer {
  switch (scheme) {
    case 'ecdsa-sha256':
      return derSequence(derOid(OID.ecdsaWithSha256));
    case 'ecdsa-sha384':
      return derSequence(derOid(OID.ecdsaWithSha384));
    case 'rsassa-pss-sha256':
      return derSequence(derOid(OID.rsassaPss), pssParameters());
    case 'ed25519':
      throw refused('CERTIFICATE-ALGORITHM', 'no Notary client accepts a certificate that Ed25519 signed');
  }
}

/** RFC 4055 section 3.1: SHA-256, MGF1 with SHA-256, a salt of 32 bytes. */
function pssParameters(): Buffer {
  const sha256 = derSequence(derOid(OID.sha256), derNull());
  return derSequence(
    der(contextTag(0), sha256),
    der(contextTag(1), derSequence(derOid(OID.mgf1), sha256)),
    der(contextTag(2), derNumber(32)),
  );
}

/**
 * The certificate of a TBSCertificate and the raw signature over it.
 *
 * @throws CERTIFICATE-ALGORITHM where the TBSCertificate announces another scheme
 */
export function assembleCertificate(tbs: Uint8Array, scheme: SignatureScheme, signature: Uint8Array): Buffer {
  const announced = derChildren(readDer(tbs), TAG.sequence)[2]?.encoded;
  const algorithm = signatureAlgorithm(scheme);
  if (!announced?.equals(algorithm))
    throw refused('CERTIFICATE-ALGORITHM', 'the certificate announces another kind of signature', {
      found: scheme,
    });
  const value = scheme === 'rsassa-pss-sha256' ? signature : ecdsaRawToDer(signature);
  return derSequence(tbs, algorithm, derBitString(value));
}

/** The certificate as PEM in Go's exact form: these bytes are what the root key's ID hashes. */
export function certificatePem(certificate: Uint8Array): Buffer {
  return writePem('CERTIFICATE', certificate);
}
