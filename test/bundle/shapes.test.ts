import { describe, expect, test } from 'vitest';
import type { Change } from '../../src/change/change.ts';
import type { Json } from '../../src/encoding/json.ts';
import { checkShape, type ShapeName } from '../../src/encoding/schema.ts';
import type { Card } from '../../src/station/cards/card-document.ts';
import type { LedgerLine } from '../../src/station/ledger/ledger-chain.ts';
import { refusalOf } from './samples.ts';

const HEX = 'a'.repeat(64);
/** One value of each type, checked by the compiler; the schemas must say the same. */
const changes: readonly Required<Change>[] = [
  { type: 'init', restart: false },
  {
    type: 'add',
    role: 'targets',
    name: '1.0',
    length: 7,
    hashes: { sha256: HEX, sha512: HEX + HEX },
    evidence: HEX,
    custom: { channel: 'stable' },
  },
  { type: 'remove', role: 'targets/releases', name: '0.9' },
  { type: 'refresh', role: 'root', days: 365 },
  { type: 'key-add', role: 'root', key: { form: 'public', value: 'AAAA' } },
  { type: 'key-remove', role: 'targets/alice', keyid: HEX },
  { type: 'key-rotate', role: 'targets', keys: [{ form: 'slot', value: null }] },
  { type: 'threshold', role: 'root', threshold: 2 },
  { type: 'renew-certificate', keyid: HEX },
  { type: 'online-key', role: 'snapshot' },
  {
    ...{ type: 'delegation-add', role: 'targets/alice', parent: null, paths: [''] },
    ...{ hashPrefixes: [], terminating: false },
  },
  { type: 'delegation-remove', role: 'targets/alice' },
  { type: 'paths-remove', role: 'targets/alice', paths: ['a/'], hashPrefixes: [] },
];
const card: Card = {
  format: 'countersign-1',
  kind: 'card',
  name: 'vault',
  side: 'offline',
  environment: 'production',
  key: HEX,
  keys: [{ algorithm: 'ed25519', keyid: HEX, proof: 'AAAA', public: 'AAAA', role: 'root' }],
};
const line: LedgerLine = {
  v: 1,
  line: 1,
  time: '2026-11-02T10:00:00Z',
  event: 'genesis',
  data: {},
  prev: '0'.repeat(64),
};
const seal = { key: HEX, signature: 'AAAA' };
const shapes: readonly (readonly [ShapeName, object])[] = [
  ...changes.map((change) => ['changes', [change]] as const),
  ['card', { card, seal }],
  ['ledger-line', line],
];

/** The value with a member of one of its objects left out, added or of another type, for each of them. */
function variants(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value))
    return value.flatMap((item: unknown, at) =>
      variants(item).map((changed): unknown => (value as unknown[]).with(at, changed)),
    );
  const members = Object.entries(value);
  // A second hash and custom data may be left out, and custom data may be anything.
  const needed = members.filter(([name]) => name !== 'sha512' && name !== 'custom');
  const typed = members.filter(([name]) => name !== 'custom');
  return [
    { ...value, another: null },
    ...needed.map(([left]) => Object.fromEntries(members.filter(([name]) => name !== left))),
    ...typed.map(([name, inner]) => ({ ...value, [name]: inner === false ? 0 : true })),
    ...typed.flatMap(([name, inner]) => variants(inner).map((changed) => ({ ...value, [name]: changed }))),
  ];
}

describe.each(shapes)('B-51 B-60 the schema of %s', (name, value) => {
  test('takes what has the type', () => {
    checkShape(name, value as Json);
  });

  test('refuses it with a member less, a member more, or a member of another type', async () => {
    const free = JSON.stringify({ data: { another: null } }).slice(1, -1);
    const changed = variants(value).filter((variant) => !JSON.stringify(variant).includes(free));
    expect(changed.length).toBeGreaterThanOrEqual(3);
    for (const variant of changed)
      expect(await refusalOf(() => checkShape(name, variant as Json))).toBe(`${name.toUpperCase()}-SCHEMA`);
  });
});
