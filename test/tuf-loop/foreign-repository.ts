import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalize } from '@tufjs/canonical-json';
import { scratchFolder } from '../peers/process.ts';
import { placeTarget } from '../peers/tuf-updater.ts';
import { signatureOf, testKey, type TestKey } from '../tuf/documents.ts';

/** A key object as the foreign tool lists it, under an ID that no rule computes. */
export interface ListedKey {
  readonly id: string;
  readonly pem: string;
}

export interface ForeignFile {
  readonly signed: Record<string, unknown>;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
  readonly [outside: string]: unknown;
}

/** Data that no program of ours has an idea of: nested, empty, beyond ASCII, in an order of its own. */
export const PLANTED = { zz: [1, { b: null, a: 'gr\u00fcn \u{1f511} \\ "' }], aa: {}, t: true };

/** A target with a hash of a kind that tuf-js does not know, and then downloads nothing. */
export const UNREADABLE = 'gr\u00fcn.bin';

/** A repository in a folder as another program left it: members that nobody knows in every place, no white space of ours. */
export interface ForeignRepository {
  readonly folder: string;
  readonly targets: ReadonlyMap<string, Buffer>;
}

/**
 * Writes a repository whose roles each list a key of the other program, which signed, and one of these.
 *
 * @param ours a key for each top-level role
 */
export function foreignRepository(ours: Readonly<Record<string, ListedKey>>): ForeignRepository {
  const folder = scratchFolder('foreign');
  mkdirSync(join(folder, 'metadata'));
  const theirs = testKey('ecdsa-p256');
  const foreignId = 'legacy key 1';
  const object = (pem: string): object => ({
    ...{ 'x-key-owner': '@somebody', keytype: 'ecdsa', scheme: 'ecdsa-sha2-nistp256' },
    keyval: { public: pem, 'x-part': 'text' },
  });
  const common = (type: string): Record<string, unknown> => ({
    ...{ 'x-note': PLANTED, version: 1, spec_version: '1.0.19', _type: type },
    expires: new Date(Date.now() + 30 * 86_400_000).toISOString().replace(/\.\d+Z$/, 'Z'),
  });
  const keys: Record<string, object> = {
    [foreignId]: object(pemOf(theirs)),
    // A kind of key that nobody can verify with here.
    'a-sigstore-key': { keytype: 'sigstore-oidc', scheme: 'Fulcio', keyval: { identity: 'me@example.com' } },
  };
  const roles: Record<string, object> = {};
  for (const [role, { id, pem }] of Object.entries(ours)) {
    keys[id] = object(pem);
    roles[role] = { 'x-signing-period': 60, threshold: 1, keyids: [foreignId, id, 'a-sigstore-key'] };
  }
  const write = (name: string, signed: Record<string, unknown>): Buffer => {
    const bytes = canonicalize(signed);
    const { value } = signatureOf(theirs, Buffer.from(bytes));
    const signatures = [
      { 'x-tool': 'ceremony', sig: Buffer.from(value).toString('hex'), keyid: foreignId },
      { keyid: 'a-sigstore-key', sig: '' },
    ];
    const file = Buffer.from(`${JSON.stringify({ 'x-outside': PLANTED, signed, signatures }, null, 3)}\n`);
    writeFileSync(join(folder, 'metadata', name), file);
    return file;
  };
  const listed = (file: Buffer): object => ({
    ...{ version: 1, length: file.length, 'x-listed': PLANTED },
    hashes: { sha256: sha256(file) },
  });
  write('1.root.json', { ...common('root'), consistent_snapshot: true, keys, roles });
  const targets = new Map(['app/1.bin', '__proto__', UNREADABLE].map((name) => [name, Buffer.from(name)]));
  const entries = Object.fromEntries(
    [...targets].map(([name, bytes]) => {
      placeTarget(folder, name, sha256(bytes), bytes);
      const hashes = {
        sha256: sha256(bytes),
        ...(name === UNREADABLE ? { 'blake2b-256': 'ab'.repeat(32) } : {}),
      };
      return [name, { custom: PLANTED, length: bytes.length, hashes, 'x-entry': PLANTED }];
    }),
  );
  const delegations = { keys: {}, roles: [], 'x-delegations': PLANTED };
  const list = write('1.targets.json', { ...common('targets'), targets: entries, delegations });
  const meta = { 'targets.json': listed(list) };
  const snapshot = write('1.snapshot.json', { ...common('snapshot'), meta });
  write('timestamp.json', { ...common('timestamp'), meta: { 'snapshot.json': listed(snapshot) } });
  return { folder, targets };
}

function pemOf({ public: { spki } }: TestKey): string {
  const body = Buffer.from(spki).toString('base64').replace(/.{64}/g, '$&\n');
  return `-----BEGIN PUBLIC KEY-----\n${body.trimEnd()}\n-----END PUBLIC KEY-----\n`;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
