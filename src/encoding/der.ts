import { refused } from '../errors.ts';

/** Identifier octets of the types that keys and certificates are made of (X.690 section 8.1.2). */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

const CONSTRUCTED = 0x20;
/** Certificates nest about ten deep. */
const MAX_DEPTH = 16;

/** One value as it was read: its tag, its content, its whole encoding and, if constructed, what it consists of. */
export interface DerValue {
  readonly tag: number;
  readonly content: Buffer;
  readonly encoded: Buffer;
  readonly children: readonly DerValue[];
}

/** The identifier octet of context tag [n], constructed where it is explicit or holds a structure. */
export function contextTag(n: number, constructed = true): number {
  return 0x80 | (constructed ? CONSTRUCTED : 0) | n;
}

/** A value: tag, minimal definite length, content. */
export function der(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.from([tag, ...lengthOctets(length)]), ...content]);
}

function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length];
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return [0x80 | octets.length, ...octets];
}

/**
 * Reads exactly one value in DER (X.690 section 10) with everything below it.
 *
 * @throws ENCODING-DER for indefinite or padded lengths, tags above 30, values that reach past the end of what
 *   they are in, bytes after the end, more than 16 levels
 */
export function readDer(bytes: Uint8Array): DerValue {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const value = readValue(buffer, 0, 0);
  if (value.encoded.length !== buffer.length) throw derFault('something follows the value');
  return value;
}

function readValue(bytes: Buffer, at: number, depth: number): DerValue {
  if (depth >= MAX_DEPTH) throw derFault('nested too deeply');
  const tag = bytes[at];
  if (tag === undefined) throw derFault('a value is missing');
  // 0 is end-of-contents, 9 to 29 hold nothing unusual, 31 says that more octets of the tag follow.
  if (tag === 0 || (tag & 0x1f) === 0x1f) throw derFault('a tag that this reader does not know');
  const { length, start } = readLength(bytes, at + 1);
  const end = start + length;
  if (end > bytes.length) throw derFault('a value reaches past its end');
  const content = bytes.subarray(start, end);
  const children: DerValue[] = [];
  if (tag & CONSTRUCTED)
    for (let next = 0; next < content.length;) {
      const child = readValue(content, next, depth + 1);
      children.push(child);
      next += child.encoded.length;
    }
  return { tag, content, encoded: bytes.subarray(at, end), children };
}

function readLength(bytes: Buffer, at: number): { length: number; start: number } {
  const first = bytes[at] ?? 0x80;
  if (first < 0x80) return { length: first, start: at + 1 };
  const count = first & 0x7f;
  const start = at + 1 + count;
  if (count < 1 || count > 4 || start > bytes.length)
    throw derFault('a length that is missing or indefinite');
  const length = bytes.readUIntBE(at + 1, count);
  if (lengthOctets(length).length !== count + 1) throw derFault('a length in more octets than it needs');
  return { length, start };
}

/** The children of a value that must have this tag and, where given, exactly this many of them. */
export function derChildren(value: DerValue | undefined, tag: number, count?: number): readonly DerValue[] {
  derContent(value, tag);
  const { children } = value as DerValue;
  if (count !== undefined && children.length !== count)
    throw refused('ENCODING-DER', 'a structure of another size', {
      expected: `${String(count)} values`,
      found: String(children.length),
    });
  return children;
}

/** The content of a value that must have this tag. */
export function derContent(value: DerValue | undefined, tag: number): Buffer {
  if (value?.tag !== tag)
    throw refused('ENCODING-DER', 'a value of another type', {
      expected: `tag 0x${tag.toString(16)}`,
      found: value ? `tag 0x${value.tag.toString(16)}` : 'the end',
    });
  return value.content;
}

/** A refusal of DER that is not in the one form. */
export function derFault(message: string): Error {
  return refused('ENCODING-DER', message);
}
