import { refused, unavailable } from '../../errors.ts';

/** What a key file's passphrase depends on. */
export interface KeyFileOwner {
  /** The key's ID; null for a key that is being made. */
  readonly id: string | null;
  readonly role: string;
}

/** A passphrase, UTF-8 bytes, to be zeroed by whoever asked for it; and where it came from, for messages. */
export interface Passphrase {
  readonly passphrase: Buffer;
  readonly origin: string;
}

/** Where the passphrases of key files come from. */
export interface Passphrases {
  /** @throws CountersignError where there is none, or PASSPHRASE-EMPTY (exit 3) */
  of(owner: KeyFileOwner): Promise<Passphrase>;
  /** Whether {@link of} answers without asking anybody. */
  isAtHand(owner: KeyFileOwner): boolean;
  /** Zeroes whatever is kept between questions. */
  wipe(): void;
}

/** One passphrase for everything; copied, so that the caller can zero its own. */
export function onePassphrase(passphrase: Uint8Array, origin: string): Passphrases {
  const kept = Buffer.allocUnsafeSlow(passphrase.length);
  kept.set(passphrase);
  return {
    of() {
      if (kept.length === 0)
        return Promise.reject(
          refused('PASSPHRASE-EMPTY', 'the passphrase is empty', { hint: 'key files are always encrypted' }),
        );
      return Promise.resolve({ passphrase: copyOf(kept), origin });
    },
    isAtHand: () => true,
    wipe() {
      kept.fill(0);
    },
  };
}

/** A copy outside the shared buffer pool. */
export function copyOf(secret: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafeSlow(secret.length);
  copy.set(secret);
  return copy;
}

/** The one error of a passphrase that is not the one. */
export function wrongPassphrase(where: string, origin: string): Error {
  return unavailable('PASSPHRASE-INCORRECT', 'the passphrase does not open the key file', {
    found: `the passphrase from ${origin}`,
    where,
    hint: 'check which passphrase belongs to this key; nothing was signed. A damaged file looks the same',
  });
}
