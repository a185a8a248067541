import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { fstat, read } from 'node:fs';
import { promisify } from 'node:util';
import { refused, usage } from '../errors.ts';

/** `--pin-file [LABEL=]FILE`, `--passphrase-file [KEYID=]FILE`. */
export interface SecretFile {
  /** Which token or key the secret is for; null in the bare form. */
  readonly name: string | null;
  readonly file: string;
}

const MAX_BYTES = 1024;
/** Open pipes that a shell passes on, as `<(command)` does. */
const PASSED = /^(?:\/dev\/fd|\/proc\/self\/fd)\/([0-9]{1,4})$/;
const [LF, CR] = [0x0a, 0x0d];

/** Parses one option; a path with `=` in it needs a slash before the sign, or a name. */
export function parseSecretFile(option: string): SecretFile {
  const equals = option.indexOf('=');
  const name = equals < 0 ? '' : option.slice(0, equals);
  const bare = equals < 0 || name.includes('/');
  const file = bare ? option : option.slice(equals + 1);
  if (file === '' || (!bare && name === ''))
    throw usage('SECRET-FILE-OPTION', 'the option names no file', { expected: 'FILE or NAME=FILE' });
  return { name: bare ? null : name, file };
}

/**
 * Which file holds the secret called `name`; null if none does and people must be asked.
 *
 * @param needed how many secrets of this kind the command needs: the bare form stands for exactly one
 * @throws CountersignError SECRET-FILE-BARE, SECRET-FILE-TWICE (exit 2)
 */
export function chooseSecretFile(files: readonly SecretFile[], name: string, needed: number): string | null {
  const bare = files.filter((file) => file.name === null);
  if (bare.length > 0 && (needed > 1 || files.length > 1))
    throw usage(
      'SECRET-FILE-BARE',
      'a secret file without a name, where several secrets are needed or given',
      {
        expected: 'NAME=FILE for each',
        found: `${String(needed)} needed, ${String(files.length)} given`,
        hint: `as ${name}=FILE`,
      },
    );
  const named = files.filter((file) => file.name === name);
  if (named.length > 1) throw usage('SECRET-FILE-TWICE', 'two secret files for one name', { found: name });
  return (named[0] ?? bare[0])?.file ?? null;
}

/**
 * Reads a secret (S22): a regular file or a pipe, not a link, of our own user, closed to everybody else, at most
 * 1 KiB; exactly one LF or CRLF at the end is dropped. The buffer lies outside the shared pool: {@link wipe} it.
 *
 * @throws CountersignError SECRET-FILE (exit 2) if there is none; SECRET-FILE-KIND, -OWNER, -MODE, -SIZE, -EMPTY (exit 3)
 */
export async function readSecretFile(path: string): Promise<Buffer> {
  const passed = PASSED.exec(path)?.[1];
  if (passed !== undefined) return readDescriptor(Number(passed), path);
  const handle = await openFile(path);
  try {
    return await readDescriptor(handle.fd, path);
  } finally {
    await handle.close();
  }
}

/** Zeroes a secret. */
export function wipe(secret: Uint8Array): void {
  secret.fill(0);
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NOCTTY);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ELOOP')
      throw refused('SECRET-FILE-KIND', 'the secret file is a link', {
        where: path,
        hint: 'name the file itself',
      });
    throw usage('SECRET-FILE', 'the secret file cannot be opened', {
      found: code ?? 'error',
      where: path,
      cause,
    });
  }
}

async function readDescriptor(fd: number, path: string): Promise<Buffer> {
  const status = await promisify(fstat)(fd).catch((cause: unknown) => {
    throw usage('SECRET-FILE', 'the secret file cannot be opened', { where: path, cause });
  });
  if (!status.isFile() && !status.isFIFO())
    throw refused('SECRET-FILE-KIND', 'the secret file is neither a file nor a pipe', { where: path });
  if (status.uid !== process.geteuid?.())
    throw refused('SECRET-FILE-OWNER', 'the secret file belongs to another user', {
      expected: `user ${String(process.geteuid?.())}`,
      found: `user ${String(status.uid)}`,
      where: path,
    });
  if ((status.mode & 0o077) !== 0)
    throw refused('SECRET-FILE-MODE', 'others can read the secret file', {
      expected: 'mode 600 or 400',
      found: `mode ${(status.mode & 0o777).toString(8)}`,
      where: path,
      hint: 'chmod 600 it, and change the secret if others could have read it',
    });
  const space = Buffer.allocUnsafeSlow(MAX_BYTES + 1);
  try {
    return withoutLineEnd(space.subarray(0, await fill(fd, space)), path);
  } finally {
    space.fill(0);
  }
}

async function fill(fd: number, space: Buffer): Promise<number> {
  const readSome = promisify(read);
  let length = 0;
  while (length < space.length) {
    const { bytesRead } = await readSome(fd, space, length, space.length - length, null);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return length;
}

function withoutLineEnd(bytes: Buffer, path: string): Buffer {
  if (bytes.length > MAX_BYTES)
    throw refused('SECRET-FILE-SIZE', 'the secret file is too large', {
      expected: `at most ${String(MAX_BYTES)} bytes`,
      where: path,
    });
  let { length } = bytes;
  if (bytes[length - 1] === LF) length -= bytes[length - 2] === CR ? 2 : 1;
  if (length === 0) throw refused('SECRET-FILE-EMPTY', 'the secret file is empty', { where: path });
  const secret = Buffer.allocUnsafeSlow(length);
  bytes.copy(secret, 0, 0, length);
  return secret;
}
