import { randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import type { ScryptParameters } from './encrypted-private-key.ts';

const derive = promisify<
  Uint8Array,
  Uint8Array,
  number,
  { cost: number; blockSize: number; parallelization: number; maxmem: number },
  Buffer
>(scrypt);

/** What new key files get: about 128 MiB and a third of a second. */
const DEFAULT_PARAMETERS = { cost: 2 ** 17, blockSize: 8, parallelization: 1 } as const;
const SALT = 16;

/**
 * One passphrase and the keys that scrypt made of it: one derivation for each salt, however many files share it.
 * Both live outside the shared buffer pool and are zeroed by {@link PassphraseKeys.wipe}.
 */
export class PassphraseKeys {
  private readonly passphrase: Buffer;
  private readonly derived = new Map<string, Promise<Buffer>>();

  /** Takes a copy of the passphrase (UTF-8 bytes). */
  constructor(passphrase: Uint8Array) {
    this.passphrase = Buffer.allocUnsafeSlow(passphrase.length);
    this.passphrase.set(passphrase);
  }

  /** Whether it is this passphrase. */
  is(passphrase: Uint8Array): boolean {
    return this.passphrase.equals(passphrase);
  }

  key(parameters: ScryptParameters): Promise<Buffer> {
    const { salt, cost, blockSize, parallelization } = parameters;
    const name = `${String(cost)}:${String(blockSize)}:${String(parallelization)}:${Buffer.from(salt).toString('hex')}`;
    let key = this.derived.get(name);
    if (key === undefined) {
      const maxmem = 128 * cost * blockSize + 128 * blockSize * parallelization + 1024 * 1024;
      key = derive(this.passphrase, salt, 32, { cost, blockSize, parallelization, maxmem });
      this.derived.set(name, key);
    }
    return key;
  }

  async wipe(): Promise<void> {
    this.passphrase.fill(0);
    // one that could not be derived was said where it was asked for
    for (const key of this.derived.values())
      await key.then(
        (bytes) => bytes.fill(0),
        () => undefined,
      );
    this.derived.clear();
  }
}

/** Parameters for new key files, with a salt of their own. */
export function newParameters(): ScryptParameters {
  return { ...DEFAULT_PARAMETERS, salt: randomBytes(SALT) };
}

/** Whether new files may go on with these parameters: the same cost as {@link newParameters} would choose. */
export function stillCurrent({ cost, blockSize, parallelization }: ScryptParameters): boolean {
  return (
    cost === DEFAULT_PARAMETERS.cost &&
    blockSize === DEFAULT_PARAMETERS.blockSize &&
    parallelization === DEFAULT_PARAMETERS.parallelization
  );
}
