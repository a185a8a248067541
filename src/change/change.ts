import type { Json } from '../encoding/json.ts';

/** What somebody asked for. The words are the wire format's (bundle-schema/changes.schema.json). */
export type Change =
  | InitChange
  | AddChange
  | RemoveChange
  | RefreshChange
  | FinalChange
  | KeyAddChange
  | KeyRemoveChange
  | KeyRotateChange
  | ThresholdChange
  | RenewCertificateChange
  | OnlineKeyChange
  | DelegationAddChange
  | DelegationRemoveChange
  | PathsRemoveChange;

/** A repository that does not exist yet, or, with `restart`, that begins anew under a name that had one. */
export interface InitChange {
  readonly type: 'init';
  readonly restart: boolean;
}

export interface AddChange {
  readonly type: 'add';
  readonly role: string;
  readonly name: string;
  /** Bytes. */
  readonly length: number;
  /** Lower-case hex. */
  readonly hashes: { readonly sha256: string; readonly sha512?: string };
  /** SHA-256 of the manifest that travels along, or null. */
  readonly evidence: string | null;
  /** What is to be said of the target beside that; null: nothing; left out: what is said now, while the content stays. */
  readonly custom?: Json;
}

export interface RemoveChange {
  readonly type: 'remove';
  readonly role: string;
  readonly name: string;
}

/** A new expiry and version, and nothing else. */
export interface RefreshChange {
  readonly type: 'refresh';
  readonly role: string;
  /** How long it is to be valid from the export on; null for the role's default. */
  readonly days: number | null;
}

/** What is signed with it is to be the last for the repository; nothing in the metadata says so. */
export interface FinalChange {
  readonly type: 'final';
}

/**
 * A key that is to sign a role: one that the filling station chooses or makes (`slot`), a public key
 * (SubjectPublicKeyInfo, DER) or a certificate (PEM), both base64.
 */
export interface KeySource {
  readonly form: 'slot' | 'public' | 'certificate';
  readonly value: string | null;
}

/** One more key for a role. */
export interface KeyAddChange {
  readonly type: 'key-add';
  readonly role: string;
  readonly key: KeySource;
}

/** A role loses a key, which is not asked to sign any more. `keyid` as the metadata lists it, or canonical. */
export interface KeyRemoveChange {
  readonly type: 'key-remove';
  readonly role: string;
  readonly keyid: string;
}

/** All keys of a role are replaced; for a root, the old ones sign too. */
export interface KeyRotateChange {
  readonly type: 'key-rotate';
  readonly role: string;
  readonly keys: readonly KeySource[];
}

export interface ThresholdChange {
  readonly type: 'threshold';
  readonly role: string;
  readonly threshold: number;
}

/** A new certificate over the same root key. */
export interface RenewCertificateChange {
  readonly type: 'renew-certificate';
  readonly keyid: string;
}

/** The key of a role that is held online is taken from there anew; it travels in the request's `serverKeys`. */
export interface OnlineKeyChange {
  readonly type: 'online-key';
  readonly role: string;
}

/** A role is delegated to, or may hold more names. Its keys come by `key-add`. */
export interface DelegationAddChange {
  readonly type: 'delegation-add';
  readonly role: string;
  /** The role that is to declare it; null where its name says so (Notary). */
  readonly parent: string | null;
  readonly paths: readonly string[];
  /** Lower-case hex digits that the SHA-256 of its target names begin with (TUF). */
  readonly hashPrefixes: readonly string[];
  /** Whether the search for a name ends with it (TUF); null: as it was, or not. */
  readonly terminating: boolean | null;
}

export interface DelegationRemoveChange {
  readonly type: 'delegation-remove';
  readonly role: string;
}

/** A delegated role may hold fewer names. */
export interface PathsRemoveChange {
  readonly type: 'paths-remove';
  readonly role: string;
  readonly paths: readonly string[];
  readonly hashPrefixes: readonly string[];
}
