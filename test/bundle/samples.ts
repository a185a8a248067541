import { generateKeyPairSync, sign } from 'node:crypto';
import { writeBundle, type WrittenBundle } from '../../src/bundle/bundle.ts';
import type { Kind, RequestManifest, ResponseManifest } from '../../src/bundle/manifest.ts';
import { identityOf } from '../../src/bundle/seal.ts';
import { sha256Hex } from '../../src/encoding/hash.ts';
import { CountersignError } from '../../src/errors.ts';

export const KINDS: readonly Kind[] = ['request', 'response', 'combined'];

const { privateKey, publicKey } = generateKeyPairSync('ed25519');

/** A transport key for tests. */
export const RAW_KEY: Uint8Array = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
export const IDENTITY = identityOf(RAW_KEY);
export const seal = (message: Uint8Array): Uint8Array => sign(null, message, privateKey);

/** A response manifest that refers to files with these contents. */
export function responseOver(contents: readonly Uint8Array[]): Omit<ResponseManifest, 'files'> {
  const zero = '0'.repeat(64);
  return {
    format: 'countersign-1',
    kind: 'response',
    environment: 'production',
    id: 'ab'.repeat(16),
    created: '2026-11-02T10:00:00Z',
    sequence: 7,
    from: { name: 'vault', key: IDENTITY },
    to: { name: 'desk', key: zero },
    request: { digest: zero, sequence: 3 },
    previous: null,
    head: { line: 6, hash: zero },
    repositories: [
      {
        dialect: 'notary',
        name: 'registry.example.com/team/app',
        record: zero,
        fills: contents.map((content, at) => ({
          slot: `slot-${String(at)}`,
          kind: 'key',
          value: `files/${sha256Hex(content)}`,
          keyid: zero,
          by: IDENTITY,
        })),
        marks: { pinned: 1, roles: [] },
        roles: [],
      },
    ],
    tool: 'countersign 0.1.0',
  };
}

/** A sealed response over these contents. */
export function writeResponse(contents: readonly Uint8Array[]): WrittenBundle {
  return writeBundle({
    kind: 'response',
    manifest: responseOver(contents),
    contents: byDigest(contents),
    publicKey: RAW_KEY,
    seal,
  });
}

/** A sealed request that asks for nothing: one repository, with a change list and no more. */
export function writeRequest(): WrittenBundle {
  const changes = Buffer.from('[]');
  const manifest: Omit<RequestManifest, 'files'> = {
    format: 'countersign-1',
    kind: 'request',
    environment: 'production',
    id: 'ab'.repeat(16),
    created: '2026-11-02T10:00:00Z',
    notAfter: '2026-12-02T10:00:00Z',
    sequence: 7,
    from: { name: 'desk', key: IDENTITY },
    to: [{ name: 'vault', key: '0'.repeat(64), heard: null, head: null }],
    repositories: [
      {
        dialect: 'notary',
        name: 'registry.example.com/team/app',
        operation: 'none',
        supersedes: [],
        roots: [],
        base: [],
        serverKeys: [],
        changes: `files/${sha256Hex(changes)}`,
        evidence: [],
        result: [],
      },
    ],
  };
  return writeBundle({ kind: 'request', manifest, contents: byDigest([changes]), publicKey: RAW_KEY, seal });
}

export function byDigest(contents: readonly Uint8Array[]): Map<string, Uint8Array> {
  return new Map(contents.map((content) => [sha256Hex(content), content]));
}

/** The refusal of a promise or a call: its check ID, and that it exits with 3. Anything else fails the test. */
export async function refusalOf(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    if (error instanceof CountersignError && error.exit === 3) return error.check;
    throw error;
  }
  throw new Error('nothing was refused');
}
