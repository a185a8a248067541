import { createHash } from 'node:crypto';
import { recordBytes } from '../encoding/canonical-json.ts';
import { sha256Hex } from '../encoding/hash.ts';
import { isObject, type Json } from '../encoding/json.ts';
import { checkShape } from '../encoding/schema.ts';
import { parseCanonicalJson } from '../encoding/strict-json.ts';
import { refused } from '../errors.ts';
import { archiveChunks, archiveSize, checkEnd, endOf, readHeader, type ArchiveEntry } from './archive.ts';
import { LIMITS, type Limits } from './limits.ts';
import type { FileEntry, Kind, Manifest } from './manifest.ts';
import { decodeSeal, encodeSeal, identityOf, preAuthentication, verifySeal, type Seal } from './seal.ts';
import type { ByteSource } from './source.ts';

export const MANIFEST_NAME = 'manifest.json';
export const SEAL_NAME = 'manifest.sig';

/** Bytes that are hashed at once. */
const PIECE = 1024 * 1024;

export interface NewBundle {
  readonly kind: Kind;
  /** The manifest without its list of files. */
  readonly manifest: object;
  /** Contents by SHA-256. */
  readonly contents: ReadonlyMap<string, Uint8Array>;
  /** Raw Ed25519 key that seals. */
  readonly publicKey: Uint8Array;
  /** Signs the pre-authentication encoding. */
  readonly seal: (message: Uint8Array) => Uint8Array;
}

export interface WrittenBundle {
  readonly digest: string;
  readonly size: number;
  readonly chunks: Iterable<Uint8Array>;
}

/** Writes a bundle: one layout for one manifest and its contents (R4). */
export function writeBundle(bundle: NewBundle): WrittenBundle {
  const names = [...bundle.contents.keys()].sort();
  const files = names.map((sha256): FileEntry => {
    const size = (bundle.contents.get(sha256) as Uint8Array).length;
    return { name: `files/${sha256}`, size, sha256 };
  });
  const value = { ...bundle.manifest, files } as unknown as Json;
  checkShape(bundle.kind, value);
  const manifest = recordBytes(value);
  if (manifest.length > LIMITS.manifest || files.length + 2 > LIMITS.entries)
    throw refused('BUNDLE-LIMIT', 'the bundle would be larger than the format allows', {
      expected: `a manifest of at most ${String(LIMITS.manifest)} bytes and ${String(LIMITS.entries)} entries`,
      found: `${String(manifest.length)} bytes and ${String(files.length + 2)} entries`,
      hint: 'export fewer repositories at once',
    });
  const signature = bundle.seal(preAuthentication(bundle.kind, manifest));
  const seal = encodeSeal({ publicKey: bundle.publicKey, signature });
  const entries = [
    { name: MANIFEST_NAME, content: manifest as Uint8Array },
    { name: SEAL_NAME, content: seal as Uint8Array },
    ...names.map((sha256) => ({ name: `files/${sha256}`, content: bundle.contents.get(sha256) as Uint8Array })),
  ];
  return {
    digest: sha256Hex(manifest),
    size: archiveSize(entries.map(({ content }) => content.length)),
    chunks: archiveChunks(entries),
  };
}

/** A bundle that was read to its last byte: sealed, of one layout, every content as its manifest says. */
export interface Bundle<M extends Manifest = Manifest> {
  readonly kind: Kind;
  /** SHA-256 of the manifest's bytes. */
  readonly digest: string;
  readonly manifest: M;
  readonly manifestBytes: Uint8Array;
  readonly seal: Seal;
  /** Identity of the station that sealed it. */
  readonly sealedBy: string;
  /** Content of an entry, hashed again. @throws BUNDLE-REFERENCE, BUNDLE-CONTENT */
  read(name: string): Uint8Array;
}

export interface OpenOptions {
  /** What the reader expects; the seal's payload type follows from it, never from the file. */
  readonly kinds: readonly Kind[];
  readonly limits?: Limits;
  /** Refuses a sealing key that is not trusted; left out only where nobody acts on the content. */
  readonly trust?: (identity: string, publicKey: Uint8Array) => void;
}

/**
 * Opens a bundle: seal over the raw manifest before a byte of it is parsed, then strict JSON, schema, and every
 * entry's header, size, digest, padding and order, to the last byte of the file (R4, R5).
 *
 * @throws BUNDLE-*, SEAL-*, REQUEST-SCHEMA, RESPONSE-SCHEMA, COMBINED-SCHEMA
 */
export async function openBundle<M extends Manifest>(source: ByteSource, options: OpenOptions): Promise<Bundle<M>> {
  const limits = options.limits ?? LIMITS;
  if (source.size > limits.total) throw tooLarge('the bundle', limits.total, source.size);
  const manifestEntry = readHeader(source, 0, MANIFEST_NAME);
  if (manifestEntry.size > limits.manifest) throw tooLarge('the manifest', limits.manifest, manifestEntry.size);
  const sealEntry = readHeader(source, endOf(source, manifestEntry), SEAL_NAME);
  if (sealEntry.size > limits.seal) throw tooLarge('the seal', limits.seal, sealEntry.size);
  const afterSeal = endOf(source, sealEntry);
  const manifestBytes = Uint8Array.from(source.read(manifestEntry.offset, manifestEntry.size));
  const seal = decodeSeal(source.read(sealEntry.offset, sealEntry.size));
  const sealedBy = identityOf(seal.publicKey);
  options.trust?.(sealedBy, seal.publicKey);
  const kind = await sealedKind(options.kinds, manifestBytes, seal);
  const manifest = readManifest<M>(kind, manifestBytes);
  const entries = checkEntries(source, afterSeal, manifest.files, limits);
  return {
    kind,
    digest: sha256Hex(manifestBytes),
    manifest,
    manifestBytes,
    seal,
    sealedBy,
    read(name) {
      const entry = entries.get(name);
      if (!entry) throw refused('BUNDLE-REFERENCE', 'the bundle refers to an entry that it does not hold', { found: name });
      const bytes = Uint8Array.from(source.read(entry.offset, entry.size));
      if (`files/${sha256Hex(bytes)}` !== name) throw contentFault(name);
      return bytes;
    },
  };
}

function tooLarge(what: string, expected: number, found: number): Error {
  return refused('BUNDLE-LIMIT', `${what} is too large`, { expected: `at most ${String(expected)}`, found: String(found) });
}

/** The kind, of those expected, under which the seal verifies; with one expected, its own refusal. */
async function sealedKind(kinds: readonly Kind[], manifest: Uint8Array, seal: Seal): Promise<Kind> {
  let fault: unknown;
  for (const kind of kinds) {
    try {
      await verifySeal(kind, manifest, seal);
      return kind;
    } catch (error) {
      fault ??= error;
    }
  }
  throw fault;
}

function readManifest<M extends Manifest>(kind: Kind, bytes: Uint8Array): M {
  let value: Json;
  try {
    value = parseCanonicalJson(bytes);
  } catch (cause) {
    throw refused('BUNDLE-MANIFEST', 'the manifest is not canonical JSON', { cause });
  }
  if (!isObject(value) || value['kind'] !== kind)
    throw refused('BUNDLE-KIND', 'the manifest is of another kind than its seal', { expected: kind });
  checkShape(kind, value);
  return value as unknown as M;
}

/** Walks every entry that the manifest lists, in its order, and hashes it; nothing else may be there. */
function checkEntries(
  source: ByteSource,
  start: number,
  files: readonly FileEntry[],
  limits: Limits,
): ReadonlyMap<string, ArchiveEntry> {
  if (files.length + 2 > limits.entries) throw tooLarge('the number of entries', limits.entries, files.length + 2);
  const entries = new Map<string, ArchiveEntry>();
  let offset = start;
  let previous = '';
  for (const { name, size, sha256 } of files) {
    if (name !== `files/${sha256}` || name <= previous)
      throw refused('BUNDLE-ENTRY', 'an entry is not named after its content, or is out of order', { found: name });
    previous = name;
    const entry = readHeader(source, offset, name);
    if (entry.size !== size || size > limits.entry)
      throw refused('BUNDLE-ENTRY', 'an entry has another size than the manifest says', {
        expected: String(size),
        found: String(entry.size),
        where: name,
      });
    offset = endOf(source, entry);
    if (hashOf(source, entry) !== sha256) throw contentFault(name);
    entries.set(name, entry);
  }
  checkEnd(source, offset);
  return entries;
}

function contentFault(where: string): Error {
  return refused('BUNDLE-CONTENT', 'an entry’s content is not the one that the manifest lists', { where });
}

function hashOf(source: ByteSource, { offset, size }: ArchiveEntry): string {
  const hash = createHash('sha256');
  for (let done = 0; done < size; done += PIECE) hash.update(source.read(offset + done, Math.min(PIECE, size - done)));
  return hash.digest('hex');
}
