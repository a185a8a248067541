import type { JsonObject } from '../../encoding/json.ts';
import type { Delegation } from '../dialect.ts';
import type { MetadataKey } from '../document.ts';
import { form } from './file.ts';
import { delegatedRoleFault } from './names.ts';
import { readSigners } from './quorum.ts';

/** 65,536 bins; the proposal allows more, and nobody has a use for them. */
const MAX_BITS = 16;

/** Hash bins that are declared by their number and one quorum (TUF augmentation proposal 15). */
export interface Bins {
  readonly count: number;
  readonly keyids: readonly string[];
  bin(index: number, keys: readonly MetadataKey[]): Delegation;
  /** Number of the bin with that name, null if there is none. */
  indexOf(role: string): number | null;
}

/** @throws METADATA-FORM */
export function readBins(parent: string, entry: JsonObject, keys: JsonObject): Bins {
  const { bit_length: bits, name_prefix: prefix } = entry;
  if (typeof prefix !== 'string' || delegatedRoleFault(`${prefix}-0000`) !== null)
    throw form(parent, 'the succinct roles have no prefix for their names');
  if (typeof bits !== 'number' || bits < 1 || bits > MAX_BITS)
    throw form(parent, `the succinct roles are not of 1 to ${String(MAX_BITS)} bits`);
  const { keyids, threshold } = readSigners(parent, prefix, entry, keys);
  const count = 2 ** bits;
  const digits = (count - 1).toString(16).length;
  // A bin's bits end within a hex digit, mostly: it then has several beginnings of whole digits.
  const share = 16 ** digits / count;
  const hex = (number: number): string => number.toString(16).padStart(digits, '0');
  return {
    count,
    keyids,
    bin: (index, signers) => ({
      role: `${prefix}-${hex(index)}`,
      threshold,
      keys: signers,
      paths: [],
      hashPrefixes: Array.from({ length: share }, (_, at) => hex(index * share + at)),
      terminating: true,
    }),
    indexOf(role) {
      const index = Number.parseInt(role.slice(prefix.length + 1), 16);
      return index < count && role === `${prefix}-${hex(index)}` ? index : null;
    },
  };
}
