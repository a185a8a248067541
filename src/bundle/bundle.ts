import { recordBytes } from '../encoding/canonical-json.ts';
import { sha256Hex } from '../encoding/hash.ts';
import type { Json } from '../encoding/json.ts';
import { checkShape } from '../encoding/schema.ts';
import { refused } from '../errors.ts';
import { archiveChunks, archiveSize, checkBlocks, endOf, readHeader } from './archive.ts';
import { checkManifest } from './check-manifest.ts';
import { checkEntries, contentFault } from './entries.ts';
import { LIMITS, tooLarge, type Limits } from './limits.ts';
import type { FileEntry, Kind, Manifest } from './manifest.ts';
import { openParts } from './parts.ts';
import { encodeSeal, preAuthentication } from './seal.ts';
import { openManifest, type SealedManifest, type Trust } from './sealed-manifest.ts';
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

/**
 * A bundle of these raw parts in the one layout (R4): what a combined bundle took apart is the same file again.
 *
 * @param files in the manifest's order
 */
export function archiveOf(
  manifest: Uint8Array,
  seal: Uint8Array,
  files: readonly { readonly name: string; readonly content: Uint8Array }[],
): Iterable<Uint8Array> {
  return archiveChunks([
    { name: MANIFEST_NAME, content: manifest },
    { name: SEAL_NAME, content: seal },
    ...files,
  ]);
}

/** A bundle that was read to its last byte: sealed, of one layout, every content as its manifest says. */
export interface Bundle<M extends Manifest = Manifest> extends SealedManifest<M> {
  /** Content of an entry, hashed again. @throws BUNDLE-REFERENCE, BUNDLE-CONTENT */
  read(name: string): Uint8Array;
}

export interface OpenOptions {
  /** What the reader expects; the seal's payload type follows from it, never from the file. */
  readonly kinds: readonly Kind[];
  readonly limits?: Limits;
  /** Refuses a sealing key that is not trusted; left out only where nobody acts on the content. */
  readonly trust?: Trust;
}

/**
 * Opens a bundle: seal over the raw manifest before a byte of it is parsed, then strict JSON, schema, and every
 * entry's header, size, digest, padding and order, to the last byte of the file (R4, R5). The responses in a combined
 * bundle are opened too.
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
  const sealed = await openManifest(
    options.kinds,
    new Uint8Array(source.read(manifestEntry.offset, manifestEntry.size)),
    source.read(sealEntry.offset, sealEntry.size),
    options.trust,
  );
  const { manifest } = sealed;
  const entries = checkEntries(source, afterSeal, manifest.files, limits);
  const read = (name: string): Uint8Array => {
    const entry = entries.get(name);
    if (!entry)
      throw refused('BUNDLE-REFERENCE', 'the bundle refers to an entry that it does not hold', {
        found: name,
      });
    const bytes = new Uint8Array(source.read(entry.offset, entry.size));
    if (`files/${sha256Hex(bytes)}` !== name) throw contentFault(name);
    return bytes;
  };
  if (manifest.kind === 'combined') await openParts(manifest, read, options.trust);
  return { ...sealed, manifest: manifest as M, read };
}
