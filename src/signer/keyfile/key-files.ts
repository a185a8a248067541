import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { refused, unavailable } from '../../errors.ts';
import type { Algorithm } from '../../metadata/key.ts';
import { publicKeyFromSpki } from '../../metadata/public-key.ts';
import type { GeneratedKey, GenerateTask, Signer, SignTask } from '../signer.ts';
import {
  decryptPrivateKey,
  type EncryptedPrivateKey,
  encryptPrivateKey,
  type ScryptParameters,
} from './encrypted-private-key.ts';
import { keyFileName, readKeyFile, requireKeyFile, syncDirectory, writeKeyFile } from './key-file.ts';
import { newParameters, PassphraseKeys, stillCurrent } from './passphrase-keys.ts';
import { signWithKey } from './software-signature.ts';

export interface OpenKeyFilesOptions {
  /** The home's `keys/`. */
  readonly directory: string;
  /** UTF-8 bytes; copied, so that the caller can zero its own. */
  readonly passphrase: Uint8Array;
}

/** The key files of one passphrase; {@link KeyFiles.close} zeroes it. */
export interface KeyFiles extends Signer {
  /** Takes in a private key (PKCS#8 PrivateKeyInfo, DER) that another program made. */
  take(privateKeyInfo: Uint8Array, id: string): Promise<GeneratedKey>;
}

/** Milliseconds of signing before the event loop gets a turn. */
const TURN = 50;
const generate = promisify(generateKeyPair) as (
  type: string,
  options: object,
) => Promise<{ publicKey: KeyObject; privateKey: KeyObject }>;

/**
 * Signs with encrypted key files. All files share one salt where they were made under one passphrase, so that
 * opening 1,000 costs one scrypt. Whether the passphrase is right shows when the first file is opened.
 *
 * @throws CountersignError PASSPHRASE-EMPTY (exit 3)
 */
export function openKeyFiles(options: OpenKeyFilesOptions): KeyFiles {
  if (options.passphrase.length === 0)
    throw refused('PASSPHRASE-EMPTY', 'the passphrase is empty', { hint: 'key files are always encrypted' });
  return new PassphraseSigner(options.directory, new PassphraseKeys(options.passphrase));
}

class PassphraseSigner implements KeyFiles {
  private readonly directory: string;
  private readonly keys: PassphraseKeys;
  private readonly opened = new Map<string, KeyObject>();
  private parameters: Promise<ScryptParameters> | null = null;

  constructor(directory: string, keys: PassphraseKeys) {
    this.directory = directory;
    this.keys = keys;
  }

  async sign(
    tasks: readonly SignTask[],
    onSignature?: (index: number, signature: Uint8Array) => void,
  ): Promise<Uint8Array[]> {
    // Every key opens before the first signature: a wrong passphrase must not leave half a batch.
    for (const { key } of tasks) {
      if (key.location.kind !== 'keyfile') throw refused('KEY-FILE', 'the key is in a token, not in a file');
      await this.privateKey(key.location.file);
    }
    const signatures: Uint8Array[] = [];
    let since = performance.now();
    for (const [index, task] of tasks.entries()) {
      const { file } = task.key.location as { file: string };
      const signature = signWithKey(await this.privateKey(file), task);
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
    for (const { algorithm, id } of tasks) {
      const file = keyFileName(id);
      const existing = await readKeyFile(this.directory, file);
      const key = existing === null ? await this.create(algorithm, file) : await this.decrypt(existing, file);
      const described = describe(key, file);
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

  async take(privateKeyInfo: Uint8Array, id: string): Promise<GeneratedKey> {
    const file = keyFileName(id);
    const key = createPrivateKey({ key: Buffer.from(privateKeyInfo), format: 'der', type: 'pkcs8' });
    const described = describe(key, file);
    await this.store(key, file);
    await syncDirectory(this.directory);
    return described;
  }

  async close(): Promise<void> {
    this.opened.clear();
    await this.keys.wipe();
  }

  private async privateKey(file: string): Promise<KeyObject> {
    const known = this.opened.get(file);
    if (known !== undefined) return known;
    const key = await this.decrypt(await requireKeyFile(this.directory, file), file);
    this.opened.set(file, key);
    return key;
  }

  private async decrypt(encrypted: EncryptedPrivateKey, file: string): Promise<KeyObject> {
    const plain = decryptPrivateKey(encrypted, await this.keys.key(encrypted.scrypt));
    if (plain === null)
      throw unavailable('PASSPHRASE-INCORRECT', 'the passphrase does not open the key file', {
        where: join(this.directory, file),
        hint: 'check which passphrase belongs to this key; nothing was signed. A damaged file looks the same',
      });
    try {
      return createPrivateKey({ key: plain, format: 'der', type: 'pkcs8' });
    } catch (cause) {
      throw refused('KEY-FILE-FORMAT', 'the key file holds no private key', {
        where: join(this.directory, file),
        cause,
      });
    } finally {
      plain.fill(0);
    }
  }

  private async create(algorithm: Algorithm, file: string): Promise<KeyObject> {
    const [type, options] = GENERATION[algorithm];
    const { privateKey } = await generate(type, options);
    await this.store(privateKey, file);
    return privateKey;
  }

  private async store(key: KeyObject, file: string): Promise<void> {
    this.parameters ??= this.sharedParameters();
    const parameters = await this.parameters;
    const derived = await this.keys.key(parameters);
    const plain = key.export({ format: 'der', type: 'pkcs8' });
    try {
      await writeKeyFile(this.directory, file, encryptPrivateKey(plain, derived, parameters));
    } finally {
      plain.fill(0);
    }
  }

  /** The salt of a file that this passphrase opens, or a new one: one salt, one scrypt. */
  private async sharedParameters(): Promise<ScryptParameters> {
    const [first] = (await readdir(this.directory)).filter((name) => /^[0-9a-z].*\.pem$/.test(name)).sort();
    const encrypted = first === undefined ? null : await readKeyFile(this.directory, first);
    if (encrypted === null || !stillCurrent(encrypted.scrypt)) return newParameters();
    const plain = decryptPrivateKey(encrypted, await this.keys.key(encrypted.scrypt));
    plain?.fill(0);
    return plain === null ? newParameters() : encrypted.scrypt;
  }
}

function describe(key: KeyObject, file: string): GeneratedKey {
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return { public: publicKeyFromSpki(spki), location: { kind: 'keyfile', file }, grade: 'F', attributes: {} };
}

const GENERATION: Readonly<Record<Algorithm, readonly [type: string, options: object]>> = {
  'ecdsa-p256': ['ec', { namedCurve: 'P-256' }],
  'ecdsa-p384': ['ec', { namedCurve: 'P-384' }],
  ed25519: ['ed25519', {}],
  'rsa-2048': ['rsa', { modulusLength: 2048 }],
  'rsa-3072': ['rsa', { modulusLength: 3072 }],
  'rsa-4096': ['rsa', { modulusLength: 4096 }],
};
