import { der, derContent, derFault, TAG, type DerValue } from './der.ts';

/** SEQUENCE of encoded values. */
export function derSequence(...values: readonly Uint8Array[]): Buffer {
  return der(TAG.sequence, ...values);
}

/** NULL. */
export function derNull(): Buffer {
  return der(TAG.null);
}

/** BOOLEAN. */
export function derBoolean(value: boolean): Buffer {
  return der(TAG.boolean, Buffer.from([value ? 0xff : 0]));
}

/** @throws ENCODING-DER for anything but 00 and FF */
export function readDerBoolean(value: DerValue | undefined): boolean {
  const content = derContent(value, TAG.boolean);
  if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) throw derFault('not a BOOLEAN');
  return content[0] === 0xff;
}

/** INTEGER of a number that is not negative, given as big-endian bytes. */
export function derUnsigned(bytes: Uint8Array): Buffer {
  let first = 0;
  while (first < bytes.length - 1 && bytes[first] === 0) first++;
  const digits = bytes.length === 0 ? Buffer.from([0]) : bytes.subarray(first);
  return (digits[0] ?? 0) & 0x80 ? der(TAG.integer, Buffer.from([0]), digits) : der(TAG.integer, digits);
}

/**
 * Big-endian bytes of an INTEGER, without a leading zero byte; zero is one zero byte.
 *
 * @throws ENCODING-DER for a negative number, or one in more octets than it needs
 */
export function readDerUnsigned(value: DerValue | undefined): Buffer {
  const content = derContent(value, TAG.integer);
  const [first, second] = content;
  if (first === undefined || first & 0x80) throw derFault('not an INTEGER of zero or more');
  if (first !== 0 || second === undefined) return content;
  if (!(second & 0x80)) throw derFault('an INTEGER in more octets than it needs');
  return content.subarray(1);
}

/** INTEGER of a number from 0 to 2^32-1. */
export function derNumber(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return derUnsigned(bytes);
}

/** An INTEGER from 0 to 2^32-1. @throws ENCODING-DER */
export function readDerNumber(value: DerValue | undefined): number {
  const bytes = readDerUnsigned(value);
  if (bytes.length > 4) throw derFault('an INTEGER is too large');
  return bytes.readUIntBE(0, bytes.length);
}

/** BIT STRING of whole octets. */
export function derBitString(bytes: Uint8Array): Buffer {
  return der(TAG.bitString, Buffer.from([0]), bytes);
}

/** The octets of a BIT STRING. @throws ENCODING-DER where bits are left over */
export function readDerBitString(value: DerValue | undefined): Buffer {
  const content = derContent(value, TAG.bitString);
  if (content[0] !== 0) throw derFault('a BIT STRING that is not of whole octets');
  return content.subarray(1);
}

/** OCTET STRING. */
export function derOctetString(bytes: Uint8Array): Buffer {
  return der(TAG.octetString, bytes);
}

/** A handful, each of which every key and certificate holds. */
const OIDS = new Map<string, Buffer>();

/** OBJECT IDENTIFIER from its dotted form. */
export function derOid(dotted: string): Buffer {
  let oid = OIDS.get(dotted);
  if (!oid) {
    const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
    oid = der(TAG.oid, Buffer.from([first * 40 + second, ...rest].flatMap(base128)));
    OIDS.set(dotted, oid);
  }
  return oid;
}

function base128(arc: number): number[] {
  const digits = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128))
    digits.unshift(0x80 | (rest % 128));
  return digits;
}

/** The dotted form of an OBJECT IDENTIFIER. @throws ENCODING-DER for padded arcs and arcs above 2^53-1 */
export function readDerOid(value: DerValue | undefined): string {
  const arcs: number[] = [];
  let arc = 0;
  let open = false;
  for (const octet of derContent(value, TAG.oid)) {
    if (!open && octet === 0x80) throw derFault('an OBJECT IDENTIFIER with a padded arc');
    arc = arc * 128 + (octet & 0x7f);
    if (!Number.isSafeInteger(arc)) throw derFault('an OBJECT IDENTIFIER with an arc that is too large');
    open = octet >= 0x80;
    if (!open) {
      arcs.push(arc);
      arc = 0;
    }
  }
  const [first, ...rest] = arcs;
  if (open || first === undefined) throw derFault('an OBJECT IDENTIFIER that does not end');
  const root = Math.min(Math.floor(first / 40), 2);
  return [root, first - root * 40, ...rest].join('.');
}
