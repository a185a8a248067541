import { constants, lstatSync, openSync, readFileSync, readSync } from 'node:fs';
import type { ByteSource } from '../../bundle/source.ts';

/** Files up to this size are read at once, bytes. */
const AT_ONCE = 64 * 1024 * 1024;

/** Random access to a file of the home. */
export function fileSource(path: string): ByteSource {
  const { size } = lstatSync(path);
  if (size <= AT_ONCE) {
    const bytes = readFileSync(path);
    return { size: bytes.length, read: (offset, length) => slice(bytes, offset, length) };
  }
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  return {
    size,
    read(offset, length) {
      const bytes = Buffer.allocUnsafe(length);
      let done = 0;
      while (done < length) {
        const read = readSync(file, bytes, done, length - done, offset + done);
        if (read === 0) throw new RangeError('read past the end');
        done += read;
      }
      return bytes;
    },
  };
}

function slice(bytes: Buffer, offset: number, length: number): Uint8Array {
  if (offset < 0 || offset + length > bytes.length) throw new RangeError('read past the end');
  return bytes.subarray(offset, offset + length);
}
