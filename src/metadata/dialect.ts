import type { Json, JsonObject } from '../encoding/json.ts';
import type {
  ListedFile,
  MetadataKey,
  RoleKeys,
  Signature,
  SignedDocument,
  TargetEntry,
} from './document.ts';
import type { PublicKey, SignatureScheme } from './key.ts';
import type { SignedContent } from './signed-content.ts';

export type DialectName = 'notary' | 'tuf';

/** For which repository, and at what time (milliseconds since 1970), keys are read. */
export interface KeyContext {
  readonly repository: string;
  readonly now: number;
}

/** One key of a role's new quorum. */
export interface QuorumKey {
  /** Key ID, or the slot ID while the key is not known. */
  readonly id: string;
  /** The dialect's own form of a key that is new here (see {@link Dialect.keyValue}); null where it stays or is open. */
  readonly value: Uint8Array | null;
  readonly open: boolean;
  /** Canonical ID of the key where it is known, though its form in the metadata may not be yet. */
  readonly canonicalId: string | null;
}

/** Who is to sign a role. */
export interface Quorum {
  readonly threshold: number;
  readonly keys: readonly QuorumKey[];
}

/** What becomes of one delegated role in its parent's document; null where it is removed. */
export interface DelegationEdit {
  readonly role: string;
  readonly declared: ({ readonly quorum: Quorum } & DelegatedNames) | null;
}

/** Which target names a delegated role may hold: those that a path or a hash prefix covers. */
export interface DelegatedNames {
  /** The form is the dialect's (Notary: prefixes, an empty one for all; TUF: patterns). */
  readonly paths: readonly string[];
  /** Beginnings of the SHA-256 (hex) of target names, as TUF's hash bins have them; none in Notary. */
  readonly hashPrefixes: readonly string[];
  /** Whether the search for a name that this role may hold ends with it; never in Notary. */
  readonly terminating: boolean;
}

/** A delegated role as its parent declares it. */
export interface Delegation extends RoleKeys, DelegatedNames {
  readonly role: string;
}

/** When the certificate of a key ends. */
export interface CertificateEnd {
  /** The key, as metadata lists it. */
  readonly keyid: string;
  /** Milliseconds since 1970: with the first of the key's certificates, every client drops the key. */
  readonly notAfter: number;
}

/** How long a role is valid, in days: what is asked for, and what a station allows. */
export interface ExpiryRule {
  readonly usual: number;
  readonly least: number;
  readonly most: number;
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
  /** What {@link parse} made of these very bytes lately; null says nothing about them. */
  known(role: string, file: Uint8Array): SignedDocument | null;
  /** The file of a payload and its signatures. `outside`: members of the envelope besides them. */
  write(payload: Uint8Array, signatures: readonly Signature[], outside: JsonObject): Uint8Array;
  /** Members of a document that this program has no idea of: kept, and shown as not understood. JSON pointers. */
  notUnderstood(document: SignedDocument): readonly string[];

  /** Who signs a top-level role, as a root says; keys that may not be used for the repository now are left out. */
  roleKeys(root: SignedDocument, role: string, context: KeyContext): RoleKeys;
  /**
   * Who signs a top-level role, as a root says; keys that may not be used now among them. Slots of an unsigned
   * root count as keys that nobody can verify with.
   */
  declaredKeys(root: SignedDocument, role: string): RoleKeys;
  /** Root keys that clients take for other repositories too, and the names that say so. */
  sharedRootKeys(root: SignedDocument): readonly { readonly id: string; readonly name: string }[];
  /** Who signs a delegated role, as its parent says; null if it is not declared there. */
  delegatedKeys(parent: SignedDocument, role: string): RoleKeys | null;
  /** The roles that a targets document delegates to, in its order, which decides who is asked first. */
  delegations(parent: SignedDocument): readonly Delegation[];
  /**
   * The roles above a delegated role, outermost first, where its name says so (Notary); null where names are free
   * (TUF), and only the documents say who delegates to whom.
   */
  ancestry(role: string): readonly string[] | null;
  /** What the paths of delegations are: beginnings of names (Notary; an empty one for all), or patterns (TUF). */
  readonly paths: 'beginnings' | 'patterns';
  /** Whether a delegation lets its role hold a target of that name. */
  covers(delegation: DelegatedNames, target: string): boolean;
  /** Those of a document's delegations that let their roles hold a target of that name, in order. */
  covering(delegations: readonly Delegation[], target: string): readonly Delegation[];
  /** Whether there may be a name that both cover. */
  meet(one: DelegatedNames, other: DelegatedNames): boolean;
  /** Whether roles may be delegated to by the hashes of target names, so that a name says in which role it belongs. */
  readonly delegatesByHash: boolean;
  /** A delegation as far as what its parent was given allows (Notary drops paths that are wider). */
  within(delegation: Delegation, above: DelegatedNames): Delegation;
  /**
   * In which order clients ask targets roles: all of one depth before the next, where a role holds no name that those
   * above it may not (Notary); or each with everything below it, in the order of the list, until a terminating one (TUF).
   */
  readonly search: 'breadth-first' | 'depth-first';
  /** Roles whose targets Docker's client takes for images, in its order; null where any role's target counts (TUF). */
  readonly released: readonly string[] | null;
  /** Whether a delegated role must have a file as soon as it is declared, since clients stop without it (TUF). */
  readonly declaredMustExist: boolean;
  /** Whether one signature of the key over the payload is valid; only {@link countSigners} may ask. */
  isValid(key: MetadataKey, payload: Uint8Array, signature: Signature): boolean;

  /** How a key signs here. @throws KEY-ALGORITHM where the dialect has no such keys for the role */
  scheme(algorithm: PublicKey['algorithm'], role: string): SignatureScheme;
  /** A raw signature as the envelope carries it. */
  signature(keyid: string, key: PublicKey, raw: Uint8Array): Signature;

  /** What a fill of kind `key` carries: the key object as bytes. */
  keyValue(key: PublicKey): Uint8Array;
  /**
   * The key object of an X.509 certificate (PEM), for roles whose keys may be certificates that somebody else made.
   *
   * @throws CERTIFICATE-* where it has ended or is weak
   */
  certificateValue(pem: Uint8Array, context: KeyContext): Uint8Array;
  /** What a fill's value, a change or a server's answer declares. `role` decides which kinds are allowed. */
  readKey(role: string, value: Uint8Array, context: KeyContext): MetadataKey;

  /** The entries by name; with `unlike`, those left out that are the same there, byte for byte. */
  targets(document: SignedDocument, unlike?: SignedDocument): ReadonlyMap<string, TargetEntry>;
  /** One entry; null if the document has none of that name. */
  target(document: SignedDocument, name: string): TargetEntry | null;
  /** Why a target cannot carry these custom data (which are not null), where the dialect allows less than JSON does. */
  customFault(custom: Json): string | null;
  /** What a snapshot or timestamp lists; read once, however often it is asked. */
  listed(document: SignedDocument): ReadonlyMap<string, ListedFile>;
  /** Whether a snapshot lists the root beside the targets roles. */
  readonly snapshotListsRoot: boolean;
  /** Whether files are served under names with their version, so that a reader never meets a mixture. */
  consistent(root: SignedDocument): boolean;
  /** When the certificates of a root's keys end; none where keys stand bare. */
  certificateEnds(root: SignedDocument): readonly CertificateEnd[];

  /** A root without roles and keys, and targets without entries; version and expiry come with what is put in. */
  newRoot(): JsonObject;
  newTargets(): JsonObject;
  /** `signed` of a root with other quorums, version and expiry. Keys that a change leaves without a role go. */
  withQuorums(
    signed: JsonObject,
    quorums: ReadonlyMap<string, Quorum>,
    version: number,
    expires: string,
  ): JsonObject;
  /** `signed` of targets with other delegations; keys that no delegation uses any more go. */
  withDelegations(signed: JsonObject, edits: readonly DelegationEdit[]): JsonObject;
  /** The payload of targets with other entries, version and expiry; everything else stays. Null entry = removed. */
  withTargets(
    before: SignedContent,
    changed: ReadonlyMap<string, TargetEntry | null>,
    version: number,
    expires: string,
  ): Uint8Array;
  /** `signed` of a snapshot: as the one before, with these files of targets roles (and the root) in their new versions. */
  newSnapshot(
    before: SignedDocument | null,
    files: ReadonlyMap<string, SignedDocument>,
    version: number,
    expires: string,
  ): JsonObject;
  newTimestamp(
    before: SignedDocument | null,
    snapshot: SignedDocument,
    version: number,
    expires: string,
  ): JsonObject;
  /** How long a role is valid; delegated roles as `targets`. */
  expiry(role: string): ExpiryRule;

  /** Null where keys stand bare in the metadata. */
  readonly certificates: CertificateMaker | null;

  /** Roles whose keys offline stations hold, and what stands in a root for a key of theirs that is not known yet. */
  readonly offlineRoles: readonly { readonly role: string; readonly slot: 'key' | 'certificate' }[];
  /**
   * Whether snapshot and timestamp are signed by the keys of the root before a new one, too: readers who are between
   * the two roots then find nothing that they must refuse (TUF). Elsewhere such a signature would be a fault.
   */
  readonly outgoingKeysSign: boolean;
  /** Roles whose keys are held online. */
  readonly onlineRoles: readonly string[];
}
