import { createHash } from 'node:crypto';
import { isObject, type Json, type JsonObject } from '../../encoding/json.ts';
import { fromUtf8 } from '../../encoding/text.ts';
import { conflict, unavailable } from '../../errors.ts';
import type { ListedFile } from '../../metadata/document.ts';

/** `signed` of a file, only to look at versions and lists: whoever publishes has read it strictly before. */
export function signedPart(what: string, file: Uint8Array): JsonObject {
  let parsed: Json;
  try {
    parsed = JSON.parse(fromUtf8(file)) as Json;
  } catch (cause) {
    throw conflict('DIRECTORY-FILE', 'a file of the repository cannot be read', { where: what, cause });
  }
  const signed = isObject(parsed) ? parsed['signed'] : undefined;
  if (isObject(signed)) return signed;
  throw conflict('DIRECTORY-FILE', 'a file of the repository has no signed part', { where: what });
}

/** @throws DIRECTORY-FILE (exit 5) */
export function versionIn(what: string, signed: JsonObject): number {
  const version = signed['version'];
  if (typeof version === 'number' && Number.isSafeInteger(version) && version > 0) return version;
  throw conflict('DIRECTORY-FILE', 'a file of the repository has no version', { where: what });
}

/** What `meta` of a snapshot or timestamp says of one role; null if it does not list it. */
export function listedIn(signed: JsonObject, role: string): ListedFile | null {
  const meta = signed['meta'];
  const entry = isObject(meta) ? meta[`${role}.json`] : undefined;
  if (!isObject(entry)) return null;
  const { version, length, hashes } = entry;
  const texts = isObject(hashes) ? Object.entries(hashes).filter(([, hash]) => typeof hash === 'string') : [];
  return {
    version: typeof version === 'number' ? version : null,
    length: typeof length === 'number' ? length : null,
    hashes: Object.fromEntries(texts) as Record<string, string>,
  };
}

const ALGORITHMS = ['sha256', 'sha512'] as const;

/** Whether the bytes are what is listed, as far as length and digests say. */
export function isListed({ length, hashes }: ListedFile, file: Uint8Array): boolean {
  if (length !== null && file.length > length) return false;
  return ALGORITHMS.every((algorithm) => {
    const expected = hashes[algorithm];
    return expected === undefined || createHash(algorithm).update(file).digest('hex') === expected;
  });
}

/** @throws CountersignError `check` (exit 6) for a file that is not what its list says */
export function requireListedBytes(
  check: string,
  listed: ListedFile,
  file: Uint8Array,
  where: string,
): Uint8Array {
  if (isListed(listed, file)) return file;
  throw unavailable(check, 'a file is not what is listed', {
    expected: listed.hashes['sha256'] ?? `at most ${String(listed.length)} bytes`,
    found: `${String(file.length)} bytes, SHA-256 ${createHash('sha256').update(file).digest('hex')}`,
    where,
  });
}
