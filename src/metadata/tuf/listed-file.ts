import { isObject, type Json } from '../../encoding/json.ts';
import { form } from './file.ts';

const DIGITS: ReadonlyMap<string, number> = new Map([
  ['sha224', 56],
  ['sha256', 64],
  ['sha384', 96],
  ['sha512', 128],
]);

/** Hashes of a target or a metadata file (specification 4.4 and 4.5), at least one, in lower case. */
export function readHashes(role: string, hashes: Json | undefined): Record<string, string> {
  if (!isObject(hashes)) throw form(role, 'hashes are missing');
  const hex: Record<string, string> = {};
  let count = 0;
  for (const [algorithm, value] of Object.entries(hashes)) {
    // Also keeps names such as `__proto__` away from objects.
    if (!/^[a-z0-9][a-z0-9-]{0,31}$/.test(algorithm)) throw form(role, 'a hash has an unusual name');
    if (typeof value !== 'string' || !/^(?:[0-9a-fA-F]{2}){1,128}$/.test(value))
      throw form(role, 'a hash is not hex');
    if ((DIGITS.get(algorithm) ?? value.length) !== value.length)
      throw form(role, `a hash is not of the length of ${algorithm}`);
    hex[algorithm] = value.toLowerCase();
    count++;
  }
  if (count === 0) throw form(role, 'hashes are missing');
  return hex;
}

/** A length in bytes. */
export function readLength(role: string, length: Json | undefined): number {
  if (typeof length !== 'number' || length < 0) throw form(role, 'a length is missing or negative');
  return length;
}
