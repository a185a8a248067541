import type { PrivateKeyParts } from './protocol.ts';

/** Zeroes the numbers of a private key. */
export function wipeParts(parts: PrivateKeyParts): void {
  for (const part of Object.values(parts)) if (part instanceof Uint8Array) part.fill(0);
}
