import type { Algorithm, PublicKey, SignatureScheme } from '../metadata/key.ts';

/** Where a private key lives. */
export type KeyLocation =
  | { readonly kind: 'keyfile'; /** file name below the home's `keys/` */ readonly file: string }
  | {
      readonly kind: 'token';
      /** Absolute path of the PKCS#11 module; on the station's allow-list. */
      readonly module: string;
      readonly token: string;
      readonly serial: string;
      /** CKA_ID, hex. */
      readonly id: string;
      readonly label: string;
    };

/** What a key protects against extraction: A, B as the token claims (facts of its attributes); F for a key file. */
export type Grade = 'A' | 'B' | 'F';

/** A signing key as the station's ledger pinned it at birth. */
export interface SigningKey {
  /** Notary's canonical key ID of the public key: what `notary key list` prints. */
  readonly id: string;
  readonly public: PublicKey;
  readonly role: string;
  /** Repository (`dialect:name`) that the key is bound to, or null while it may still serve any one. */
  readonly repository: string | null;
  readonly location: KeyLocation;
  readonly grade: Grade;
}

export interface SignTask {
  readonly key: SigningKey;
  readonly scheme: SignatureScheme;
  readonly message: Uint8Array;
}

export interface GenerateTask {
  readonly algorithm: Algorithm;
  readonly label: string;
  /** CKA_ID for a token (hex, 16 random bytes, recorded in the ledger beforehand, M21); file stem for a key file. */
  readonly id: string;
  /** What it is for, which says the passphrase of a key file. */
  readonly role?: string;
}

/** A private key of another program, to be taken in. */
export interface TakeTask {
  /** PKCS#8 PrivateKeyInfo, DER; stays the caller's, to be zeroed there. */
  readonly privateKeyInfo: Uint8Array;
  readonly public: PublicKey;
  readonly label: string;
  /** As in {@link GenerateTask}. */
  readonly id: string;
  readonly role: string;
}

export interface GeneratedKey {
  readonly public: PublicKey;
  readonly location: KeyLocation;
  readonly grade: Grade;
  /** Raw attribute values as the token said them, for the ledger. */
  readonly attributes: Readonly<Record<string, string>>;
}

/**
 * Something that holds private keys and is unlocked: one logged-in token, or the key files of one passphrase.
 * Signatures come back in the raw forms of {@link SignatureScheme}, in the order of the tasks, each already
 * verified once against the pinned public key (R11); `onSignature` is called as each arrives, so that the
 * caller can record it.
 */
export interface Signer {
  sign(
    tasks: readonly SignTask[],
    onSignature?: (index: number, signature: Uint8Array) => void,
  ): Promise<Uint8Array[]>;
  generate(tasks: readonly GenerateTask[]): Promise<GeneratedKey[]>;
  /** Takes in a key that was made elsewhere: never of grade A. One that an interrupted run took in is gone on with. */
  take(task: TakeTask): Promise<GeneratedKey>;
  /** Destroys a key for good; false where it was gone already. */
  destroy(key: SigningKey): Promise<boolean>;
  /** Asks for the secrets of these keys now, where each may have its own. */
  prepare?(keys: readonly { readonly id: string | null; readonly role: string }[]): Promise<void>;
  /**
   * These keys will probably sign: begins what takes long, asks nobody and opens no key. It never fails: what goes wrong
   * shows when they do sign.
   */
  foresee?(keys: readonly SigningKey[]): Promise<void>;
  close(): Promise<void>;
}
