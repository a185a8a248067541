import { contextTag, derChildren, derContent, readDer, TAG, type DerValue } from '../../encoding/der.ts';
import {
  readDerBitString,
  readDerBoolean,
  readDerNumber,
  readDerOid,
  readDerUnsigned,
} from '../../encoding/der-values.ts';
import { fromUtf8 } from '../../encoding/text.ts';
import { parseTime } from '../../encoding/time.ts';
import { refused } from '../../errors.ts';
import { OID } from './certificate-oids.ts';

/** What Notary looks at in a certificate. */
export interface Certificate {
  /** Empty where the subject has none. */
  readonly commonName: string;
  /** Seconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** Not a certificate authority. */
  readonly isLeaf: boolean;
  /** OID of the issuer's signature. */
  readonly signatureAlgorithm: string;
  /** SubjectPublicKeyInfo, not judged. */
  readonly spki: Uint8Array;
}

const NAME_TYPES: ReadonlySet<number> = new Set([TAG.utf8String, TAG.printableString, TAG.ia5String]);

/**
 * Reads an X.509 certificate (RFC 5280 section 4.1) as far as Notary does.
 *
 * @throws ENCODING-DER, CERTIFICATE-FORM, ENCODING-TIME
 */
export function readCertificate(bytes: Uint8Array): Certificate {
  const [tbs, algorithm, signature] = derChildren(readDer(bytes), TAG.sequence, 3);
  readDerBitString(signature);
  const fields = [...derChildren(tbs, TAG.sequence)];
  const version = fields[0]?.tag === contextTag(0) ? readDerNumber(onlyChild(fields.shift())) : 0;
  const [serial, inner, issuer, validity, subject, spki, ...optional] = fields;
  readDerUnsigned(serial);
  if (!inner || !algorithm || !inner.encoded.equals(algorithm.encoded))
    throw form('its two algorithm identifiers differ');
  derContent(issuer, TAG.sequence);
  derContent(spki, TAG.sequence);
  const [notBefore, notAfter] = derChildren(validity, TAG.sequence, 2).map(readTime) as [number, number];
  return {
    commonName: commonNameOf(derChildren(subject, TAG.sequence)),
    notBefore,
    notAfter,
    isLeaf: !isAuthority(version, optional),
    signatureAlgorithm: readDerOid(derChildren(algorithm, TAG.sequence)[0]),
    spki: (spki as DerValue).encoded,
  };
}

function onlyChild(value: DerValue | undefined): DerValue | undefined {
  return value?.children.length === 1 ? value.children[0] : undefined;
}

function commonNameOf(relativeNames: readonly DerValue[]): string {
  const names = relativeNames
    .flatMap((relative) => derChildren(relative, TAG.set))
    .map((attribute) => derChildren(attribute, TAG.sequence, 2))
    .filter(([type]) => readDerOid(type) === OID.commonName)
    .map(([, value]) => value as DerValue);
  if (names.length > 1) throw form('its subject has more than one common name');
  const [name] = names;
  if (!name) return '';
  if (!NAME_TYPES.has(name.tag)) throw form('its common name is of an obsolete type');
  const text = fromUtf8(name.content);
  if (name.tag !== TAG.utf8String && /[^\u0000-\u007f]/.test(text))
    throw form('its common name is not ASCII');
  return text;
}

/** RFC 5280 section 4.1.2.5: seconds always, UTC always, two digits of a year from 1950 on. */
function readTime(value: DerValue): number {
  const short = value.tag === TAG.utcTime;
  const text = derContent(value, short ? TAG.utcTime : TAG.generalizedTime).toString('latin1');
  const digits = short ? `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}` : text;
  return parseTime(digits.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

/** BasicConstraints cA, of a certificate that may have extensions. */
function isAuthority(version: number, optional: readonly DerValue[]): boolean {
  const extensions = optional.at(-1)?.tag === contextTag(3) ? onlyChild(optional.at(-1)) : undefined;
  const uniqueIds = extensions ? optional.slice(0, -1) : optional;
  if (version > 2 || (extensions && version !== 2) || uniqueIds.some(({ tag }) => !isUniqueId(tag)))
    throw form('its version does not allow what it holds');
  const seen = new Set<string>();
  let authority = false;
  for (const extension of extensions ? derChildren(extensions, TAG.sequence) : []) {
    const [oid, ...rest] = derChildren(extension, TAG.sequence);
    const name = readDerOid(oid);
    if (seen.has(name)) throw form('an extension occurs twice');
    seen.add(name);
    if (rest.length === 2) readDerBoolean(rest[0]);
    else if (rest.length !== 1) throw form('an extension is not of the right form');
    const value = derContent(rest.at(-1), TAG.octetString);
    if (name === OID.basicConstraints) authority = claimsAuthority(value);
  }
  return authority;
}

function claimsAuthority(basicConstraints: Uint8Array): boolean {
  const [first] = derChildren(readDer(basicConstraints), TAG.sequence);
  return first?.tag === TAG.boolean && readDerBoolean(first);
}

function isUniqueId(tag: number): boolean {
  return tag === contextTag(1, false) || tag === contextTag(2, false);
}

function form(message: string): Error {
  return refused('CERTIFICATE-FORM', `not a certificate that Notary reads: ${message}`);
}
