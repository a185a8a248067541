import { recordBytes } from '../encoding/canonical-json.ts';
import { sha256Hex } from '../encoding/hash.ts';
import { isObject, type Json } from '../encoding/json.ts';
import { checkShape } from '../encoding/schema.ts';
import { parseCanonicalJson } from '../encoding/strict-json.ts';
import { refused } from '../errors.ts';
import { archiveChunks, archiveSize, checkBlocks, endOf, readHeader } from './archive.ts';
import { checkManifest } from './check-manifest.ts';
import { checkEntries, contentFault } from './entries.ts';
import { LIMITS, tooLarge, type Limits } from './limits.ts';
import { FORMAT, type FileEntry, type Kind, type Manifest } from './manifest.ts';
import { decodeSeal, encodeSeal, identityOf, preAuthentication, verifySeal, type Seal } from './seal.ts';
import type { ByteSource } from './source.ts';

const MANIFEST_NAME = 'manifest.json';
const SEAL_NAME = 'manifest.sig';

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

/**
 * Writes a bundle: one layout for one manifest and its contents (R4), and never one that a reader refuses.
 *
 * @throws BUNDLE-LIMIT, and what {@link openBundle} says of a manifest
 */
export function writeBundle(bundle: NewBundle): WrittenBundle {
  const names = [...bundle.contents.keys()].sort();
  const files = names.map((sha256): FileEntry => {
    const content = bundle.contents.get(sha256) as Uint8Array;
    const name = `files/${sha256}`;
    if (sha256Hex(content) !== sha256) throw contentFault(name);
    return { name, size: content.length, sha256 };
  });
  const value = { ...bundle.manifest, files } as unknown as Json;
  checkShape(bundle.kind, value);
  checkManifest(value as unknown as Manifest);
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
    ...names.map((sha256) => ({
      name: `files/${sha256}`,
      content: bundle.contents.get(sha256) as Uint8Array,
    })),
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
 * @throws BUNDLE-*, SEAL-*, REQUEST-SCHEMA, RESPONSE-SCHEMA, COMBINED-SCHEMA (bundle-schema/README.md, check IDs)
 */
export async function openBundle<M extends Manifest>(
  source: ByteSource,
  options: OpenOptions,
): Promise<Bundle<M>> {
  const limits = options.limits ?? LIMITS;
  if (source.size > limits.total) throw tooLarge('the bundle', limits.total, source.size);
  checkBlocks(source);
  const manifestEntry = readHeader(source, 0);
  if (manifestEntry.name !== MANIFEST_NAME)
    throw refused('BUNDLE-FIRST', 'the first entry is not the manifest', { found: manifestEntry.name });
  if (manifestEntry.size > limits.manifest)
    throw tooLarge('the manifest', limits.manifest, manifestEntry.size);
  const sealEntry = readHeader(source, endOf(source, manifestEntry));
  if (sealEntry.name !== SEAL_NAME)
    throw refused('BUNDLE-SEAL-ENTRY', 'the second entry is not the seal', { found: sealEntry.name });
  if (sealEntry.size > limits.seal) throw tooLarge('the seal', limits.seal, sealEntry.size);
  const afterSeal = endOf(source, sealEntry);
  const manifestBytes = new Uint8Array(source.read(manifestEntry.offset, manifestEntry.size));
  const seal = decodeSeal(source.read(sealEntry.offset, sealEntry.size));
  const sealedBy = identityOf(seal.publicKey);
  options.trust?.(sealedBy, seal.publicKey);
  const kind = await sealedKind(options.kinds, manifestBytes, seal);
  const manifest = readManifest(kind, manifestBytes) as M;
  if (manifest.from.key !== sealedBy)
    throw refused('SEAL-SENDER', 'the bundle is sealed by another station than the one that it names', {
      expected: manifest.from.key,
      found: sealedBy,
    });
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
      if (!entry)
        throw refused('BUNDLE-REFERENCE', 'the bundle refers to an entry that it does not hold', {
          found: name,
        });
      const bytes = new Uint8Array(source.read(entry.offset, entry.size));
      if (`files/${sha256Hex(bytes)}` !== name) throw contentFault(name);
      return bytes;
    },
  };
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

function readManifest(kind: Kind, bytes: Uint8Array): Manifest {
  let value: Json;
  try {
    value = parseCanonicalJson(bytes);
  } catch (cause) {
    throw refused('BUNDLE-MANIFEST', 'the manifest is not canonical JSON', { cause });
  }
  if (!isObject(value) || value['format'] !== FORMAT)
    throw refused('BUNDLE-FORMAT', 'the manifest is of no format version that this program reads', {
      expected: FORMAT,
      hint: 'if the sender runs a newer version, update this station',
    });
  if (value['kind'] !== kind)
    throw refused('BUNDLE-KIND', 'the manifest is of another kind than its seal', { expected: kind });
  checkShape(kind, value);
  const manifest = value as unknown as Manifest;
  checkManifest(manifest);
  return manifest;
}
