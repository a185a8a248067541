import { refused } from '../errors.ts';

/** Hex, lower case only, of an exact number of bytes where given. */
export function fromHex(text: string, bytes?: number): Buffer {
  const length = bytes === undefined ? text.length : bytes * 2;
  if (text.length !== length || length % 2 !== 0 || !/^[0-9a-f]*$/.test(text))
    throw refused('ENCODING-HEX', 'not lower-case hex', {
      expected: bytes === undefined ? 'pairs of 0-9a-f' : `${String(bytes * 2)} digits of 0-9a-f`,
      found: text.slice(0, 140),
    });
  return Buffer.from(text, 'hex');
}

/** Lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** Standard padded base64 (RFC 4648 section 4), refused unless it re-encodes to the same text. */
export function fromBase64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text)
    throw refused('ENCODING-BASE64', 'not standard padded base64', { found: text.slice(0, 80) });
  return bytes;
}

/** Standard padded base64. */
export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** UTF-8, refused where the bytes are not well formed; a byte order mark stays part of the text. */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch (cause) {
    throw refused('ENCODING-UTF8', 'not well-formed UTF-8', { cause });
  }
}

/** UTF-8 bytes. */
export function toUtf8(text: string): Buffer {
  return Buffer.from(text, 'utf8');
}

/** Whether a file that begins with these bytes may be a JSON object, as far as the first 64 tell. */
export function beginsAsJson(start: Uint8Array): boolean {
  return /^\s*\{/.test(Buffer.from(start.subarray(0, 64)).toString('latin1'));
}
