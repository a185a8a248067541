import { sha256Hex } from '../encoding/hash.ts';

/** The files of a bundle under construction: each content once, named after its SHA-256. */
export class Contents {
  readonly files = new Map<string, Uint8Array>();

  /** Adds a file and returns its name in the bundle. */
  add(bytes: Uint8Array): string {
    const digest = sha256Hex(bytes);
    this.files.set(digest, bytes);
    return fileName(digest);
  }
}

/** Name of the entry that holds the content with this SHA-256 (hex). */
export function fileName(sha256: string): string {
  return `files/${sha256}`;
}
