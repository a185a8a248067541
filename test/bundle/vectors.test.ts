import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { openBundle } from '../../src/bundle/bundle.ts';
import type { Kind } from '../../src/bundle/manifest.ts';
import { bundleDigest, kindOfFile } from '../../src/bundle/peek.ts';
import { memorySource } from '../../src/bundle/source.ts';
import { sha256Hex } from '../../src/encoding/hash.ts';
import { CountersignError } from '../../src/errors.ts';
import { readChanges } from '../../src/exchange/read-changes.ts';
import { readCard } from '../../src/station/cards/card.ts';
import { KINDS } from './samples.ts';

interface Vector {
  readonly file: string;
  readonly title: string;
  readonly rule: string;
  readonly sha256: string;
  /** What the reader expects; all kinds if it does not say. */
  readonly kinds?: readonly (Kind | 'changes')[];
  readonly expect:
    { readonly check: string } | { readonly kind: Kind | 'card' | 'changes'; readonly digest: string };
}

const folder = fileURLToPath(new URL('../../bundle-schema/vectors/', import.meta.url));
const { vectors } = JSON.parse(readFileSync(`${folder}vectors.json`, 'utf8')) as { vectors: Vector[] };
const specification = readFileSync(new URL('../../bundle-schema/README.md', import.meta.url), 'utf8');

/** Digest of a bundle, card or list of changes that is accepted; a refusal is thrown. */
async function open(vector: Vector, bytes: Uint8Array): Promise<{ kind: string; digest: string }> {
  if (vector.file.endsWith('.json')) {
    readChanges(bytes);
    return { kind: 'changes', digest: sha256Hex(bytes) };
  }
  if (vector.file.endsWith('.card')) return { kind: 'card', digest: (await readCard(bytes)).digest };
  const { kind, digest } = await openBundle(memorySource(bytes), {
    kinds: KINDS.filter((one) => vector.kinds?.includes(one) ?? true),
  });
  return { kind, digest };
}

describe('conformance vectors', () => {
  test('at least six valid and sixty hostile ones, each listed once, and no other file in the folder', () => {
    const valid = vectors.filter(({ expect: expected }) => 'digest' in expected);
    expect(valid.length).toBeGreaterThanOrEqual(6);
    expect(vectors.length - valid.length).toBeGreaterThanOrEqual(60);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
      /\.\w+$/.test(file),
    );
    expect(files.sort()).toEqual(['vectors.json', ...vectors.map(({ file }) => file)].sort());
  });

  test('the committed files are what the generator writes, byte for byte', async () => {
    const { generate } = (await import(
      new URL('../../scripts/generate-vectors.mjs', import.meta.url).href
    )) as {
      generate: () => Promise<ReadonlyMap<string, Buffer>>;
    };
    for (const [file, bytes] of await generate()) {
      expect(existsSync(`${folder}${file}`), file).toBe(true);
      expect(readFileSync(`${folder}${file}`).equals(bytes), file).toBe(true);
    }
  });

  test.each(vectors.map((vector) => [vector.rule, vector.file, vector.title, vector] as const))(
    '%s %s: %s',
    async (_rule, file, _title, vector) => {
      const bytes = readFileSync(`${folder}${file}`);
      expect(sha256Hex(bytes)).toBe(vector.sha256);
      const outcome = await open(vector, bytes).catch((error: unknown) => error);
      if ('digest' in vector.expect) {
        expect(outcome).toEqual(vector.expect);
        const { kind } = vector.expect;
        if (kind !== 'changes') expect(kindOfFile(memorySource(bytes))).toBe(kind);
        if (kind !== 'card' && kind !== 'changes')
          expect(bundleDigest(memorySource(bytes))).toBe(vector.expect.digest);
      } else {
        expect(outcome).toBeInstanceOf(CountersignError);
        const { check, exit } = outcome as CountersignError;
        expect({ check, exit }).toEqual({ check: vector.expect.check, exit: 3 });
      }
    },
  );

  test('every check ID that a vector expects, and every rule that it names, is in the specification', () => {
    for (const { rule, expect: expected } of vectors) {
      expect(specification).toContain(`[${rule}]`);
      if ('check' in expected) expect(specification).toContain(`\`${expected.check}\``);
    }
  });
});
