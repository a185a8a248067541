import type { SignedDocument } from './document.ts';

/** Files of a repository as they were fetched; nothing of them is trusted yet. */
export interface RepositoryFiles {
  /** Consecutive versions, oldest first. */
  readonly roots: readonly Uint8Array[];
  readonly timestamp: Uint8Array | null;
  readonly snapshot: Uint8Array | null;
  /** `targets` and delegated roles. */
  readonly targets: ReadonlyMap<string, Uint8Array>;
}

/** A repository whose every file follows from its root chain. */
export interface VerifiedRepository {
  readonly roots: readonly SignedDocument[];
  readonly root: SignedDocument;
  readonly timestamp: SignedDocument | null;
  readonly snapshot: SignedDocument | null;
  readonly targets: ReadonlyMap<string, SignedDocument>;
  /** Delegated roles, with or without a file, to the first role that declares them in the order of the search. */
  readonly parents: ReadonlyMap<string, string>;
  /** `role keyid` of signatures that do not count. */
  readonly strays: readonly string[];
  /** Delegated roles that are not signed as their parents say; empty unless they were to be set apart. */
  readonly broken: readonly BrokenRole[];
}

/** A delegated role that no client reads, and nothing below it. */
export interface BrokenRole {
  readonly role: string;
  readonly check: string;
  readonly message: string;
  /** What the snapshot lists under its name: the right file, but nobody vouches for what it says. */
  readonly document: SignedDocument;
}

/**
 * What becomes of a delegated role whose signatures do not count: the repository is refused with it, or the role is
 * set apart, as the stock clients pass over it with a warning. Files that are not the listed ones are refused always.
 */
export type BrokenDelegations = 'refuse' | 'set-apart';
