import { readFileSync, statSync } from 'node:fs';
import { writePem } from '../../encoding/pem.ts';
import { refused, usage } from '../../errors.ts';

/** What a file says of somebody's key, in the exact form that metadata carries. */
export interface PublicKeyFile {
  readonly form: 'public' | 'certificate';
  /** SubjectPublicKeyInfo (DER), or a certificate as PEM. */
  readonly value: Uint8Array;
}

const MAX_BYTES = 64 * 1024;
const BLOCK = /-----BEGIN (CERTIFICATE|PUBLIC KEY)-----[ \t]*\n([^]*?)-----END \1-----/;
/** Headers of RFC 1421, such as the `role` that docker writes into its `.pub` files. */
const HEADER = /^[A-Za-z-]+: ?.*$/;

/**
 * Reads the first certificate or public key of a PEM file, leniently: line ends, headers, and what stands around the
 * block do not matter, as the stock tools do not mind them either. What comes out is in one encoding.
 *
 * @throws KEY-FILE (exit 2) where the file cannot be read, (exit 3) where it holds no such block
 */
export function readPublicKeyFile(path: string): PublicKeyFile {
  const text = readText(path);
  const [, label, body] = BLOCK.exec(text) ?? [];
  if (label === undefined || body === undefined)
    throw noBlock(path, /-----BEGIN [A-Z ]*PRIVATE KEY/.test(text));
  const lines = body.split('\n').map((line) => line.trim());
  const first = lines.findIndex((line) => line !== '' && !HEADER.test(line));
  const base64 = lines.slice(Math.max(0, first)).join('');
  const der = Buffer.from(base64, 'base64');
  if (der.length === 0 || der.toString('base64') !== base64)
    throw refused('KEY-FILE', 'the PEM block is damaged', { expected: 'base64', where: path });
  return label === 'CERTIFICATE'
    ? { form: 'certificate', value: writePem('CERTIFICATE', der) }
    : { form: 'public', value: der };
}

function readText(path: string): string {
  let text: string;
  try {
    if (statSync(path).size > MAX_BYTES) throw new Error('larger than 64 KiB');
    text = readFileSync(path).toString('latin1');
  } catch (cause) {
    throw usage('KEY-FILE', 'the file of a key cannot be read', { where: path, cause });
  }
  return text.replaceAll('\r\n', '\n');
}

function noBlock(path: string, isPrivate: boolean): Error {
  return refused(
    'KEY-FILE',
    isPrivate ? 'the file holds a private key and no public one' : 'the file holds no public key',
    {
      expected: 'a PEM block CERTIFICATE or PUBLIC KEY',
      where: path,
      hint: isPrivate
        ? 'give the certificate, or the public key; private keys stay with whoever signs'
        : 'docker trust key generate writes NAME.pub; openssl pkey -in KEY -pubout writes a public key',
    },
  );
}
