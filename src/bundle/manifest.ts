/**
 * What travels in manifests; the words, and for each field what makes it trusted, are in bundle-schema/README.md.
 * All digests are SHA-256 in lower-case hex; times are `YYYY-MM-DDTHH:MM:SSZ`.
 */
export const FORMAT = 'countersign-1';
export type Environment = 'production' | 'rehearsal';
export type Kind = 'request' | 'response' | 'combined';
export type Manifest = RequestManifest | ResponseManifest | CombinedManifest;

/** A station as a manifest names it: label and SHA-256 of its raw transport key. */
export interface StationName {
  readonly name: string;
  readonly key: string;
}

export interface FileEntry {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
}

interface ManifestHead {
  readonly format: typeof FORMAT;
  readonly environment: Environment;
  /** 32 hex digits, random. */
  readonly id: string;
  readonly created: string;
  /** Line number of the sender's ledger line that records the bundle. */
  readonly sequence: number;
  readonly from: StationName;
  readonly files: readonly FileEntry[];
}

export interface RequestManifest extends ManifestHead {
  readonly kind: 'request';
  readonly notAfter: string;
  readonly to: readonly Recipient[];
  readonly repositories: readonly RepositoryRequest[];
}

export interface Recipient extends StationName {
  readonly heard: { readonly sequence: number; readonly digest: string } | null;
  readonly head: LedgerHead | null;
}

export interface LedgerHead {
  readonly line: number;
  readonly hash: string;
}

export interface RepositoryRequest {
  readonly dialect: 'notary' | 'tuf';
  readonly name: string;
  readonly operation: string;
  readonly supersedes: readonly string[];
  readonly roots: readonly string[];
  readonly base: readonly BaseFile[];
  readonly serverKeys: readonly { readonly role: 'snapshot' | 'timestamp'; readonly key: string }[];
  readonly changes: string;
  readonly evidence: readonly { readonly role: string; readonly target: string; readonly file: string }[];
  readonly result: readonly ResultRole[];
}

export interface BaseFile {
  readonly role: string;
  /** 0 where the file does not exist. */
  readonly version: number;
  readonly sha256: string;
  readonly file: string | null;
}

export interface ResultRole {
  readonly role: string;
  readonly version: number;
  readonly expires: string;
  readonly payload: string | null;
  readonly document: string;
  readonly slots: readonly Slot[];
  readonly signers: readonly {
    readonly keyid: string;
    readonly quorum: 'old' | 'new' | 'both';
    readonly holder: string;
  }[];
  readonly needs: { readonly old: number; readonly new: number };
}

export interface Slot {
  readonly id: string;
  readonly kind: 'key' | 'certificate';
  readonly role: string;
  readonly station: string;
  readonly algorithm: 'ecdsa-p256' | 'ecdsa-p384' | 'ed25519' | 'rsa-2048' | 'rsa-3072' | 'rsa-4096';
  readonly keyid: string | null;
}

export interface ResponseManifest extends ManifestHead {
  readonly kind: 'response';
  readonly to: StationName;
  readonly request: { readonly digest: string; readonly sequence: number };
  readonly previous: string | null;
  readonly head: LedgerHead;
  readonly repositories: readonly RepositoryResponse[];
  readonly tool: string;
}

export interface RepositoryResponse {
  readonly dialect: 'notary' | 'tuf';
  readonly name: string;
  readonly record: string;
  readonly fills: readonly Fill[];
  readonly marks: {
    readonly pinned: number;
    readonly roles: readonly { readonly role: string; readonly seen: number; readonly signed: number }[];
  };
  readonly roles: readonly ResponseRole[];
}

export interface Fill {
  readonly slot: string;
  readonly kind: 'key' | 'certificate';
  readonly value: string;
  readonly keyid: string;
  readonly by: string;
}

export interface ResponseRole {
  readonly role: string;
  readonly version: number;
  readonly payload: string | null;
  readonly outcome: 'signed' | 'no-key' | 'refused';
  readonly check: string | null;
  readonly document: string | null;
  readonly signatures: readonly { readonly keyid: string; readonly method: string; readonly value: string }[];
}

export interface CombinedManifest extends ManifestHead {
  readonly kind: 'combined';
  readonly to: StationName;
  readonly request: { readonly digest: string; readonly sequence: number };
  readonly parts: readonly { readonly digest: string; readonly manifest: string; readonly seal: string }[];
  /** Metadata files that other tools signed; their names say what they hold, nothing says what they are for. */
  readonly metadata: readonly string[];
}
