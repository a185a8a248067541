import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  type KeyObject,
} from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { archiveChunks } from '../../src/bundle/archive.ts';
import { openBundle } from '../../src/bundle/bundle.ts';
import type { Manifest, RequestManifest, ResponseManifest } from '../../src/bundle/manifest.ts';
import { encodeSeal, identityOf, preAuthentication, type SealedKind } from '../../src/bundle/seal.ts';
import { canonicalText } from '../../src/encoding/canonical-json.ts';
import type { Json } from '../../src/encoding/json.ts';
import { readChain, type LedgerLine } from '../../src/station/ledger/ledger-chain.ts';
import { fileSource } from '../../src/station/files/file-source.ts';

/** All members writable, all the way down. */
type Writable<T> = T extends readonly (infer Item)[]
  ? Writable<Item>[]
  : T extends object
    ? { -readonly [Member in keyof T]: Writable<T[Member]> }
    : T;
export type ForgedRequest = Writable<RequestManifest>;
export type ForgedResponse = Writable<ResponseManifest>;

/** The contents of a bundle under attack. */
export interface ForgedContents {
  /** Adds a content; its name in the bundle. Contents that the manifest no longer names fall out by themselves. */
  put(bytes: Uint8Array | string): string;
  get(name: string): Buffer;
  /** Takes a content, edits it as JSON and adds it again in canonical form; its new name. */
  edit(name: string, change: (value: never) => void): string;
}

/** A transport key in the attacker's hands. */
export interface TransportKey {
  readonly privateKey: KeyObject;
  readonly identity: string;
}

/** The real transport key of a station: whoever owns the machine owns it. */
export function stolenKey(home: string): TransportKey {
  return withIdentity(createPrivateKey(readFileSync(join(home, 'transport.key'))));
}

/** A transport key that nobody has paired. */
export function strangersKey(): TransportKey {
  return withIdentity(generateKeyPairSync('ed25519').privateKey);
}

function withIdentity(privateKey: KeyObject): TransportKey {
  return { privateKey, identity: identityOf(rawKey(privateKey)) };
}

function rawKey(privateKey: KeyObject): Buffer {
  return createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).subarray(-32);
}

/**
 * Opens a bundle, lets the attacker change anything in it, and seals it again, so that nothing but the checks behind
 * the seal stands in the way.
 */
export async function forge<M extends Manifest>(
  from: string,
  to: string,
  key: TransportKey,
  attack: (manifest: Writable<M>, contents: ForgedContents) => void,
): Promise<string> {
  const bundle = await openBundle<M>(fileSource(from), { kinds: ['request', 'response'] });
  const manifest = JSON.parse(Buffer.from(bundle.manifestBytes).toString()) as Writable<M>;
  const files = new Map(bundle.manifest.files.map(({ name }) => [name, Buffer.from(bundle.read(name))]));
  const contents: ForgedContents = {
    put(bytes) {
      const content = Buffer.from(bytes as Uint8Array);
      const name = `files/${sha256(content)}`;
      files.set(name, content);
      return name;
    },
    get(name) {
      const content = files.get(name);
      if (!content) throw new Error(`no ${name}`);
      return content;
    },
    edit(name, change) {
      // Canonical JSON leaves line breaks raw, as in the PEM of keys.
      const value = JSON.parse(contents.get(name).toString().replaceAll('\n', '\\n')) as never;
      change(value);
      return contents.put(canonicalText(value));
    },
  };
  const sender = (manifest as { from: { key: string } }).from;
  if (sender.key === bundle.sealedBy) sender.key = key.identity;
  attack(manifest, contents);
  const bytes = writeForged(bundle.kind, manifest, files, key);
  writeFileSync(to, bytes);
  return sha256(manifestOf(bytes));
}

/** Writes a bundle without any of the checks that an honest writer makes. */
export function writeForged(
  kind: SealedKind,
  manifest: Manifest,
  files: ReadonlyMap<string, Buffer>,
  key: TransportKey,
): Buffer {
  // What the manifest names, and what the parts of a combined bundle name in their turn.
  const text = JSON.stringify({ ...manifest, files: [] });
  const parts = manifest.kind === 'combined' ? manifest.parts.map((part) => files.get(part.manifest)) : [];
  const names = [text, ...parts.map((part) => part?.toString() ?? '')];
  const kept = [...files]
    .filter(([name]) => names.some((one) => one.includes(name)))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const list = kept.map(([name, content]) => ({ name, size: content.length, sha256: sha256(content) }));
  const body = Buffer.from(canonicalText({ ...manifest, files: list } as unknown as Json));
  const signature = sign(null, preAuthentication(kind, body), key.privateKey);
  const entries = [
    { name: 'manifest.json', content: body },
    { name: 'manifest.sig', content: encodeSeal({ publicKey: rawKey(key.privateKey), signature }) },
    ...kept.map(([name, content]) => ({ name, content })),
  ];
  return Buffer.concat([...archiveChunks(entries)]);
}

function manifestOf(bundle: Buffer): Buffer {
  return bundle.subarray(512, 512 + Number.parseInt(bundle.toString('latin1', 124, 135), 8));
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A home as it stood: every file's digest, and the ledger's lines. */
export interface HomeState {
  readonly files: ReadonlyMap<string, string>;
  readonly ledger: readonly LedgerLine[];
}

/** Looks at a whole home; the lock is no part of its state. */
export function homeState(home: string): HomeState {
  const files = new Map<string, string>();
  for (const name of readdirSync(home, { recursive: true, encoding: 'utf8' }).sort()) {
    const path = join(home, name);
    if (name === 'ledger.jsonl' || name.startsWith('lock') || !statSync(path).isFile()) continue;
    files.set(name, sha256(readFileSync(path)));
  }
  return { files, ledger: readChain(readFileSync(join(home, 'ledger.jsonl'))).lines };
}

/** Lines that were added since; throws where a file of the home, or an old line, is another one (R17). */
export function addedLines(before: HomeState, home: string): readonly LedgerLine[] {
  const after = homeState(home);
  for (const name of new Set([...before.files.keys(), ...after.files.keys()]))
    if (before.files.get(name) !== after.files.get(name)) throw new Error(`${name} changed in ${home}`);
  before.ledger.forEach((line, index) => {
    if (JSON.stringify(line) !== JSON.stringify(after.ledger[index]))
      throw new Error(`line ${String(line.line)} changed in ${home}`);
  });
  return after.ledger.slice(before.ledger.length);
}
