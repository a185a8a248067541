import { sha256Hex } from '../encoding/hash.ts';
import type { Dialect } from '../metadata/dialect.ts';
import type { SignedDocument } from '../metadata/document.ts';
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
  /** Members that this program has no idea of, by role: `role pointer`. */
  readonly notUnderstood: readonly string[];
}

/** A first contact, out of a verified base. */
export function firstContact(dialect: Dialect, base: VerifiedRepository): FirstContact {
  const { root, timestamp, snapshot, targets } = base;
  const documents: readonly (SignedDocument | null)[] = [root, timestamp, snapshot, ...targets.values()];
  return {
    roots: base.roots.map(({ version, file, expires }) => ({ version, file: sha256Hex(file), expires })),
    notUnderstood: documents.flatMap((document) =>
      document ? dialect.notUnderstood(document).map((pointer) => `${document.role} ${pointer}`) : [],
    ),
  };
}
