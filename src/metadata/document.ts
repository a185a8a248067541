import type { Json, JsonObject } from '../encoding/json.ts';
import type { PublicKey } from './key.ts';
import type { SignedContent } from './signed-content.ts';

/** One signature of an envelope, its value decoded. */
export interface Signature {
  readonly keyid: string;
  readonly method: string;
  readonly value: Uint8Array;
}

/** A metadata file: the bytes as they came, what they say, and the bytes that its signatures cover. */
export interface SignedDocument extends SignedContent {
  readonly role: string;
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly expires: number;
  /** Canonical form of what is signed: what is signed and what marks and bases hash. */
  readonly payload: Uint8Array;
  readonly signatures: readonly Signature[];
  /** Members of the envelope besides `signed` and `signatures`: kept as they are, and not signed by anybody. */
  readonly outside: JsonObject;
  readonly file: Uint8Array;
}

/** A key as metadata declares it. */
export interface MetadataKey {
  /** The ID under which metadata lists it. */
  readonly id: string;
  /** The ID of the bare public key; in Notary it differs from `id` for certificates. */
  readonly canonicalId: string;
  /** Null where the key is of a kind that nobody can verify with. */
  readonly public: PublicKey | null;
}

/** Who may sign a role. */
export interface RoleKeys {
  readonly threshold: number;
  readonly keys: readonly MetadataKey[];
}

/** A target: length in bytes and digests in lower-case hex. */
export interface TargetEntry {
  readonly length: number;
  readonly hashes: Readonly<Record<string, string>>;
  /** What its publisher says of it beside that; left out where it says nothing. */
  readonly custom?: Json | undefined;
}

/** What snapshot and timestamp say of another file; null where a dialect leaves it out. */
export interface ListedFile {
  /** Exactly this version. */
  readonly version: number | null;
  /** Bytes, at most. */
  readonly length: number | null;
  /** Lower-case hex by algorithm; empty where only the version is listed. */
  readonly hashes: Readonly<Record<string, string>>;
}
