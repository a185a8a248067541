import { refused } from '../errors.ts';
import type { ByteSource } from './source.ts';

/** Bytes of a tar block. */
export const BLOCK = 512;
/** Zero blocks after the last entry. */
const END_BLOCKS = 2;
/** Manifest and seal, a header and a block of content each, and the end. */
const LEAST_BLOCKS = 4 + END_BLOCKS;

/** The only names that an entry can have; what a content is called outside is in the manifest. */
const NAME = /^(?:manifest\.json|manifest\.sig|files\/[0-9a-f]{64})$/;

/** An entry of an archive: its name, and where its content lies. */
export interface ArchiveEntry {
  readonly name: string;
  readonly size: number;
  readonly offset: number;
}

/**
 * The header of an entry (POSIX.1-1988 ustar): a regular file, mode 0644, owner 0, time 0. Every field but name,
 * size and checksum is fixed, so a header is a function of (name, size), and a reader needs no parser: it encodes
 * the header that must stand there and compares all 512 bytes (bundle-schema/README.md, B-04).
 */
export function encodeHeader(name: string, size: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  header.write(name, 0, 'latin1');
  header.write('0000644\0', 100, 'latin1');
  header.write('0000000\0', 108, 'latin1');
  header.write('0000000\0', 116, 'latin1');
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  header.write('00000000000\0', 136, 'latin1');
  header.write('        ', 148, 'latin1');
  header.write('0', 156, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  header.write('0000000\0', 329, 'latin1');
  header.write('0000000\0', 337, 'latin1');
  let sum = 0;
  // by index: an iterator over each header of a large bundle takes longer than all else in it
  for (let at = 0; at < BLOCK; at++) sum += header[at] as number;
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

/** Zero bytes that fill the last block of a content. */
export function paddingOf(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

/** Bytes of an archive of contents with these sizes. */
export function archiveSize(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + BLOCK + size + paddingOf(size), END_BLOCKS * BLOCK);
}

/** The archive, piece by piece. */
export function* archiveChunks(
  entries: Iterable<{ readonly name: string; readonly content: Uint8Array }>,
): Generator<Uint8Array> {
  for (const { name, content } of entries) {
    yield encodeHeader(name, content.length);
    yield content;
    yield Buffer.alloc(paddingOf(content.length));
  }
  yield Buffer.alloc(END_BLOCKS * BLOCK);
}

/** Whole blocks, and enough of them for the smallest bundle: said before a byte is read. @throws BUNDLE-SIZE */
export function checkBlocks({ size }: ByteSource): void {
  if (size % BLOCK === 0 && size >= LEAST_BLOCKS * BLOCK) return;
  throw refused('BUNDLE-SIZE', 'the file does not have the size of a bundle', {
    expected: `a multiple of ${String(BLOCK)} bytes, and at least ${String(LEAST_BLOCKS * BLOCK)}`,
    found: `${String(size)} bytes`,
    hint: 'the file was cut off, or it is no bundle: take it from its sender again',
  });
}

/**
 * The entry whose header stands at an offset.
 *
 * @throws BUNDLE-HEADER unless all 512 bytes are what {@link encodeHeader} gives for a name and a size; BUNDLE-END
 * where the archive ends instead
 */
export function readHeader(source: ByteSource, offset: number): ArchiveEntry {
  if (offset + BLOCK > source.size) throw endsEarly('where a header should be', offset);
  const header = Buffer.from(source.read(offset, BLOCK));
  if (isZero(header)) throw endsEarly('where a header should be', offset);
  const name = header.toString('latin1', 0, Math.max(0, header.indexOf(0)));
  const digits = header.toString('latin1', 124, 135);
  const size = /^[0-7]{11}$/.test(digits) ? Number.parseInt(digits, 8) : -1;
  if (size < 0 || !NAME.test(name) || Buffer.compare(header, encodeHeader(name, size)) !== 0)
    throw refused('BUNDLE-HEADER', 'a header is not the one that the format prescribes', {
      expected: 'the header of manifest.json, manifest.sig or a file',
      where: `byte ${String(offset)}`,
      hint: 'the file is damaged, or it was not written as a bundle',
    });
  return { name, size, offset: offset + BLOCK };
}

/** Offset after an entry; its padding must be zero and inside the file. @throws BUNDLE-END, BUNDLE-PADDING */
export function endOf(source: ByteSource, { name, size, offset }: ArchiveEntry): number {
  const padding = paddingOf(size);
  if (offset + size + padding > source.size) throw endsEarly(`in the middle of ${name}`, offset);
  if (!isZero(source.read(offset + size, padding)))
    throw refused('BUNDLE-PADDING', 'the bytes after an entry are not zero', { where: name });
  return offset + size + padding;
}

/** After the last entry come two zero blocks and nothing else. @throws BUNDLE-END */
export function checkEnd(source: ByteSource, offset: number): void {
  const length = END_BLOCKS * BLOCK;
  if (source.size === offset + length && isZero(source.read(offset, length))) return;
  throw refused('BUNDLE-END', 'the bundle does not end where its manifest ends', {
    expected: `two zero blocks, and ${String(offset + length)} bytes in all`,
    found: `${String(source.size)} bytes`,
  });
}

function endsEarly(what: string, offset: number): Error {
  return refused('BUNDLE-END', `the bundle ends ${what}`, {
    where: `byte ${String(offset)}`,
    hint: 'the file was cut off: take it from its sender again',
  });
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
