import { refused } from '../errors.ts';
import { fromUtf8, toBase64 } from './text.ts';

const LINE = 64;
const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----\n([A-Za-z0-9+/=\n]*)-----END \1-----\n/y;

/** A PEM block exactly as Go's encoding/pem writes it: lines of 64 characters, LF, a final LF, no headers. */
export function writePem(label: string, der: Uint8Array): Buffer {
  return Buffer.from(pemText(label, der), 'latin1');
}

function pemText(label: string, der: Uint8Array): string {
  const base64 = toBase64(der);
  let lines = '';
  for (let at = 0; at < base64.length; at += LINE) lines += `${base64.slice(at, at + LINE)}\n`;
  return `-----BEGIN ${label}-----\n${lines}-----END ${label}-----\n`;
}

/**
 * The one block of that label which the bytes consist of.
 *
 * @throws ENCODING-PEM for anything that {@link writePem} would not have written
 */
export function readPem(label: string, bytes: Uint8Array): Buffer {
  const blocks = readPemBlocks(label, bytes);
  if (blocks.length !== 1)
    throw refused('ENCODING-PEM', 'not one PEM block', {
      expected: `one ${label}`,
      found: String(blocks.length),
    });
  return blocks[0] as Buffer;
}

/**
 * The blocks, at least one and all of that label, which the bytes consist of without anything before, between or
 * after them. Decoded, encoded again and compared: other line lengths, CRLF, headers and loose base64 are refused.
 *
 * @throws ENCODING-PEM
 */
export function readPemBlocks(label: string, bytes: Uint8Array): Buffer[] {
  const text = fromUtf8(bytes);
  const blocks: Buffer[] = [];
  BLOCK.lastIndex = 0;
  for (let at = 0; at < text.length || blocks.length === 0; at = BLOCK.lastIndex) {
    const [block, found, base64] = BLOCK.exec(text) ?? [];
    const der = Buffer.from(base64 ?? '', 'base64');
    if (found !== label || der.length === 0 || pemText(label, der) !== block)
      throw refused('ENCODING-PEM', 'not PEM in the exact form', {
        expected: `${label} in lines of 64 characters, LF, nothing around it`,
        where: `character ${String(at)}`,
      });
    blocks.push(der);
  }
  return blocks;
}
