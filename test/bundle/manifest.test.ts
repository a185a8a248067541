import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkManifest } from '../../src/bundle/check-manifest.ts';
import type {
  CombinedManifest,
  Kind,
  Manifest,
  RepositoryRequest,
  RepositoryResponse,
  RequestManifest,
  ResponseManifest,
} from '../../src/bundle/manifest.ts';
import { canonicalBytes } from '../../src/encoding/canonical-json.ts';
import type { Json } from '../../src/encoding/json.ts';
import { checkShape } from '../../src/encoding/schema.ts';
import { parseCanonicalJson } from '../../src/encoding/strict-json.ts';
import { formatTime } from '../../src/encoding/time.ts';
import { refusalOf } from './samples.ts';

/**
 * Manifests made from the TypeScript types. fc.record asks for exactly the members of a type and the compiler for
 * their types, so that a member which one of the two lacks, types or schemas, shows here.
 */
type Made<T> = { readonly [K in keyof T]: fc.Arbitrary<T[K]> };
function record<T extends object>(members: Made<T>): fc.Arbitrary<T> {
  const made: unknown = fc.record(members);
  return made as fc.Arbitrary<T>;
}

const hex = (digits: number): fc.Arbitrary<string> =>
  fc
    .uint8Array({ minLength: digits / 2, maxLength: digits / 2 })
    .map((bytes) => Buffer.from(bytes).toString('hex'));
const hex64 = hex(64);
const int = fc.maxSafeNat();
const time = fc.integer({ min: 0, max: 253402300799 }).map(formatTime);
const ref = hex64.map((digits) => `files/${digits}`);
const label = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,39}$/);
const role = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .filter((text) => !/[\u0000-\u001f\u007f-\u009f]/.test(text) && text.isWellFormed());
const some = <T>(item: fc.Arbitrary<T>, least = 0): fc.Arbitrary<T[]> =>
  fc.array(item, { minLength: least, maxLength: 3 });
const maybe = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(item, { nil: null });
const base64 = fc.uint8Array({ maxLength: 512 }).map((bytes) => Buffer.from(bytes).toString('base64'));
const station = record<Manifest['from']>({ name: label, key: hex64 });
const ledgerHead = record<ResponseManifest['head']>({ line: int, hash: hex64 });
const answered = record<ResponseManifest['request']>({ digest: hex64, sequence: int });
const dialect = fc.constantFrom('notary', 'tuf');
const keyKind = fc.constantFrom('key', 'certificate');
const OPERATIONS = [
  'first-root',
  'restart',
  'targets',
  'delegations',
  'refresh',
  'rotate-key',
  'threshold',
  'remove-compromised',
  'renew-certificate',
  'server-keys',
  'final-root',
  'none',
];
const METHODS = [
  'ecdsa',
  'rsapss',
  'eddsa',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ed25519',
  'rsassa-pss-sha256',
];

const repositoryRequest = record<RepositoryRequest>({
  dialect,
  name: role,
  operation: fc.constantFrom(...OPERATIONS),
  supersedes: some(hex64),
  roots: some(ref),
  base: some(
    record<RepositoryRequest['base'][number]>({ role, version: int, sha256: hex64, file: maybe(ref) }),
  ),
  serverKeys: some(
    record<RepositoryRequest['serverKeys'][number]>({
      role: fc.constantFrom('snapshot', 'timestamp'),
      key: ref,
    }),
  ),
  changes: ref,
  evidence: some(record<RepositoryRequest['evidence'][number]>({ role, target: role, file: ref })),
  result: some(
    record<RepositoryRequest['result'][number]>({
      role,
      version: int,
      expires: time,
      payload: maybe(hex64),
      document: ref,
      slots: some(
        record<RepositoryRequest['result'][number]['slots'][number]>({
          id: label,
          kind: keyKind,
          role,
          station: hex64,
          algorithm: fc.constantFrom(
            'ecdsa-p256',
            'ecdsa-p384',
            'ed25519',
            'rsa-2048',
            'rsa-3072',
            'rsa-4096',
          ),
          keyid: maybe(hex64),
        }),
      ),
      signers: some(
        record<RepositoryRequest['result'][number]['signers'][number]>({
          keyid: fc.oneof(hex64, label),
          quorum: fc.constantFrom('old', 'new', 'both'),
          holder: fc.oneof(hex64, fc.constantFrom('online', 'unknown')),
        }),
      ),
      needs: record<RepositoryRequest['result'][number]['needs']>({ old: int, new: int }),
    }),
  ),
});

const repositoryResponse = record<RepositoryResponse>({
  dialect,
  name: role,
  record: hex64,
  fills: some(
    record<RepositoryResponse['fills'][number]>({
      slot: label,
      kind: keyKind,
      value: ref,
      keyid: hex64,
      by: hex64,
    }),
  ),
  marks: record<RepositoryResponse['marks']>({
    pinned: int,
    roles: some(record<RepositoryResponse['marks']['roles'][number]>({ role, seen: int, signed: int })),
  }),
  roles: some(
    record<RepositoryResponse['roles'][number]>({
      role,
      version: int,
      payload: maybe(hex64),
      outcome: fc.constantFrom('signed', 'no-key', 'refused'),
      check: maybe(fc.stringMatching(/^[A-Z][A-Z0-9-]{0,63}$/)),
      document: maybe(ref),
      signatures: some(
        record<RepositoryResponse['roles'][number]['signatures'][number]>({
          keyid: hex64,
          method: fc.constantFrom(...METHODS),
          value: base64,
        }),
      ),
    }),
  ),
});

const head = {
  format: fc.constant('countersign-1' as const),
  environment: fc.constantFrom('production' as const, 'rehearsal' as const),
  id: hex(32),
  created: time,
  sequence: int,
  from: station,
  files: some(record<Manifest['files'][number]>({ name: ref, size: int, sha256: hex64 })),
};
const MANIFESTS: { readonly [K in Kind]: fc.Arbitrary<Extract<Manifest, { kind: K }>> } = {
  request: record<RequestManifest>({
    ...head,
    kind: fc.constant('request'),
    notAfter: time,
    to: some(
      record<RequestManifest['to'][number]>({
        name: label,
        key: hex64,
        heard: maybe(record<ResponseManifest['request']>({ digest: hex64, sequence: int })),
        head: maybe(ledgerHead),
      }),
      1,
    ),
    repositories: some(repositoryRequest, 1),
  }),
  response: record<ResponseManifest>({
    ...head,
    kind: fc.constant('response'),
    to: station,
    request: answered,
    previous: maybe(hex64),
    head: ledgerHead,
    repositories: some(repositoryResponse, 1),
    tool: fc.stringMatching(/^[ -~]{0,120}$/),
  }),
  combined: record<CombinedManifest>({
    ...head,
    kind: fc.constant('combined'),
    to: station,
    request: answered,
    parts: some(record<CombinedManifest['parts'][number]>({ digest: hex64, manifest: ref, seal: ref }), 1),
    metadata: some(ref),
  }),
};
const kinds = Object.keys(MANIFESTS) as Kind[];

/** Every path to a member of an object in the value. */
function paths(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const here = [...path, name];
    return [...(Array.isArray(value) ? [] : [here]), ...paths(inner, here)];
  });
}

function parentOf(value: unknown, path: readonly string[]): Record<string, unknown> {
  return path.slice(0, -1).reduce((at, name) => (at as Record<string, unknown>)[name], value) as Record<
    string,
    unknown
  >;
}

describe.each(kinds)('the manifest of a %s', (kind) => {
  const manifest = MANIFESTS[kind] as fc.Arbitrary<Manifest>;

  test('B-33 the types and the schema say the same: whatever has the type has the form', () => {
    fc.assert(
      fc.property(manifest, (value) => {
        checkShape(kind, value as unknown as Json);
        const bytes = canonicalBytes(value as unknown as Json);
        expect(canonicalBytes(parseCanonicalJson(bytes)).equals(bytes)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test('B-33 any member left out, added, or of another type is refused', async () => {
    await fc.assert(
      fc.asyncProperty(
        manifest,
        fc.nat(),
        fc.constantFrom('drop', 'add', 'retype'),
        async (value, pick, how) => {
          const copy = structuredClone(value) as unknown;
          const all = paths(copy);
          const path = all[pick % all.length] as string[];
          const parent = parentOf(copy, path);
          const name = path.at(-1) as string;
          if (how === 'drop') Reflect.deleteProperty(parent, name);
          else if (how === 'add') parent['another'] = null;
          else parent[name] = true;
          expect(await refusalOf(() => checkShape(kind, copy as Json))).toBe(`${kind.toUpperCase()}-SCHEMA`);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('B-34 B-36 what no writer ordered is passed or refused, never an error of another kind', async () => {
    await fc.assert(
      fc.asyncProperty(manifest, async (value) => {
        const check = await refusalOf(() => {
          checkManifest(value);
          throw new Error('passed');
        }).catch((error: unknown) => (error as Error).message);
        expect(check).toMatch(/^(passed|BUNDLE-(ORDER|ENTRY|REFERENCE|UNREFERENCED))$/);
      }),
      { numRuns: 100 },
    );
  });
});
