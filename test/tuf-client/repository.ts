import { createHash } from 'node:crypto';
import { canonicalBytes } from '../../src/encoding/canonical-json.ts';
import { toHex } from '../../src/encoding/text.ts';
import type { Algorithm } from '../../src/metadata/key.ts';
import { signatureOf, testKey, type TestKey } from '../tuf/documents.ts';

export type Document = Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any

export const DAY = 86_400_000;
export const inDays = (days: number): string =>
  new Date(Date.now() + days * DAY).toISOString().replace(/\.\d+Z/, 'Z');
export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export interface Delegated {
  readonly name: string;
  readonly paths?: readonly string[];
  readonly terminating?: boolean;
  readonly threshold?: number;
  readonly keys?: readonly TestKey[];
}

const keyObject = (key: TestKey): object => JSON.parse(Buffer.from(key.value).toString()) as object;

/**
 * A repository that a test changes as it likes, honest or not: the signed part of each role, who signs it, and the files
 * that are served. Nothing is checked.
 */
export class Repository {
  /** Whether timestamp and snapshot list hashes and lengths. */
  hashes = false;
  readonly signed = new Map<string, Document>();
  readonly signers = new Map<string, TestKey[]>();
  /** Below `/metadata/`, by path as it is asked for. */
  readonly metadata = new Map<string, Buffer>();
  /** Below `/targets/`. */
  readonly files = new Map<string, Buffer>();

  constructor() {
    const common = { spec_version: '1.0.33', version: 1, expires: inDays(30) };
    const root: Document = { ...common, _type: 'root', consistent_snapshot: true, keys: {}, roles: {} };
    this.signed.set('root', root);
    this.signed.set('targets', { ...common, _type: 'targets', targets: {} });
    this.signed.set('snapshot', { ...common, _type: 'snapshot', meta: {} });
    this.signed.set('timestamp', { ...common, _type: 'timestamp', meta: {} });
    for (const role of ['root', 'targets', 'snapshot', 'timestamp']) this.setKeys(role, [testKey('ed25519')]);
    for (const role of ['root', 'targets', 'snapshot', 'timestamp']) this.write(role);
  }

  of(role: string): Document {
    const signed = this.signed.get(role);
    if (!signed) throw new Error(`no role ${role}`);
    return signed;
  }

  version(role: string): number {
    return (this.signed.get(role)?.['version'] as number | undefined) ?? 0;
  }

  /** The keys of a top-level role, which sign it from now on. */
  setKeys(role: string, keys: readonly TestKey[], threshold = 1): void {
    const root = this.of('root');
    for (const key of keys) root['keys'][key.id] = keyObject(key);
    root['roles'][role] = { keyids: keys.map(({ id }) => id), threshold };
    this.signers.set(role, [...keys]);
  }

  /** New keys of a top-level role; a root is signed by the old ones too. */
  rotate(role: string, algorithm: Algorithm = 'ed25519'): void {
    const before = this.signers.get(role) ?? [];
    this.setKeys(role, [testKey(algorithm)]);
    if (role === 'root') this.signers.set('root', [...before, ...(this.signers.get('root') ?? [])]);
  }

  delegate(
    parent: string,
    { name, paths = ['*'], terminating = false, threshold = 1, keys }: Delegated,
  ): void {
    const own = keys ?? [testKey('ed25519')];
    const delegations = (this.of(parent)['delegations'] ??= { keys: {}, roles: [] }) as Document;
    for (const key of own) delegations['keys'][key.id] = keyObject(key);
    (delegations['roles'] as object[]).push({
      name,
      keyids: own.map(({ id }) => id),
      threshold,
      paths,
      terminating,
    });
    if (!this.signed.has(name)) {
      const common = { spec_version: '1.0.33', version: 0, expires: inDays(30) };
      this.signed.set(name, { ...common, _type: 'targets', targets: {} });
    }
    this.signers.set(name, [...new Set([...(this.signers.get(name) ?? []), ...own])]);
  }

  /** Puts a file beside the metadata, and its entry into a role. */
  add(role: string, path: string, content: string, algorithms: readonly string[] = ['sha256']): void {
    const bytes = Buffer.from(content);
    const hashes = Object.fromEntries(
      algorithms.map((name) => [name, createHash(name).update(bytes).digest('hex')]),
    );
    this.of(role)['targets'][path] = { length: bytes.length, hashes };
    const at = path.lastIndexOf('/') + 1;
    for (const hash of Object.values(hashes))
      this.files.set(`${path.slice(0, at)}${hash}.${path.slice(at)}`, bytes);
  }

  /** New versions of roles, signed and served; lists are made anew where they are named. */
  publish(...roles: string[]): void {
    for (const role of roles) {
      this.of(role)['version'] = this.version(role) + 1;
      this.write(role);
    }
  }

  /** Signs a role as it stands and serves it; what lists it is brought up to date in memory. */
  write(role: string): Buffer {
    const file = this.sign(role);
    const { version } = this.of(role) as { version: number };
    this.serve(role, version, file);
    const listed = this.hashes
      ? { version, length: file.length, hashes: { sha256: sha256(file) } }
      : { version };
    if (role === 'snapshot') this.of('timestamp')['meta']['snapshot.json'] = listed;
    else if (role !== 'timestamp' && role !== 'root') this.of('snapshot')['meta'][`${role}.json`] = listed;
    return file;
  }

  sign(role: string, signed: Document = this.of(role)): Buffer {
    const payload = canonicalBytes(signed);
    const signatures = (this.signers.get(role) ?? []).map((key) => ({
      keyid: key.id,
      sig: toHex(signatureOf(key, payload).value),
    }));
    return Buffer.from(JSON.stringify({ signed, signatures }));
  }

  serve(role: string, version: number, file: Buffer): void {
    const quoted = encodeURIComponent(role);
    this.metadata.set(role === 'timestamp' ? 'timestamp.json' : `${String(version)}.${quoted}.json`, file);
  }

  served(role: string, version = this.version(role)): Buffer {
    const name =
      role === 'timestamp' ? 'timestamp.json' : `${String(version)}.${encodeURIComponent(role)}.json`;
    const file = this.metadata.get(name);
    if (!file) throw new Error(`${name} is not served`);
    return file;
  }
}
