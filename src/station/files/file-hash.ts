import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';

/** Pieces in which files are read, bytes; a multiple of every block size. */
const PIECE = 1024 * 1024;

/** SHA-256 of a file, hex, opened with the flags of open(2); O_DIRECT reads past the page cache. */
export function hashFile(path: string, flags: number): string {
  const file = openSync(path, flags);
  try {
    const hash = createHash('sha256');
    const piece = pageAligned(PIECE);
    for (
      let read = readSync(file, piece, 0, PIECE, null);
      read > 0;
      read = readSync(file, piece, 0, PIECE, null)
    )
      hash.update(piece.subarray(0, read));
    return hash.digest('hex');
  } finally {
    closeSync(file);
  }
}

/** Types of Node do not name what every engine has. */
declare const WebAssembly: { Memory: new (pages: { initial: number }) => { readonly buffer: ArrayBuffer } };

/** WebAssembly memory is page aligned, which O_DIRECT asks for. */
function pageAligned(bytes: number): Buffer {
  return Buffer.from(new WebAssembly.Memory({ initial: bytes / 65_536 }).buffer);
}
