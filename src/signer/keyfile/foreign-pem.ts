import { refused } from '../../errors.ts';

/** One private key in a PEM file of another program, as it stands there. */
export interface ForeignBlock {
  /** `PRIVATE KEY`, `ENCRYPTED PRIVATE KEY`, `EC PRIVATE KEY`, `RSA PRIVATE KEY`, `ED25519 PRIVATE KEY`. */
  readonly label: string;
  /** What Notary's headers claim; null where there is no such header. */
  readonly role: string | null;
  readonly gun: string | null;
  /** The key ID, or the file, that `notary key export` took it from. */
  readonly path: string | null;
  /** `DEK-Info` of the old OpenSSL encryption (RFC 1421); null where the block has none. */
  readonly dek: { readonly cipher: string; readonly iv: Buffer } | null;
  /** What is inside, still encrypted where it was; to be zeroed by whoever takes it. */
  readonly der: Buffer;
}

/** `notary key export` puts every key of a user into one file. */
const MAX_BYTES = 1024 * 1024;
const BEGIN = /^-----BEGIN ([A-Z0-9 ]{1,60})-----[ \t]*$/;
const HEADER = /^([A-Za-z][A-Za-z-]*): ?(.*)$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * The private keys of a PEM file: Notary's own headers (`role`, `gun`, `path`) and those of RFC 1421 are taken
 * apart. What is between the blocks, and blocks of other kinds (`EC PARAMETERS`, certificates), is passed over.
 *
 * @throws CountersignError KEY-IMPORT (exit 3)
 */
export function foreignBlocks(bytes: Uint8Array): ForeignBlock[] {
  if (bytes.length > MAX_BYTES) throw notKeys(`at most ${String(MAX_BYTES)} bytes`, String(bytes.length));
  const lines = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1').split(/\r?\n/);
  const blocks: ForeignBlock[] = [];
  for (let at = 0; at < lines.length; at++) {
    const label = BEGIN.exec(lines[at] ?? '')?.[1];
    if (label === undefined) continue;
    let end = at + 1;
    while (end < lines.length && !lines[end]?.startsWith('-----')) end++;
    if (lines[end]?.trimEnd() !== `-----END ${label}-----`)
      throw notKeys(`-----END ${label}-----`, end < lines.length ? 'another line' : 'the end of the file');
    if (label.endsWith('PRIVATE KEY')) blocks.push(readBlock(label, lines.slice(at + 1, end)));
    at = end;
  }
  if (blocks.length === 0) throw notKeys('a block "... PRIVATE KEY"', 'none');
  return blocks;
}

function readBlock(label: string, lines: readonly string[]): ForeignBlock {
  const headers = new Map<string, string>();
  let at = 0;
  for (; ; at++) {
    const [, name, value] = HEADER.exec(lines[at] ?? '') ?? [];
    if (name === undefined || value === undefined) break;
    headers.set(name.toLowerCase(), value.trim());
  }
  const base64 = lines.slice(at).join('').replace(/[ \t]/g, '');
  if (base64 === '' || !BASE64.test(base64)) throw notKeys('base64', 'other characters, or nothing');
  const header = (name: string): string | null => headers.get(name) ?? null;
  return {
    label,
    role: header('role'),
    gun: header('gun'),
    path: header('path'),
    dek: readDek(header('dek-info')),
    der: Buffer.from(base64, 'base64'),
  };
}

function readDek(text: string | null): ForeignBlock['dek'] {
  if (text === null) return null;
  const [, cipher, iv] = /^([A-Z0-9-]{1,20}),((?:[0-9A-Fa-f]{2}){8,16})$/.exec(text) ?? [];
  if (cipher === undefined || iv === undefined) throw notKeys('DEK-Info: CIPHER,IV', text.slice(0, 80));
  return { cipher, iv: Buffer.from(iv, 'hex') };
}

function notKeys(expected: string, found: string): Error {
  return refused('KEY-IMPORT', 'not a PEM file with private keys, or a damaged one', { expected, found });
}
