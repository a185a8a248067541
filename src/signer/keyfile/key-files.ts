import { createPrivateKey, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { refused } from '../../errors.ts';
import type { Algorithm } from '../../metadata/key.ts';
import type {
  GeneratedKey,
  GenerateTask,
  KeyLocation,
  Signer,
  SigningKey,
  SignTask,
  TakeTask,
} from '../signer.ts';
import {
  decryptPrivateKey,
  type EncryptedPrivateKey,
  encryptPrivateKey,
  type ScryptParameters,
} from './encrypted-private-key.ts';
import {
  eraseKeyFile,
  keyFileName,
  keyFileNames,
  readKeyFile,
  requireKeyFile,
  syncDirectory,
  writeKeyFile,
} from './key-file.ts';
import { newParameters, PassphraseKeys, stillCurrent } from './passphrase-keys.ts';
import { type KeyFileOwner, type Passphrases, wrongPassphrase } from './passphrases.ts';
import { describeKey, newPrivateKey } from './software-key.ts';
import { signWithKey } from './software-signature.ts';

export interface OpenKeyFilesOptions {
  /** The home's `keys/`. */
  readonly directory: string;
  readonly passphrases: Passphrases;
}

/** Each costs a third of a second to try. */
const MOST_SALTS = 8;
/** Keys that are looked at ahead of their use: others mostly share their salt, and each that has its own takes 128 MiB. */
const FORESEEN = 2;
/** Milliseconds of signing before the event loop gets a turn. */
const TURN = 50;

/** A passphrase that was used, with what scrypt makes of it, and the parameters of the files written under it. */
interface UsedPassphrase {
  readonly keys: PassphraseKeys;
  readonly origin: string;
  parameters: Promise<ScryptParameters> | null;
}

/**
 * Signs with encrypted key files. All files share one salt where they were made under one passphrase, so that
 * opening 1,000 costs one scrypt. Whether a passphrase is right shows when the first file is opened.
 */
export function openKeyFiles(options: OpenKeyFilesOptions): Signer {
  return new PassphraseSigner(options.directory, options.passphrases);
}

class PassphraseSigner implements Signer {
  private readonly directory: string;
  private readonly passphrases: Passphrases;
  private readonly used: UsedPassphrase[] = [];
  private readonly opened = new Map<string, KeyObject>();

  constructor(directory: string, passphrases: Passphrases) {
    this.directory = directory;
    this.passphrases = passphrases;
  }

  async sign(
    tasks: readonly SignTask[],
    onSignature?: (index: number, signature: Uint8Array) => void,
  ): Promise<Uint8Array[]> {
    // Every key opens before the first signature: a wrong passphrase must not leave half a batch.
    for (const { key } of tasks) await this.privateKey(key);
    const signatures: Uint8Array[] = [];
    let since = performance.now();
    for (const [index, task] of tasks.entries()) {
      const signature = signWithKey(await this.privateKey(task.key), task);
      signatures.push(signature);
      onSignature?.(index, signature);
      if (performance.now() - since < TURN) continue;
      await turn();
      since = performance.now();
    }
    return signatures;
  }

  /** New keys. A file that is there already, opens and has the algorithm is what an interrupted run made (M21). */
  async generate(tasks: readonly GenerateTask[]): Promise<GeneratedKey[]> {
    const generated: GeneratedKey[] = [];
    for (const { algorithm, id, role } of tasks) {
      const file = keyFileName(id);
      const owner = { id: null, role: role ?? '' };
      const existing = await readKeyFile(this.directory, file);
      const key =
        existing === null
          ? await this.create(algorithm, file, owner)
          : await this.decrypt(existing, file, owner);
      const described = describeKey(key, file);
      if (described.public.algorithm !== algorithm)
        throw refused('KEY-FILE-EXISTS', 'the key file holds a key of another algorithm', {
          expected: algorithm,
          found: described.public.algorithm,
          where: join(this.directory, file),
        });
      generated.push(described);
    }
    await syncDirectory(this.directory);
    return generated;
  }

  /** A file that is there already, opens and holds this key is what an interrupted run wrote (M21). */
  async take({ privateKeyInfo, public: expected, id, role }: TakeTask): Promise<GeneratedKey> {
    const file = keyFileName(id);
    const owner = { id: null, role };
    const existing = await readKeyFile(this.directory, file);
    const key =
      existing === null
        ? createPrivateKey({ key: Buffer.from(privateKeyInfo), format: 'der', type: 'pkcs8' })
        : await this.decrypt(existing, file, owner);
    const described = describeKey(key, file);
    if (!Buffer.from(described.public.spki).equals(expected.spki))
      throw refused('KEY-FILE-EXISTS', 'the key file holds another key', {
        where: join(this.directory, file),
      });
    if (existing === null) await this.store(key, file, owner);
    await syncDirectory(this.directory);
    return described;
  }

  async destroy({ location }: SigningKey): Promise<boolean> {
    const file = fileOf(location);
    this.opened.delete(file);
    return eraseKeyFile(this.directory, file);
  }

  async prepare(owners: readonly KeyFileOwner[]): Promise<void> {
    for (const owner of owners) (await this.passphrases.of(owner)).passphrase.fill(0);
  }

  async foresee(keys: readonly SigningKey[]): Promise<void> {
    for (const key of keys.slice(0, FORESEEN)) {
      try {
        if (!this.passphrases.isAtHand(key)) continue;
        const encrypted = await requireKeyFile(this.directory, fileOf(key.location));
        const { keys: derived } = await this.passphraseOf(key);
        derived.key(encrypted.scrypt).catch(() => undefined);
      } catch {
        // it is said when the key is used
      }
    }
  }

  async close(): Promise<void> {
    this.opened.clear();
    for (const { keys } of this.used.splice(0)) await keys.wipe();
    this.passphrases.wipe();
  }

  private async privateKey(key: SigningKey): Promise<KeyObject> {
    const file = fileOf(key.location);
    const known = this.opened.get(file);
    if (known !== undefined) return known;
    const opened = await this.decrypt(await requireKeyFile(this.directory, file), file, key);
    this.opened.set(file, opened);
    return opened;
  }

  /** The passphrase for a key; equal ones share what was derived from them. */
  private async passphraseOf(owner: KeyFileOwner): Promise<UsedPassphrase> {
    const { passphrase, origin } = await this.passphrases.of(owner);
    try {
      const known = this.used.find(({ keys }) => keys.is(passphrase));
      if (known !== undefined) return known;
      const used: UsedPassphrase = { keys: new PassphraseKeys(passphrase), origin, parameters: null };
      this.used.push(used);
      return used;
    } finally {
      passphrase.fill(0);
    }
  }

  private async decrypt(
    encrypted: EncryptedPrivateKey,
    file: string,
    owner: KeyFileOwner,
  ): Promise<KeyObject> {
    const { keys, origin } = await this.passphraseOf(owner);
    const where = join(this.directory, file);
    const plain = decryptPrivateKey(encrypted, await keys.key(encrypted.scrypt));
    if (plain === null) throw wrongPassphrase(where, origin);
    try {
      return createPrivateKey({ key: plain, format: 'der', type: 'pkcs8' });
    } catch (cause) {
      throw refused('KEY-FILE-FORMAT', 'the key file holds no private key', { where, cause });
    } finally {
      plain.fill(0);
    }
  }

  private async create(algorithm: Algorithm, file: string, owner: KeyFileOwner): Promise<KeyObject> {
    const privateKey = await newPrivateKey(algorithm);
    await this.store(privateKey, file, owner);
    return privateKey;
  }

  private async store(key: KeyObject, file: string, owner: KeyFileOwner): Promise<void> {
    const used = await this.passphraseOf(owner);
    used.parameters ??= this.sharedParameters(used.keys);
    const parameters = await used.parameters;
    const derived = await used.keys.key(parameters);
    const plain = key.export({ format: 'der', type: 'pkcs8' });
    try {
      await writeKeyFile(this.directory, file, encryptPrivateKey(plain, derived, parameters));
    } finally {
      plain.fill(0);
    }
  }

  /** The salt of a file that this passphrase opens, or a new one: one salt, one scrypt. */
  private async sharedParameters(keys: PassphraseKeys): Promise<ScryptParameters> {
    const tried = new Set<string>();
    for (const name of (await keyFileNames(this.directory)).sort()) {
      const encrypted = await readKeyFile(this.directory, name);
      if (encrypted === null || !stillCurrent(encrypted.scrypt)) continue;
      const salt = Buffer.from(encrypted.scrypt.salt).toString('hex');
      if (tried.has(salt)) continue;
      if (tried.add(salt).size > MOST_SALTS) break;
      const plain = decryptPrivateKey(encrypted, await keys.key(encrypted.scrypt));
      plain?.fill(0);
      if (plain !== null) return encrypted.scrypt;
    }
    return newParameters();
  }
}

function fileOf(location: KeyLocation): string {
  if (location.kind === 'keyfile') return location.file;
  throw refused('KEY-FILE', 'the key is in a token, not in a file');
}
