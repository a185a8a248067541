import type { JsonObject } from '../encoding/json.ts';
import type {
  ListedFile,
  MetadataKey,
  RoleKeys,
  Signature,
  SignedDocument,
  TargetEntry,
} from './document.ts';
import type { PublicKey, SignatureScheme } from './key.ts';

export type DialectName = 'notary' | 'tuf';

/** For which repository, and at what time (milliseconds since 1970), keys are read. */
export interface KeyContext {
  readonly repository: string;
  readonly now: number;
}

/** A place in a new root for a key: the key itself, or the slot that an offline station will fill. */
export interface RootKeySource {
  readonly role: string;
  /** Slot ID while open. */
  readonly slot: string;
  /** The dialect's own form of the key (see {@link Dialect.keyValue}); null while open. */
  readonly value: Uint8Array | null;
}

/** What a new root is made of. */
export interface NewRoot {
  readonly version: number;
  readonly expires: string;
  readonly keys: readonly RootKeySource[];
  /** Keys that a server or the online half holds: role and raw key object as it was said. */
  readonly onlineKeys: readonly { readonly role: string; readonly value: Uint8Array }[];
}

/** What a certificate for a slot says; the station decides each member. */
export interface CertificateContent {
  readonly repository: string;
  readonly key: PublicKey;
  /** Whose signature will stand under it: the key itself, or another key of the station that fills. */
  readonly issuer: PublicKey;
  readonly serial: Uint8Array;
  /** Seconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** How a dialect whose keys are certificates has them made: a token signs the message, nothing else. */
export interface CertificateMaker {
  message(content: CertificateContent): Uint8Array;
  scheme(issuer: PublicKey): SignatureScheme;
  /** The fill's value, of a message and its raw signature. */
  value(content: CertificateContent, message: Uint8Array, signature: Uint8Array): Uint8Array;
}

/**
 * How one kind of repository writes its metadata. Pure: bytes and values in, values out or a refusal. Nothing
 * outside the dialect's folder asks which one it is.
 */
export interface Dialect {
  readonly name: DialectName;

  /** @throws NAME-REPOSITORY */
  checkRepository(name: string): void;
  /** @throws NAME-TARGET for a name that the field's tools would break on */
  checkTarget(name: string): void;
  /** @throws NAME-ROLE unless it is `targets` or a delegated role */
  checkTargetsRole(role: string): void;

  /** Reads a file strictly: what it holds must be exactly what this dialect would write. */
  parse(role: string, file: Uint8Array): SignedDocument;
  /** The file of a payload and its signatures. */
  write(payload: Uint8Array, signatures: readonly Signature[]): Uint8Array;

  /** Who signs a top-level role, as a root says; keys that may not be used for the repository now are left out. */
  roleKeys(root: SignedDocument, role: string, context: KeyContext): RoleKeys;
  /** Who signs a delegated role, as its parent says; null if it is not declared there. */
  delegatedKeys(parent: SignedDocument, role: string): RoleKeys | null;
  /** Whether one signature of the key over the payload is valid; only {@link countSigners} may ask. */
  isValid(key: MetadataKey, payload: Uint8Array, signature: Signature): boolean;

  /** How a key signs here. @throws KEY-ALGORITHM where the dialect has no such keys for the role */
  scheme(algorithm: PublicKey['algorithm'], role: string): SignatureScheme;
  /** A raw signature as the envelope carries it. */
  signature(keyid: string, key: PublicKey, raw: Uint8Array): Signature;

  /** What a fill of kind `key` carries: the key object as bytes. */
  keyValue(key: PublicKey): Uint8Array;
  /** What a fill's value, or a server's answer, declares. `role` decides which kinds are allowed. */
  readKey(role: string, value: Uint8Array, context: KeyContext): MetadataKey;

  /** The entries by name; with `unlike`, those left out that it holds as the very same value (large files). */
  targets(document: SignedDocument, unlike?: SignedDocument): ReadonlyMap<string, TargetEntry>;
  listed(document: SignedDocument): ReadonlyMap<string, ListedFile>;

  newRoot(root: NewRoot): JsonObject;
  newTargets(): JsonObject;
  /** `signed` with other entries, version and expiry; everything else stays. Null entry = removed. */
  withTargets(
    signed: JsonObject,
    changed: ReadonlyMap<string, TargetEntry | null>,
    version: number,
    expires: string,
  ): JsonObject;
  newSnapshot(files: ReadonlyMap<string, Uint8Array>, version: number, expires: string): JsonObject;
  newTimestamp(snapshot: Uint8Array, version: number, expires: string): JsonObject;

  /** Null where keys stand bare in the metadata. */
  readonly certificates: CertificateMaker | null;

  /** Roles that a new repository's root names, and the kind of slot that an offline station fills for each. */
  readonly firstRootSlots: readonly { readonly role: string; readonly kind: 'key' | 'certificate' }[];
  /** Roles whose keys are held online. */
  readonly onlineRoles: readonly string[];
}
