import { CountersignError } from '../../errors.ts';
import { isEncrypted, openForeignKey } from '../../signer/keyfile/foreign-key.ts';
import { foreignBlocks, type ForeignBlock } from '../../signer/keyfile/foreign-pem.ts';
import type { Passphrases } from '../../signer/keyfile/passphrases.ts';
import type { PublicKey } from '../../metadata/key.ts';
import { foreignFiles, readForeignFile, type ForeignFile } from '../combining/foreign-files.ts';
import { foreignRole, namedKey } from '../combining/foreign-role.ts';
import type { DialectName } from '../../metadata/dialect.ts';
import type { Side } from '../home/home.ts';
import { canonicalKeyId } from '../../metadata/station-key-id.ts';
import { checkHeldRole } from './key-roles.ts';

/** A key out of a file of another program, opened and ready to be taken in. */
export interface OpenedKey {
  readonly id: string;
  /** PKCS#8 PrivateKeyInfo; zeroed by {@link wipeKeys}. */
  readonly privateKeyInfo: Buffer;
  readonly public: PublicKey;
  readonly role: string;
  readonly repository: string | null;
  readonly file: string;
  /** Whether the file was named itself, and not found in a folder. */
  readonly named: boolean;
  /** The key ID that the file is named after, or says that it was exported from, where it is another one. */
  readonly misnamed: string | null;
}

/** A key in a folder that is not for this station. */
export interface SkippedKey {
  readonly file: string;
  readonly role: string;
  /** `no-role`: the file does not say what the key is for (Notary writes `delegation`). */
  readonly why: 'known' | 'other-side' | 'no-role';
  readonly id: string | null;
}

export interface OpenOptions {
  readonly files: readonly string[];
  readonly role: string | null;
  readonly repository: string | null;
  /** Whose rules the keys must fit. */
  readonly dialect: DialectName;
  readonly side: Side;
  readonly passphrases: Passphrases;
}

/**
 * Opens every key of the files: all of them, before anything is taken in. In a folder, keys that only the other half
 * holds are left out; a file that was named must be for this one.
 *
 * @throws CountersignError KEY-FILES, KEY-ROLE, KEY-REPOSITORY (exit 2), KEY-IMPORT, KEY-ALGORITHM (exit 3),
 *   PASSPHRASE-INCORRECT (exit 6)
 */
export async function openForeignKeys(
  options: OpenOptions,
): Promise<{ readonly keys: readonly OpenedKey[]; readonly skipped: readonly SkippedKey[] }> {
  const keys: OpenedKey[] = [];
  const skipped: SkippedKey[] = [];
  try {
    for (const file of foreignFiles(options.files)) {
      const bytes = readForeignFile(file);
      const blocks = at(file.path, () => foreignBlocks(bytes));
      try {
        for (const block of blocks) {
          const purpose = purposeOf(block, file, options);
          if (!purpose) {
            skipped.push({ file: file.path, role: '', why: 'no-role', id: namedKey(file.path).id });
            continue;
          }
          const { role, repository } = purpose;
          if (!isHeld(options, role, file))
            skipped.push({ file: file.path, role, why: 'other-side', id: namedKey(file.path).id });
          else keys.push(await openBlock(block, file, { role, repository }, options.passphrases));
        }
      } finally {
        bytes.fill(0);
        for (const { der } of blocks) der.fill(0);
      }
    }
    return { keys, skipped };
  } catch (error) {
    wipeKeys(keys);
    throw error;
  }
}

/** Zeroes the private keys. */
export function wipeKeys(keys: readonly OpenedKey[]): void {
  for (const { privateKeyInfo } of keys) privateKeyInfo.fill(0);
}

/** What the key is for; null where a file in a folder does not say. */
function purposeOf(
  block: ForeignBlock,
  file: ForeignFile,
  options: OpenOptions,
): ReturnType<typeof foreignRole> | null {
  try {
    return foreignRole({ ...block, path: file.path }, options);
  } catch (error) {
    if (file.named || !(error instanceof CountersignError) || error.check !== 'KEY-ROLE') throw error;
    return null;
  }
}

function isHeld({ side, dialect }: OpenOptions, role: string, file: ForeignFile): boolean {
  try {
    checkHeldRole(side, role, dialect);
    return true;
  } catch (error) {
    if (file.named) throw error;
    return false;
  }
}

async function openBlock(
  block: ForeignBlock,
  { path, named }: ForeignFile,
  { role, repository }: { readonly role: string; readonly repository: string | null },
  passphrases: Passphrases,
): Promise<OpenedKey> {
  const stated = namedKey(path).id ?? namedKey(`${block.path ?? ''}.key`).id;
  const secret = isEncrypted(block) ? await passphrases.of({ id: stated, role }) : null;
  try {
    const { privateKeyInfo, public: publicKey } = await openForeignKey(block, secret?.passphrase ?? null);
    const id = canonicalKeyId(publicKey);
    const misnamed = stated !== null && stated !== id ? stated : null;
    return { id, privateKeyInfo, public: publicKey, role, repository, file: path, named, misnamed };
  } catch (error) {
    throw located(error, path, secret?.origin);
  } finally {
    secret?.passphrase.fill(0);
  }
}

function at<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw located(error, path);
  }
}

/** The same refusal, saying of which file, and with whose passphrase. */
function located(error: unknown, where: string, origin?: string): unknown {
  if (!(error instanceof CountersignError)) return error;
  const { exit, check, message, expected, found, hint } = error;
  const said =
    check === 'PASSPHRASE-INCORRECT' && origin !== undefined ? `the passphrase from ${origin}` : found;
  return new CountersignError(exit, check, message, {
    where,
    cause: error.cause,
    ...(expected === undefined ? {} : { expected }),
    ...(said === undefined ? {} : { found: said }),
    ...(hint === undefined ? {} : { hint }),
  });
}
