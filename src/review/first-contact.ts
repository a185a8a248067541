import { sha256Hex } from '../encoding/hash.ts';
import type { VerifiedRepository } from '../metadata/verified.ts';

/** One root of a history that travels whole. */
export interface ContactRoot {
  readonly version: number;
  /** SHA-256 of the file: what is compared with what came by another way. */
  readonly file: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/** What an officer sees of a repository that this station does not know yet (M10). */
export interface FirstContact {
  /** Oldest first; each but the first was verified by the one before it, and each by itself. */
  readonly roots: readonly ContactRoot[];
}

/** A first contact, out of a verified base. */
export function firstContact(base: VerifiedRepository): FirstContact {
  return {
    roots: base.roots.map(({ version, file, expires }) => ({ version, file: sha256Hex(file), expires })),
  };
}
