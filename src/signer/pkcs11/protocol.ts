import type { Algorithm } from '../../metadata/key.ts';
import type { RawTokenInfo } from './cryptoki.ts';
import type { SignMechanism } from './sign-mechanism.ts';

/** A token as the module describes it; `slot` is its place in the list of this one child. */
export interface TokenFacts extends RawTokenInfo {
  readonly slot: number;
}

/** A private key as the enumeration after the login found it. */
export interface KeyFacts {
  /** CKA_ID, hex. */
  readonly id: string;
  readonly label: string;
  /** How many private keys of the token have this CKA_ID: more than one is never used. */
  readonly count: number;
  readonly alwaysAuthenticate: boolean;
}

/** A public key in the attributes of its token object, still unparsed. */
export interface RawPublicKey {
  readonly keyType: number | null;
  readonly ecParams: Uint8Array | null;
  readonly ecPoint: Uint8Array | null;
  readonly modulus: Uint8Array | null;
  readonly exponent: Uint8Array | null;
}

export interface PublicKeyFacts {
  readonly id: string;
  readonly label: string;
  readonly raw: RawPublicKey;
}

/** What the module claims of one private key; an attribute that cannot be read is null, never true. */
export interface KeyClaims {
  readonly attributes: Readonly<Record<string, boolean | null>>;
  readonly keyGenMechanism: number | null;
  /** The module handed out the value of the private key. */
  readonly valueReadable: boolean;
}

/** The numbers of a private key, as PKCS#11 attributes hold them. */
export type PrivateKeyParts =
  | {
      readonly kind: 'ec';
      readonly curve: 'p256' | 'p384' | 'ed25519';
      /** The secret number, or the seed of Ed25519. */
      readonly value: Uint8Array;
      /** Uncompressed point, or the 32 bytes of Ed25519. */
      readonly point: Uint8Array;
    }
  | {
      readonly kind: 'rsa';
      readonly modulus: Uint8Array;
      readonly publicExponent: Uint8Array;
      readonly privateExponent: Uint8Array;
      readonly prime1: Uint8Array;
      readonly prime2: Uint8Array;
      readonly exponent1: Uint8Array;
      readonly exponent2: Uint8Array;
      readonly coefficient: Uint8Array;
    };

export interface SignRequest {
  readonly id: string;
  readonly mechanism: SignMechanism;
  readonly input: Uint8Array;
}

export interface NewKey {
  readonly algorithm: Algorithm;
  readonly label: string;
  readonly id: string;
}

/** The template that the token took, 1 being the strictest, and what it claims of the new key. */
export interface MadeKey {
  readonly tier: number;
  readonly claims: KeyClaims;
}

/** The calls that the parent may make: what goes in, what comes out; `each` of long ones comes as it is ready. */
export interface Calls {
  readonly open: {
    readonly in: { readonly module: string; readonly parameters: string | null };
    readonly out: TokenFacts[];
  };
  readonly mechanisms: { readonly in: { readonly slot: number }; readonly out: number[] };
  /** Opens a session, if the token in the slot is still this one. */
  readonly select: {
    readonly in: { readonly slot: number; readonly label: string; readonly serial: string };
    readonly out: TokenFacts;
  };
  /** The selected token's information, read anew. */
  readonly token: { readonly in: null; readonly out: TokenFacts };
  /** One C_Login; refused without one if the token has changed or its PIN state is worse than `finalTry` allows. */
  readonly login: {
    readonly in: { readonly pin: Uint8Array; readonly finalTry: boolean };
    readonly out: null;
  };
  readonly keys: { readonly in: null; readonly out: KeyFacts[] };
  readonly publicKeys: { readonly in: null; readonly out: PublicKeyFacts[] };
  readonly claims: { readonly in: { readonly ids: readonly string[] }; readonly out: readonly KeyClaims[] };
  /** Makes key pairs, in order. */
  readonly generate: {
    readonly in: { readonly tasks: readonly NewKey[] };
    readonly each: MadeKey;
    readonly out: null;
  };
  /** Creates both objects of a key pair that was made elsewhere; what an interrupted run left of it goes first. */
  readonly take: {
    readonly in: { readonly key: PrivateKeyParts; readonly label: string; readonly id: string };
    readonly out: { readonly tier: number };
  };
  /** Destroys the key pair with this CKA_ID; how many objects that were. */
  readonly destroy: { readonly in: { readonly id: string }; readonly out: number };
  /** Another session, so that objects that lived only in the first are gone. The login stays. */
  readonly reopen: { readonly in: null; readonly out: null };
  /** Signs in order. `pin` only after consent: one context login for each signature that asks for it. */
  readonly sign: {
    readonly in: { readonly tasks: readonly SignRequest[]; readonly pin: Uint8Array | null };
    readonly each: Uint8Array;
    readonly out: null;
  };
  readonly close: { readonly in: null; readonly out: null };
}

export type CallName = keyof Calls;
/** What a call gives bit by bit. */
export type Each<Name extends CallName> = Calls[Name] extends { readonly each: infer Part } ? Part : never;

export type Failure =
  | { readonly kind: 'cryptoki'; readonly method: string; readonly code: number; readonly rv: string }
  | { readonly kind: 'addon' }
  | { readonly kind: 'load'; readonly message: string }
  /** Another token is in the slot. */
  | { readonly kind: 'swapped' }
  /** The PIN is locked, or its last attempt would be used without consent. */
  | { readonly kind: 'pin-state' }
  | { readonly kind: 'key'; readonly id: string; readonly count: number }
  /** The key does not say that it is sensitive and not extractable. */
  | { readonly kind: 'grade'; readonly id: string }
  /** A signature needs a context login that nobody has consented to. */
  | { readonly kind: 'consent' }
  | { readonly kind: 'internal'; readonly message: string };

export type ParentMessage = {
  [Name in CallName]: { readonly call: Name; readonly input: Calls[Name]['in'] };
}[CallName];

export type ChildMessage =
  | { readonly say: 'done'; readonly output: unknown }
  | { readonly say: 'failed'; readonly failure: Failure }
  /** Some of what the running call gives for each of its tasks, in order. */
  | { readonly say: 'some'; readonly outputs: readonly unknown[] };
