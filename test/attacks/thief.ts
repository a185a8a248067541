import { readFileSync } from 'node:fs';
import { canonicalBytes } from '../../src/encoding/canonical-json.ts';
import type { JsonObject } from '../../src/encoding/json.ts';
import { formatTime } from '../../src/encoding/time.ts';
import type { Dialect } from '../../src/metadata/dialect.ts';
import type { SignedDocument } from '../../src/metadata/document.ts';
import type { RepositoryFiles } from '../../src/metadata/verified.ts';
import { openKeyFiles } from '../../src/signer/keyfile/key-files.ts';
import { onePassphrase } from '../../src/signer/keyfile/passphrases.ts';
import type { Signer, SigningKey } from '../../src/signer/signer.ts';
import { openHome } from '../../src/station/home/home.ts';
import { keyFolder } from '../../src/station/keys/key-folder.ts';
import { foldKeys } from '../../src/station/keys/key-registry.ts';

/** Somebody who has a station's key files, and read their passphrase as it was typed. */
export interface Thief {
  readonly signer: Signer;
  readonly keys: readonly SigningKey[];
}

/** Steals the key files of a station. */
export async function thiefOf(home: string, passphraseFile: string): Promise<Thief> {
  const opened = await openHome(home, { write: false });
  try {
    const passphrase = readFileSync(passphraseFile).subarray(0, -1);
    const passphrases = onePassphrase(passphrase, 'the thief');
    return {
      signer: openKeyFiles({ directory: keyFolder(opened), passphrases }),
      keys: [...foldKeys(opened.ledger.lines()).keys.values()],
    };
  } finally {
    opened.close();
  }
}

/**
 * A file that the thief signs with all stolen keys of a role.
 *
 * @param by the role whose keys sign, where it is not the one that the file is for
 */
export async function stolenFile(
  { signer, keys }: Thief,
  dialect: Dialect,
  role: string,
  signed: JsonObject,
  by = role,
): Promise<Uint8Array> {
  const own = keys.filter((key) => key.role === by);
  const payload = canonicalBytes(signed);
  const raws = await signer.sign(
    own.map((key) => ({ key, scheme: dialect.scheme(key.public.algorithm, role), message: payload })),
  );
  const context = { repository: '', now: Date.now() };
  const signatures = own.map(({ public: key }, at) => {
    const { id } = dialect.readKey('targets', dialect.keyValue(key), context);
    return dialect.signature(id, key, raws[at] as Uint8Array);
  });
  return dialect.write(payload, signatures, {});
}

/** What the thief has snapshot and timestamp say; left out: what an honest publication would. */
export interface Lists {
  readonly snapshot?: number;
  readonly timestamp?: number;
  /** Seconds since 1970. */
  readonly expires?: number;
  /** Changes what the snapshot says. */
  readonly edit?: (signed: JsonObject) => JsonObject;
}

/** The same files under a snapshot and a timestamp that the thief signs over them. */
export async function relisted(
  thief: Thief,
  dialect: Dialect,
  files: RepositoryFiles,
  { snapshot, timestamp, expires = Date.now() / 1000 + 86_400, edit = (signed) => signed }: Lists = {},
): Promise<RepositoryFiles> {
  const [above, below] = [listOf(dialect, 'timestamp', files), listOf(dialect, 'snapshot', files)];
  const end = formatTime(Math.floor(expires));
  const listed = new Map([...files.targets].map(([role, file]) => [role, dialect.parse(role, file)]));
  const root = files.roots.at(-1);
  if (dialect.snapshotListsRoot && root) listed.set('root', dialect.parse('root', root));
  const list = dialect.newSnapshot(below, listed, snapshot ?? below.version + 1, end);
  const file = await stolenFile(thief, dialect, 'snapshot', edit(list));
  const document = dialect.parse('snapshot', file);
  const top = dialect.newTimestamp(above, document, timestamp ?? above.version + 1, end);
  return { ...files, snapshot: file, timestamp: await stolenFile(thief, dialect, 'timestamp', top) };
}

function listOf(dialect: Dialect, role: 'snapshot' | 'timestamp', files: RepositoryFiles): SignedDocument {
  const file = files[role];
  if (!file) throw new Error(`no ${role}`);
  return dialect.parse(role, file);
}
