import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../src/encoding/json.ts';
import { checkShape } from '../../src/encoding/schema.ts';
import { refusalOf, responseOver } from './samples.ts';

const folder = fileURLToPath(new URL('../../bundle-schema/', import.meta.url));
const generated = fileURLToPath(new URL('../../src/encoding/schema/generated.js', import.meta.url));
const schemas = readdirSync(folder).filter((file) => file.endsWith('.schema.json'));

interface Schema {
  readonly type?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly additionalProperties?: boolean;
}

/** Every object schema in a schema, with where it stands. */
function objects(schema: unknown, where: string): [string, Schema][] {
  if (typeof schema !== 'object' || schema === null) return [];
  const inner = Object.entries(schema).flatMap(([name, value]) => objects(value, `${where}/${name}`));
  return 'type' in schema && schema.type === 'object' ? [[where, schema as Schema], ...inner] : inner;
}

describe('the validators', () => {
  test('the committed validators are what the generator makes of the schemas', async () => {
    const { generate } = (await import(
      new URL('../../scripts/generate-validators.mjs', import.meta.url).href
    )) as {
      generate: () => Promise<string>;
    };
    expect(readFileSync(generated, 'utf8') === (await generate())).toBe(true);
  });

  test('nothing is evaluated at run time', () => {
    expect(readFileSync(generated, 'utf8')).not.toMatch(/\beval\(|\bnew Function\b|\bimport\b/);
    const { status, stderr } = spawnSync(
      process.execPath,
      [
        '--disallow-code-generation-from-strings',
        '--input-type=module',
        '-e',
        `
        import * as validators from ${JSON.stringify(generated)};
        if (validators.changes([{ restart: false, type: 'init' }]) !== true) process.exit(1);
        if (validators.changes([{ type: 'none' }]) !== false) process.exit(1);`,
      ],
      { encoding: 'utf8' },
    );
    expect([status, stderr]).toEqual([0, '']);
  });

  test('B-33 every member is required and none may be added; only a second hash, custom data and ledger data are free', () => {
    expect(schemas).toHaveLength(6);
    for (const file of schemas) {
      const schema = JSON.parse(readFileSync(`${folder}${file}`, 'utf8')) as unknown;
      for (const [where, { required, properties, additionalProperties }] of objects(schema, file)) {
        if (where === 'ledger-line.schema.json/properties/data' || where === 'changes.schema.json/items')
          continue;
        expect([where, additionalProperties]).toEqual([where, false]);
        const members = Object.keys(properties ?? {}).filter(
          (name) => name !== 'sha512' && name !== 'custom',
        );
        expect([where, [...(required ?? [])].sort()]).toEqual([where, members.sort()]);
      }
    }
  });
});

describe('checkShape', () => {
  const response = { ...responseOver([]), files: [] };

  test('RESPONSE-SCHEMA says where, as a JSON pointer', () => {
    const wrong = { ...response, head: { line: -1, hash: 'x' } };
    try {
      checkShape('response', wrong as unknown as Json);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({
        check: 'RESPONSE-SCHEMA',
        exit: 3,
        where: expect.stringMatching(/^\/head\//) as string,
      });
    }
  });

  test('RESPONSE-SCHEMA a signature of 12 MB is refused, and does not exhaust the matcher', async () => {
    const roles = [
      {
        role: 'root',
        version: 1,
        payload: null,
        outcome: 'signed',
        check: null,
        document: null,
        signatures: [{ keyid: '0'.repeat(64), method: 'ecdsa', value: 'A'.repeat(12_000_000) }],
      },
    ];
    const repositories = response.repositories.map((record) => ({ ...record, roles }));
    const value = { ...response, repositories } as unknown as Json;
    expect(await refusalOf(() => checkShape('response', value))).toBe('RESPONSE-SCHEMA');
  });

  test('B-33 names: a station’s is short and plain, a role’s holds no control character', async () => {
    for (const name of ['desk', 'a', '0-9', 'x'.repeat(40)])
      checkShape('response', { ...response, from: { ...response.from, name } } as unknown as Json);
    for (const name of ['', '-desk', 'Desk', 'x'.repeat(41), 'de sk', 'desk\n', 'd\u0435sk'])
      expect(
        await refusalOf(() =>
          checkShape('response', { ...response, from: { ...response.from, name } } as unknown as Json),
        ),
      ).toBe('RESPONSE-SCHEMA');
    const change = (role: string): Json => [{ type: 'refresh', role, days: null }];
    for (const role of ['root', 'targets/releases', 'gr\u00fcn', '\u{1f511}'])
      checkShape('changes', change(role));
    for (const role of ['', 'a\u0000', 'a\u0085', 'a\u007f', 'r'.repeat(256)])
      expect(await refusalOf(() => checkShape('changes', change(role)))).toBe('CHANGES-SCHEMA');
  });

  test('100,000 changes are checked in one go', () => {
    const changes = Array.from({ length: 100_000 }, (_, at) => ({
      type: 'add',
      role: 'targets',
      name: `image-${String(at)}`,
      length: at,
      hashes: { sha256: at.toString(16).padStart(64, '0') },
      evidence: null,
    }));
    expect(() => {
      checkShape('changes', changes);
    }).not.toThrow();
  });
});
