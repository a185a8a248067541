import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { decryptPrivateKey, encryptPrivateKey } from './encrypted-private-key.ts';
import { keyFileNames, readKeyFile, syncDirectory, writeKeyFile } from './key-file.ts';
import { newParameters, PassphraseKeys } from './passphrase-keys.ts';
import { wrongPassphrase, type Passphrase } from './passphrases.ts';

const FOLDER = /^\.passwd-([0-9a-f]{32})$/;

/** Key files under a new passphrase, written beside the old ones and not in use yet. */
export interface StagedPassphrase {
  /** 32 hex digits that tell this change from any other. */
  readonly batch: string;
  readonly files: readonly string[];
}

/**
 * Encrypts a key file under a new passphrase, and with it every other one that the old passphrase opens: what one
 * passphrase opened, one passphrase opens again. The new files are whole and synced in a folder of their own, and
 * count from {@link finishPassphraseChange} on.
 *
 * @throws CountersignError PASSPHRASE-INCORRECT (exit 6) where the old passphrase does not open the named file
 */
export async function stagePassphraseChange(
  directory: string,
  file: string,
  old: Passphrase,
  fresh: Uint8Array,
): Promise<StagedPassphrase> {
  const batch = randomBytes(16).toString('hex');
  const folder = join(directory, `.passwd-${batch}`);
  const [before, after] = [new PassphraseKeys(old.passphrase), new PassphraseKeys(fresh)];
  const parameters = newParameters();
  const files: string[] = [];
  try {
    await mkdir(folder, { mode: 0o700 });
    for (const name of [file, ...(await keyFileNames(directory)).filter((other) => other !== file).sort()]) {
      const encrypted = await readKeyFile(directory, name);
      if (encrypted === null) continue;
      const plain = decryptPrivateKey(encrypted, await before.key(encrypted.scrypt));
      if (plain === null && name === file) throw wrongPassphrase(join(directory, file), old.origin);
      if (plain === null) continue;
      try {
        await writeKeyFile(folder, name, encryptPrivateKey(plain, await after.key(parameters), parameters));
      } finally {
        plain.fill(0);
      }
      files.push(name);
    }
    await syncDirectory(folder);
    await syncDirectory(directory);
    return { batch, files };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  } finally {
    await before.wipe();
    await after.wipe();
  }
}

/**
 * Puts staged files in the place of the old ones, or drops them, after a kill too: a batch that was recorded is
 * finished, any other never happened.
 *
 * @param recorded whether the ledger holds the batch
 */
export async function finishPassphraseChange(
  directory: string,
  recorded: (batch: string) => boolean,
): Promise<void> {
  for (const name of await readdir(directory)) {
    const batch = FOLDER.exec(name)?.[1];
    if (batch === undefined) continue;
    const folder = join(directory, name);
    if (recorded(batch))
      for (const file of await keyFileNames(folder)) await rename(join(folder, file), join(directory, file));
    await syncDirectory(directory);
    await rm(folder, { recursive: true, force: true });
    await syncDirectory(directory);
  }
}
