import { sha256Hex } from '../../encoding/hash.ts';
import { isObject } from '../../encoding/json.ts';
import type { Json, JsonObject } from '../../encoding/json.ts';
import { fromUtf8, toHex } from '../../encoding/text.ts';
import { conflict } from '../../errors.ts';
import { dialectOf } from '../../metadata/dialects.ts';

/** Current file of each role. */
export type State = ReadonlyMap<string, Uint8Array>;

/**
 * What is current after the files are published over what is current now. The folder judges as a trust server would:
 * every file is newer than the one that it replaces (root: exactly the next), and timestamp, snapshot and all files
 * of the result belong together by hash. Two publishers that started from one state cannot both pass. Signatures
 * are the caller's business.
 *
 * @throws CountersignError DIRECTORY-VERSION, DIRECTORY-INCOMPLETE, DIRECTORY-FILE (exit 5)
 */
export function nextState(now: State, files: State): State {
  for (const [role, bytes] of files) checkVersion(role, bytes, now.get(role));
  const merged = new Map([...now, ...files]);
  const timestamp = hashesIn('timestamp', merged);
  expectHash('timestamp', 'snapshot', timestamp, merged);
  const snapshot = hashesIn('snapshot', merged);
  for (const role of ['root', 'targets']) expectHash('snapshot', role, snapshot, merged);
  const next = new Map<string, Uint8Array>();
  for (const role of ['timestamp', 'snapshot', ...snapshot.keys()]) {
    if (snapshot.has(role)) expectHash('snapshot', role, snapshot, merged);
    next.set(role, merged.get(role) as Uint8Array);
  }
  for (const role of files.keys())
    if (!next.has(role))
      throw conflict('DIRECTORY-INCOMPLETE', 'a file is to be published that the snapshot does not list', {
        where: role,
      });
  return next;
}

function checkVersion(role: string, bytes: Uint8Array, before: Uint8Array | undefined): void {
  const version = versionOf(role, bytes);
  const last = before === undefined ? 0 : versionOf(role, before);
  if (version <= last || (role === 'root' && last > 0 && version !== last + 1))
    throw conflict('DIRECTORY-VERSION', 'the version does not follow the one that is published', {
      expected: role === 'root' ? String(last + 1) : `above ${String(last)}`,
      found: String(version),
      where: role,
      hint: 'look at what is published now, then export again',
    });
}

/** `signed.version` of a file; one that was read strictly just before is not read again. */
export function versionOf(role: string, bytes: Uint8Array): number {
  const known = dialectOf('notary').known(role, bytes);
  if (known) return known.version;
  const version = signedOf(role, bytes)['version'];
  if (typeof version !== 'number' || version < 1) throw unreadable(role, 'no version');
  return version;
}

/** SHA-256 (hex) of each role that `signed.meta` of the role's current file lists. */
function hashesIn(role: string, state: State): ReadonlyMap<string, string> {
  const bytes = state.get(role);
  if (bytes === undefined)
    throw conflict('DIRECTORY-INCOMPLETE', 'a file is missing that has to be published with the others', {
      where: role,
    });
  const meta = signedOf(role, bytes)['meta'];
  if (!isObject(meta)) throw unreadable(role, 'no meta');
  const found = new Map<string, string>();
  for (const [name, entry] of Object.entries(meta)) {
    const hashes = isObject(entry) ? entry['hashes'] : undefined;
    const sha256 = isObject(hashes) ? hashes['sha256'] : undefined;
    if (typeof sha256 !== 'string') throw unreadable(role, 'an entry without SHA-256');
    found.set(name, toHex(Buffer.from(sha256, 'base64')));
  }
  return found;
}

function expectHash(parent: string, role: string, hashes: ReadonlyMap<string, string>, state: State): void {
  const bytes = state.get(role);
  const found = bytes === undefined ? 'no file' : sha256Hex(bytes);
  if (hashes.get(role) !== found)
    throw conflict('DIRECTORY-INCOMPLETE', `the ${parent} does not go with the other files`, {
      expected: hashes.get(role) ?? 'an entry',
      found,
      where: role,
      hint: 'something else was published meanwhile, or a file is missing: export again',
    });
}

function signedOf(role: string, bytes: Uint8Array): JsonObject {
  let parsed: Json;
  try {
    // Strictly read by the caller before; here only version and hashes are looked at.
    parsed = JSON.parse(fromUtf8(bytes)) as Json;
  } catch (cause) {
    throw unreadable(role, 'not JSON', cause);
  }
  const signed = isObject(parsed) ? parsed['signed'] : undefined;
  if (!isObject(signed)) throw unreadable(role, 'no signed part');
  return signed;
}

function unreadable(role: string, found: string, cause?: unknown): Error {
  return conflict('DIRECTORY-FILE', 'a file of the repository cannot be read', { found, where: role, cause });
}
