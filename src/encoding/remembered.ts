/** Readings that are kept, unless said otherwise. */
const MOST = 4_096;
/** Longer inputs (bytes) are read anew: what is kept stays a few megabytes. */
const WORTH_KEEPING = 8_192;

/**
 * The same pure reading, where what was read of the same bytes lately is not read again: keys and certificates are
 * asked for at every step of every repository. A reading that throws is not remembered.
 */
export function remembered<T>(read: (bytes: Uint8Array) => T, most = MOST): (bytes: Uint8Array) => T {
  const kept = new Map<string, T>();
  return (bytes) => {
    if (bytes.length > WORTH_KEEPING) return read(bytes);
    const name = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    const known = kept.get(name);
    if (known !== undefined) return known;
    const value = read(bytes);
    const oldest = kept.size < most ? undefined : kept.keys().next().value;
    if (oldest !== undefined) kept.delete(oldest);
    kept.set(name, value);
    return value;
  };
}
