/** A role that holds the targets whose names' hashes begin so. */
export interface HashBin {
  readonly role: string;
  readonly hashPrefixes: readonly string[];
}

/** As many bins as anybody has a use for: each has a file, and a line in the snapshot. */
export const MAX_BINS = 16_384;

/**
 * Roles that share out all target names evenly by the SHA-256 of their names, called as PEP 458's and python-tuf's
 * are: `00` to `ff` for 256, `00-07` to `f8-ff` for 32.
 *
 * @param count a power of two from 2 to {@link MAX_BINS}
 * @param prefix what every name begins with
 */
export function hashBins(count: number, prefix: string): HashBin[] {
  const digits = (count - 1).toString(16).length;
  const share = 16 ** digits / count;
  const hex = (number: number): string => number.toString(16).padStart(digits, '0');
  return Array.from({ length: count }, (_, at) => {
    const hashPrefixes = Array.from({ length: share }, (_unused, offset) => hex(at * share + offset));
    const [first = '', last = first] = [hashPrefixes[0], hashPrefixes.at(-1)];
    return { role: `${prefix}${first === last ? first : `${first}-${last}`}`, hashPrefixes };
  });
}
