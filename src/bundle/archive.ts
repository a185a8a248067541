import { refused } from '../errors.ts';
import type { ByteSource } from './source.ts';

/** Bytes of a tar block. */
export const BLOCK = 512;
const END_BLOCKS = 2;

/** An entry of an archive: its name, and where its content lies. */
export interface ArchiveEntry {
  readonly name: string;
  readonly size: number;
  readonly offset: number;
}

/**
 * The header of an entry (POSIX.1-1988 ustar): a regular file, mode 0644, owner 0, time 0. Every field but name,
 * size and checksum is fixed, so a header is a function of (name, size), and a reader needs no parser: it encodes
 * the header that must stand there and compares all 512 bytes (bundle-schema/README.md, layout).
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
  for (const byte of header) sum += byte;
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

/**
 * Size that the header at an offset gives for an entry of this name.
 *
 * @throws BUNDLE-HEADER unless all 512 bytes are what {@link encodeHeader} gives for that name and size
 */
export function readHeader(source: ByteSource, offset: number, name: string): ArchiveEntry {
  if (offset + BLOCK > source.size) throw refused('BUNDLE-END', 'the bundle ends where a header should be', { where: name });
  const header = Buffer.from(source.read(offset, BLOCK));
  const digits = header.toString('latin1', 124, 135);
  const size = /^[0-7]{11}$/.test(digits) ? Number.parseInt(digits, 8) : -1;
  if (size < 0 || Buffer.compare(header, encodeHeader(name, size)) !== 0)
    throw refused('BUNDLE-HEADER', 'a header is not the one that the format prescribes', {
      expected: `the header of ${name}`,
      where: `byte ${String(offset)}`,
      hint: 'the file is damaged, or it was not written as a bundle',
    });
  return { name, size, offset: offset + BLOCK };
}

/** Offset after an entry; its padding must be zero and inside the file. @throws BUNDLE-END, BUNDLE-PADDING */
export function endOf(source: ByteSource, { name, size, offset }: ArchiveEntry): number {
  const padding = paddingOf(size);
  if (offset + size + padding > source.size)
    throw refused('BUNDLE-END', 'the bundle ends in the middle of an entry', { where: name });
  if (!isZero(source.read(offset + size, padding)))
    throw refused('BUNDLE-PADDING', 'the bytes after an entry are not zero', { where: name });
  return offset + size + padding;
}

/** After the last entry come two zero blocks and nothing else. @throws BUNDLE-END */
export function checkEnd(source: ByteSource, offset: number): void {
  const length = END_BLOCKS * BLOCK;
  if (source.size !== offset + length || !isZero(source.read(offset, length)))
    throw refused('BUNDLE-END', 'the bundle does not end where its manifest ends', {
      expected: `${String(offset + length)} bytes`,
      found: `${String(source.size)} bytes`,
    });
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
