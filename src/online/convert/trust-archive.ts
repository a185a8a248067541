import { archiveChunks, BLOCK, paddingOf } from '../../bundle/archive.ts';
import { canonicalBytes } from '../../encoding/canonical-json.ts';
import { sha256Hex } from '../../encoding/hash.ts';
import { isObject, type Json } from '../../encoding/json.ts';
import { parseCanonicalJson } from '../../encoding/strict-json.ts';
import { parseTime } from '../../encoding/time.ts';
import { toUtf8 } from '../../encoding/text.ts';
import { CountersignError, refused } from '../../errors.ts';

/** One file of trust data as it was served. */
export interface ArchivedFile {
  readonly role: string;
  readonly version: number;
  readonly file: Uint8Array;
}

/** The trust data of one repository at one time. */
export interface TrustArchive {
  readonly dialect: string;
  readonly repository: string;
  /** When it was read, as our own formats write it. */
  readonly time: string;
  /** Version of the root that the station trusted, which the proof chain starts from. */
  readonly trustedRoot: number;
  /** Every root, oldest first, then timestamp, snapshot and the targets roles. */
  readonly files: readonly ArchivedFile[];
}

const INDEX = 'index.json';
const SUMS = 'SHA256SUMS';

/**
 * The archive as a tar that `tar` and `sha256sum -c SHA256SUMS` read: digests of all, an index that says which file is
 * which, and each file once under its SHA-256. The bytes are a function of what it holds.
 */
export function writeTrustArchive({ files, ...about }: TrustArchive): Uint8Array {
  const listed = files.map(({ role, version, file }) => ({ role, version, sha256: sha256Hex(file) }));
  const index = canonicalBytes({ ...about, files: listed, format: 'countersign trust archive 1' });
  const contents = new Map(files.map(({ file }) => [`files/${sha256Hex(file)}`, file]));
  const entries = [...contents].sort(([a], [b]) => (a < b ? -1 : 1));
  const all: [string, Uint8Array][] = [...entries, [INDEX, index]];
  const sums = all.map(([name, content]) => `${sha256Hex(content)}  ${name}\n`).join('');
  const tar = [[SUMS, toUtf8(sums)] as const, ...all].map(([name, content]) => ({ name, content }));
  return Buffer.concat([...archiveChunks(tar)]);
}

/**
 * Reads an archive: what it holds must be written again as the very same bytes.
 *
 * @throws ARCHIVE-FORM
 */
export function readTrustArchive(bytes: Uint8Array): TrustArchive {
  let archive: TrustArchive;
  try {
    const entries = entriesOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    archive = fromIndex(parseCanonicalJson(entries.get(INDEX) ?? new Uint8Array()), entries);
  } catch (error) {
    if (!(error instanceof CountersignError) || error.check === 'ARCHIVE-FORM') throw error;
    throw fault(error.message);
  }
  if (Buffer.compare(writeTrustArchive(archive), bytes) !== 0)
    throw fault('it is not what would be written for its content');
  return archive;
}

function entriesOf(bytes: Buffer): Map<string, Uint8Array> {
  const entries = new Map<string, Uint8Array>();
  for (let at = 0; at + BLOCK <= bytes.length && bytes[at] !== 0;) {
    const header = bytes.subarray(at, at + BLOCK);
    const name = header.toString('latin1', 0, header.indexOf(0));
    const digits = header.toString('latin1', 124, 135);
    const size = /^[0-7]{11}$/.test(digits) ? Number.parseInt(digits, 8) : Infinity;
    if (at + BLOCK + size > bytes.length) throw fault('it ends in the middle of a file');
    entries.set(name, bytes.subarray(at + BLOCK, at + BLOCK + size));
    at += BLOCK + size + paddingOf(size);
  }
  return entries;
}

function fromIndex(index: Json, entries: ReadonlyMap<string, Uint8Array>): TrustArchive {
  if (!isObject(index)) throw fault('it has no index');
  const { dialect, repository, time, trustedRoot, files } = index;
  if (typeof dialect !== 'string' || typeof repository !== 'string')
    throw fault('it does not say of what it is');
  if (typeof time !== 'string' || typeof trustedRoot !== 'number' || !Array.isArray(files))
    throw fault('its index is incomplete');
  parseTime(time);
  return {
    dialect,
    repository,
    time,
    trustedRoot,
    files: files.map((entry: Json) => fileOf(entry, entries)),
  };
}

function fileOf(entry: Json, entries: ReadonlyMap<string, Uint8Array>): ArchivedFile {
  const { role, version, sha256 } = isObject(entry) ? entry : {};
  if (typeof role !== 'string' || typeof version !== 'number' || typeof sha256 !== 'string')
    throw fault('its index is incomplete');
  const file = entries.get(`files/${sha256}`);
  if (!file) throw fault(`it lacks the file of ${role}`);
  return { role, version, file };
}

function fault(found: string): CountersignError {
  return refused('ARCHIVE-FORM', 'not an archive of trust data, or a damaged one', {
    found,
    hint: 'take it from whoever wrote it again: convert --archive printed its SHA-256',
  });
}
