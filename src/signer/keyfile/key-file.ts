import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, open, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { refused, unavailable, usage } from '../../errors.ts';
import { readPem, writePem } from '../../encoding/pem.ts';
import { type EncryptedPrivateKey, readEncryptedPrivateKey } from './encrypted-private-key.ts';

const LABEL = 'ENCRYPTED PRIVATE KEY';
/** RSA-4096 takes about 3,400 bytes. */
const MAX_BYTES = 16 * 1024;

/** The file name of a key by its stem. @throws CountersignError KEY-ID (exit 2) for a stem that is no plain name */
export function keyFileName(stem: string): string {
  if (!/^[0-9a-z][0-9a-z-]{0,79}$/.test(stem))
    throw usage('KEY-ID', 'the name of the key file is not a plain name');
  return `${stem}.pem`;
}

/**
 * Reads one key file, still encrypted; null if there is none.
 *
 * @throws CountersignError KEY-FILE-MODE, KEY-FILE-FORMAT, ENCODING-* (exit 3)
 */
export async function readKeyFile(directory: string, file: string): Promise<EncryptedPrivateKey | null> {
  const path = join(directory, file);
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (cause: unknown) => {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'ENOENT') return null;
      throw unavailable('KEY-FILE', 'the key file cannot be read', {
        where: path,
        found: code ?? 'error',
        cause,
      });
    },
  );
  if (handle === null) return null;
  try {
    const status = await handle.stat();
    const { mode, size } = status;
    if ((mode & 0o077) !== 0)
      throw refused('KEY-FILE-MODE', 'others can read the key file', {
        expected: 'mode 600',
        found: `mode ${(mode & 0o777).toString(8)}`,
        where: path,
        hint: `chmod 600 it, and think about who may have copied it`,
      });
    if (!status.isFile() || size > MAX_BYTES)
      throw refused('KEY-FILE-FORMAT', 'not a file, or too large for a key file', { where: path });
    return readEncryptedPrivateKey(readPem(LABEL, await handle.readFile()));
  } finally {
    await handle.close();
  }
}

/** {@link readKeyFile} of a file that must be there. @throws also KEY-FILE (exit 6) */
export async function requireKeyFile(directory: string, file: string): Promise<EncryptedPrivateKey> {
  const encrypted = await readKeyFile(directory, file);
  if (encrypted !== null) return encrypted;
  throw unavailable('KEY-FILE', 'the key file is gone', {
    where: join(directory, file),
    hint: 'bring it back from a backup of the home',
  });
}

/**
 * Writes an encrypted key whole or not at all, mode 0600, synced; never over another file. The folder is not synced
 * here: once for a batch, by {@link syncDirectory}.
 */
export async function writeKeyFile(directory: string, file: string, encrypted: Uint8Array): Promise<void> {
  const path = join(directory, file);
  const temporary = join(directory, `.${file}.${String(process.pid)}`);
  const handle = await open(temporary, 'wx', 0o600);
  try {
    await handle.writeFile(writePem(LABEL, encrypted));
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    // A link fails where the name is taken; a rename would replace.
    await link(temporary, path);
  } catch (cause) {
    throw usage('KEY-FILE-EXISTS', 'a key file of that name exists', { where: path, cause });
  } finally {
    await unlink(temporary);
  }
}

/** The names of the key files in a folder. */
export async function keyFileNames(directory: string): Promise<string[]> {
  return (await readdir(directory)).filter((name) => /^[0-9a-z][0-9a-z-]*\.pem$/.test(name));
}

/**
 * Overwrites a key file and removes it, both synced; false where there is none. What the disk itself keeps of old
 * blocks (a journal, a flash controller) is out of reach: the passphrase still stands before it.
 *
 * @throws CountersignError KEY-FILE (exit 6)
 */
export async function eraseKeyFile(directory: string, file: string): Promise<boolean> {
  const path = join(directory, file);
  try {
    const handle = await open(path, constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      await handle.write(randomBytes((await handle.stat()).size), 0, null, 0);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await unlink(path);
    await syncDirectory(directory);
    return true;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return false;
    throw unavailable('KEY-FILE', 'the key file cannot be erased', {
      where: path,
      found: code ?? 'error',
      cause,
    });
  }
}

/** Makes new names in the folder durable. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
