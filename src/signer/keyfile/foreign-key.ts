import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { fromUtf8 } from '../../encoding/text.ts';
import { refused, unavailable } from '../../errors.ts';
import type { PublicKey } from '../../metadata/key.ts';
import { publicKeyFromSpki } from '../../metadata/public-key.ts';

/** A private key out of a file of another program. */
export interface ForeignKey {
  /** PKCS#8 PrivateKeyInfo, DER; to be zeroed by whoever takes it. */
  readonly privateKeyInfo: Buffer;
  readonly public: PublicKey;
  /** What Notary's headers claim, or null. */
  readonly role: string | null;
  readonly gun: string | null;
}

const MAX_BYTES = 64 * 1024;
const BLOCK = /^-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----\r?\n([\s\S]+?)-----END \1-----\s*$/;
const HEADER = /^([A-Za-z-]+): ?(.*)$/;
/** Headers that belong to the encryption of the old OpenSSL form, and must stay. */
const OPENSSL_HEADERS = new Set(['proc-type', 'dek-info']);

/**
 * Reads a PEM private key as Notary, Docker and OpenSSL write it: PKCS#8 plain or encrypted, SEC1, PKCS#1. Notary's
 * own headers (`role`, `gun`, `path`) are taken out first, since OpenSSL refuses them.
 *
 * @throws CountersignError KEY-IMPORT (exit 3), PASSPHRASE-INCORRECT (exit 6)
 */
export function readForeignKey(bytes: Uint8Array, passphrase: Uint8Array | null): ForeignKey {
  const [, label, body] = BLOCK.exec(bytes.length > MAX_BYTES ? '' : fromUtf8(bytes)) ?? [];
  if (label === undefined || body === undefined)
    throw refused('KEY-IMPORT', 'not one PEM private key', { expected: 'one block "... PRIVATE KEY"' });
  const { headers, kept, rest } = takeHeaders(body);
  const encrypted = label.startsWith('ENCRYPTED') || kept.length > 0;
  if (encrypted && passphrase === null)
    throw unavailable('PASSPHRASE-INCORRECT', 'the key file is encrypted and there is no passphrase for it');
  const pem = `-----BEGIN ${label}-----\n${kept.length > 0 ? `${kept.join('\n')}\n\n` : ''}${rest}-----END ${label}-----\n`;
  const key = open(pem, encrypted ? passphrase : null);
  return {
    privateKeyInfo: key.export({ format: 'der', type: 'pkcs8' }),
    public: publicKeyFromSpki(createPublicKey(key).export({ format: 'der', type: 'spki' })),
    role: headers.get('role') ?? null,
    gun: headers.get('gun') ?? null,
  };
}

function open(pem: string, passphrase: Uint8Array | null): KeyObject {
  try {
    return createPrivateKey({
      key: pem,
      format: 'pem',
      ...(passphrase === null ? {} : { passphrase: Buffer.from(passphrase) }),
    });
  } catch (cause) {
    if (passphrase === null) throw refused('KEY-IMPORT', 'not a private key that can be read', { cause });
    throw unavailable('PASSPHRASE-INCORRECT', 'the passphrase does not open the key file', {
      hint: 'check which passphrase belongs to this key; a damaged file looks the same',
      cause,
    });
  }
}

function takeHeaders(body: string): { headers: Map<string, string>; kept: string[]; rest: string } {
  const lines = body.split(/\r?\n/);
  const headers = new Map<string, string>();
  const kept: string[] = [];
  let at = 0;
  for (; ; at++) {
    const line = lines[at] ?? '';
    const [, name, value] = HEADER.exec(line) ?? [];
    if (name === undefined || value === undefined) break;
    if (OPENSSL_HEADERS.has(name.toLowerCase())) kept.push(line);
    else headers.set(name.toLowerCase(), value.trim());
  }
  if (at > 0 && lines[at] === '') at++;
  return { headers, kept, rest: lines.slice(at).join('\n') };
}
