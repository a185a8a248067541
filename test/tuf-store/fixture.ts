import { createHash } from 'node:crypto';
import type { ListedFile } from '../../src/metadata/document.ts';
import type { Store } from '../../src/online/repositories/store.ts';

export interface Made {
  readonly version: number;
  readonly delegations?: readonly string[];
  readonly consistent?: boolean;
  /** Key of timestamp and snapshot that the root names. */
  readonly online?: string;
  /** Keys that timestamp and snapshot are signed with; default the one of the root. */
  readonly signedBy?: readonly string[];
  /** What makes two files of one version differ. */
  readonly note?: string;
  readonly hashes?: boolean;
}

export const sha = (bytes: Uint8Array, algorithm = 'sha256'): string =>
  createHash(algorithm).update(bytes).digest('hex');

export function file(signed: object, signedBy: readonly string[]): Buffer {
  const signatures = signedBy.map((keyid) => ({ keyid, sig: '00' }));
  return Buffer.from(JSON.stringify({ signed, signatures }));
}

export const entryOf = (
  bytes: Uint8Array,
  version: number,
  hashes = true,
): ListedFile & { version: number } => ({
  version,
  length: bytes.length,
  hashes: hashes ? { sha256: sha(bytes) } : {},
});

/** Files of one whole state: every role in the same version, nothing really signed. */
export function stateFiles(made: Made): Map<string, Buffer> {
  const { version, delegations = [], consistent = true, online = 'online', note } = made;
  const signedBy = made.signedBy ?? [online];
  const one = (...keyids: string[]) => ({ keyids, threshold: 1 });
  const roles = { root: one('root'), targets: one('targets'), snapshot: one(online), timestamp: one(online) };
  const files = new Map<string, Buffer>();
  files.set('root', file({ _type: 'root', version, consistent_snapshot: consistent, roles, note }, ['root']));
  for (const role of ['targets', ...delegations])
    files.set(role, file({ _type: 'targets', role, version, note }, ['targets']));
  return seal(files, version, signedBy, made.hashes ?? true);
}

/** Adds the snapshot and timestamp that go with the files; `older` entries stay listed. */
export function seal(
  files: ReadonlyMap<string, Buffer>,
  version: number,
  signedBy: readonly string[] = ['online'],
  hashes = true,
  older: Readonly<Record<string, ListedFile>> = {},
): Map<string, Buffer> {
  const meta: Record<string, ListedFile> = { ...older };
  for (const [role, bytes] of files) {
    if (['root', 'snapshot', 'timestamp'].includes(role)) continue;
    const parsed = JSON.parse(bytes.toString()) as { signed: { version: number } };
    meta[`${role}.json`] = entryOf(bytes, parsed.signed.version, hashes);
  }
  const all = new Map(files);
  const snapshot = file({ _type: 'snapshot', version, meta }, signedBy);
  all.set('snapshot', snapshot);
  const listed = { 'snapshot.json': entryOf(snapshot, version, hashes) };
  return all.set('timestamp', file({ _type: 'timestamp', version, meta: listed }, signedBy));
}

interface Read {
  signed: {
    version: number;
    consistent_snapshot: boolean;
    meta: Record<string, ListedFile>;
    roles: Record<string, { keyids: string[] }>;
  };
  signatures: { keyid: string }[];
}

export const parsed = (bytes: Uint8Array | null): Read['signed'] => envelope(bytes).signed;

function envelope(bytes: Uint8Array | null): Read {
  if (bytes === null) throw new Error('a file is missing');
  return JSON.parse(Buffer.from(bytes).toString()) as Read;
}

/**
 * Reads as a client does: root, timestamp, snapshot, every listed file; each has to be signed by the key that the root
 * read first names, and to be exactly what led to it. 0 if there is no repository.
 */
export async function walk(store: Store): Promise<{ root: number; version: number; roles: string[] }> {
  const rootBytes = await store.current('root');
  if (rootBytes === null) return { root: 0, version: 0, roles: [] };
  const root = parsed(rootBytes);
  const signedFor = (role: string, bytes: Uint8Array | null): Read['signed'] => {
    const { signed, signatures } = envelope(bytes);
    const keys = root.roles[role]?.keyids ?? [];
    if (!signatures.some(({ keyid }) => keys.includes(keyid)))
      throw new Error(`${role} is not signed by ${keys.join(' ')} of root ${String(root.version)}`);
    return signed;
  };
  const consistent = root.consistent_snapshot;
  const timestamp = signedFor('timestamp', await store.current('timestamp'));
  const leading = timestamp.meta['snapshot.json'] as ListedFile;
  const snapshot = signedFor('snapshot', await store.listed('snapshot', leading, consistent));
  if (snapshot.version !== leading.version) throw new Error('a mixture: snapshot');
  const roles = Object.keys(snapshot.meta).map((name) => name.slice(0, -5));
  for (const role of roles) {
    const listed = snapshot.meta[`${role}.json`] as ListedFile;
    const { version } = parsed(await store.listed(role, listed, consistent));
    if (version !== listed.version) throw new Error(`a mixture: ${role}`);
  }
  return { root: root.version, version: timestamp.version, roles };
}
