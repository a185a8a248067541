import type { Dialect, KeyContext } from '../../metadata/dialect.ts';
import type { SignedDocument } from '../../metadata/document.ts';
import type { Store } from '../repositories/store.ts';

/** What a client trusts from earlier readings, and where it keeps what it trusts from now on. */
export interface TrustedMetadata {
  /** The newest root that is trusted already; null at first contact, where the repository's first root is taken. */
  root(): Promise<SignedDocument | null>;
  /** The file of another role that was kept; it is verified anew before it counts. */
  read(role: string): Promise<Uint8Array | null>;
  /** Called as soon as a document is verified, in the order of the workflow. */
  keep(document: SignedDocument): Promise<void>;
}

/** A client of one repository, as the TUF specification's section 5 describes it, for either dialect. */
export interface Client {
  readonly dialect: Dialect;
  readonly store: Store;
  /** Its time is the one fixed time by which everything expires (5.1). */
  readonly context: KeyContext;
  readonly trusted: TrustedMetadata;
}

/** For clients whose memory is kept elsewhere: nothing but the root is known before, nothing is kept. */
export function trustedRoot(root: SignedDocument | null): TrustedMetadata {
  return {
    root: () => Promise.resolve(root),
    read: () => Promise.resolve(null),
    keep: () => Promise.resolve(),
  };
}
