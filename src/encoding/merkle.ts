import { createHash } from 'node:crypto';
import { toHex } from './text.ts';

/** Merkle tree hash of RFC 6962 section 2.1: leaf 0x00, node 0x01, split at the largest power of two. Hex. */
export function merkleRoot(leaves: readonly Uint8Array[]): string {
  return toHex(subtree(leaves, 0, leaves.length));
}

function subtree(leaves: readonly Uint8Array[], from: number, to: number): Buffer {
  if (from === to) return createHash('sha256').digest();
  if (to - from === 1)
    return createHash('sha256')
      .update('\u0000')
      .update(leaves[from] as Uint8Array)
      .digest();
  let split = 1;
  while (split * 2 < to - from) split *= 2;
  return createHash('sha256')
    .update('\u0001')
    .update(subtree(leaves, from, from + split))
    .update(subtree(leaves, from + split, to))
    .digest();
}
