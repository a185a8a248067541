/** Random access to bytes that stay the same while they are read: a copy in the home, or a buffer in a test. */
export interface ByteSource {
  readonly size: number;
  /** Exactly `length` bytes from `offset`; throws if the source ends before. */
  read(offset: number, length: number): Uint8Array;
}

/** A source over bytes in memory. */
export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read(offset, length) {
      if (offset < 0 || offset + length > bytes.length) throw new RangeError('read past the end');
      return bytes.subarray(offset, offset + length);
    },
  };
}
