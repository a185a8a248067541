import { isObject } from '../../encoding/json.ts';
import type { Json, JsonObject } from '../../encoding/json.ts';
import { fromUtf8 } from '../../encoding/text.ts';
import { conflict } from '../../errors.ts';
import { dialectOf } from '../../metadata/dialects.ts';
import type { ListedFile } from '../../metadata/document.ts';

/** What a store looks at in a file, to tell whether files belong together. Who signed is the caller's business. */
export interface MetadataView {
  readonly version: number;
  /** Files that a snapshot or timestamp lists, by role; empty for other files. */
  readonly listed: ReadonlyMap<string, ListedFile & { readonly version: number }>;
  /** What a root says about file names. */
  readonly consistent: boolean;
  /** Key IDs and threshold of each top-level role that a root names. */
  readonly quorums: ReadonlyMap<string, { readonly keyids: ReadonlySet<string>; readonly threshold: number }>;
  /** Key IDs of the signatures that are not empty. */
  readonly signers: ReadonlySet<string>;
}

/**
 * Reads a file loosely: the caller read it strictly before, or will. A targets role is not read again where he just has.
 *
 * @throws CountersignError DIRECTORY-FILE (exit 5)
 */
export function viewOf(role: string, bytes: Uint8Array): MetadataView {
  const known = isTopLevel(role) ? null : dialectOf('tuf').known(role, bytes);
  if (known)
    return { ...EMPTY, version: known.version, signers: new Set(known.signatures.map(({ keyid }) => keyid)) };
  const envelope = parse(role, bytes);
  const signed = isObject(envelope) ? envelope['signed'] : undefined;
  if (!isObject(envelope) || !isObject(signed)) throw unreadable(role, 'no signed part');
  const version = signed['version'];
  if (!isVersion(version)) throw unreadable(role, 'no version');
  return {
    version,
    listed: role === 'timestamp' || role === 'snapshot' ? listedIn(role, signed) : new Map(),
    consistent: signed['consistent_snapshot'] === true,
    quorums: role === 'root' ? quorumsIn(signed) : new Map(),
    signers: signersOf(envelope),
  };
}

const EMPTY = { listed: new Map<string, never>(), consistent: false, quorums: new Map<string, never>() };

function isTopLevel(role: string): boolean {
  return role === 'root' || role === 'snapshot' || role === 'timestamp';
}

/** Whether the signatures of a file name as many keys of its role as a root asks for; none of them is verified. */
export function namesQuorum(root: MetadataView, role: string, file: MetadataView): boolean {
  const quorum = root.quorums.get(role);
  if (quorum === undefined) return false;
  return [...quorum.keyids].filter((keyid) => file.signers.has(keyid)).length >= quorum.threshold;
}

function listedIn(role: string, signed: JsonObject): MetadataView['listed'] {
  const meta = signed['meta'];
  if (!isObject(meta)) throw unreadable(role, 'no meta');
  const listed = new Map<string, ListedFile & { version: number }>();
  for (const [name, entry] of Object.entries(meta)) {
    const version = isObject(entry) ? entry['version'] : undefined;
    if (!isObject(entry) || !isVersion(version) || !name.endsWith('.json'))
      throw unreadable(role, `an entry without a version: ${name.slice(0, 300)}`);
    const length = typeof entry['length'] === 'number' ? entry['length'] : null;
    const hashes: Record<string, string> = {};
    if (isObject(entry['hashes']))
      for (const [algorithm, digest] of Object.entries(entry['hashes']))
        if (typeof digest === 'string') hashes[algorithm] = digest;
    listed.set(name.slice(0, -'.json'.length), { version, length, hashes });
  }
  return listed;
}

function quorumsIn(signed: JsonObject): MetadataView['quorums'] {
  const quorums = new Map<string, { keyids: ReadonlySet<string>; threshold: number }>();
  const roles = signed['roles'];
  for (const [role, declared] of Object.entries(isObject(roles) ? roles : {})) {
    const keyids = isObject(declared) ? declared['keyids'] : undefined;
    const threshold = isObject(declared) ? declared['threshold'] : undefined;
    if (Array.isArray(keyids) && typeof threshold === 'number')
      quorums.set(role, { keyids: new Set(keyids.filter((id) => typeof id === 'string')), threshold });
  }
  return quorums;
}

function signersOf(envelope: JsonObject): ReadonlySet<string> {
  const signers = new Set<string>();
  const signatures = envelope['signatures'];
  for (const one of Array.isArray(signatures) ? (signatures as readonly Json[]) : []) {
    const keyid = isObject(one) ? one['keyid'] : undefined;
    if (isObject(one) && typeof keyid === 'string' && one['sig'] !== '') signers.add(keyid);
  }
  return signers;
}

function isVersion(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;
}

function parse(role: string, bytes: Uint8Array): Json {
  try {
    return JSON.parse(fromUtf8(bytes)) as Json;
  } catch (cause) {
    throw unreadable(role, 'not JSON', cause);
  }
}

function unreadable(role: string, found: string, cause?: unknown): Error {
  return conflict('DIRECTORY-FILE', 'a file of the repository cannot be read', { found, where: role, cause });
}
