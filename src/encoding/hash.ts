import { createHash, hash } from 'node:crypto';

/** SHA-256 of the bytes. */
export function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** SHA-256 in lower-case hex. */
export function sha256Hex(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex');
}

/** SHA-512 of the bytes. */
export function sha512(bytes: Uint8Array): Buffer {
  return createHash('sha512').update(bytes).digest();
}
