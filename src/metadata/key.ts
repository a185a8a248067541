/** Key algorithms that a signing key may have, as the command line names them. */
export const ALGORITHMS = [
  'ecdsa-p256',
  'ecdsa-p384',
  'ed25519',
  'rsa-2048',
  'rsa-3072',
  'rsa-4096',
] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/**
 * How a message is signed. Raw forms throughout: ECDSA is r||s of fixed width (64 or 96 bytes), Ed25519 is 64
 * bytes over the message itself, RSASSA-PSS has MGF1-SHA-256 and a salt of 32 bytes. A dialect that writes
 * another encoding (DER) converts on its own.
 */
export type SignatureScheme = 'ecdsa-sha256' | 'ecdsa-sha384' | 'ed25519' | 'rsassa-pss-sha256';

/** A public key as every layer passes it on: DER SubjectPublicKeyInfo (RFC 5280) and what it holds. */
export interface PublicKey {
  readonly algorithm: Algorithm;
  readonly spki: Uint8Array;
}
