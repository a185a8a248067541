import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalBytes, compareUtf8 } from '../../src/encoding/canonical-json.ts';
import { isObject, type Json, type JsonObject } from '../../src/encoding/json.ts';
import { EntryTable, NO_ENTRIES } from '../../src/metadata/entry-table.ts';

/** Names that are easily confused: one begins another, is escaped, is inherited, or is in order by one rule only. */
const name = fc.oneof(
  fc.constantFrom(
    '__proto__',
    'constructor',
    '10',
    '9',
    '',
    '\uffff',
    '\u{10000}',
    'a',
    'a"',
    'a\\',
    'a\u0001',
    'a!',
  ),
  fc.string({ unit: fc.constantFrom('"', '\\', 'a', 'b', '\n', '}', '\u00e9', '\u{1f511}'), maxLength: 4 }),
);
const entry = fc.record({ length: fc.nat(3), custom: fc.constantFrom('x', '"', '\\', '\t', '{},') });
const table = fc
  .uniqueArray(fc.tuple(name, entry), { maxLength: 12, selector: ([one]) => one })
  .map((pairs) => new Map<string, JsonObject>(pairs));

const inOrder = (entries: Iterable<[string, unknown]>): [string, unknown][] =>
  [...entries].sort(([a], [b]) => compareUtf8(a, b));
const bytesOf = (entries: ReadonlyMap<string, JsonObject | null>): Buffer =>
  canonicalBytes(Object.fromEntries(entries));
/** As it stands in a document. */
const tableOf = (entries: ReadonlyMap<string, JsonObject>): EntryTable =>
  new EntryTable(Buffer.concat([Buffer.from('{"targets":'), bytesOf(entries), Buffer.from(',"z":1}')]), 11);

describe('the entries of a targets document in its bytes, against a plain map', () => {
  test('are all there, in order, and each is found by its name', () => {
    fc.assert(
      fc.property(table, name, (entries, other) => {
        const found = tableOf(entries);
        expect(found.size).toBe(entries.size);
        expect(found.bytes.equals(bytesOf(entries))).toBe(true);
        expect([...found.entries()]).toEqual(inOrder(entries));
        for (const one of [...entries.keys(), other]) expect(found.get(one)).toEqual(entries.get(one));
      }),
      { numRuns: 1_000 },
    );
  });

  test('without those that another table has, byte for byte', () => {
    fc.assert(
      fc.property(table, table, fc.array(fc.nat(11)), (one, other, shared) => {
        const both = new Map(other);
        for (const at of shared) for (const [key, value] of [...one].slice(at, at + 1)) both.set(key, value);
        const same = (key: string): boolean =>
          both.has(key) && canonicalBytes(both.get(key)!).equals(canonicalBytes(one.get(key)!));
        const expected = inOrder(one).filter(([key]) => !same(key));
        expect([...tableOf(one).entries(tableOf(both))]).toEqual(expected);
      }),
      { numRuns: 1_000 },
    );
  });

  test('with others put in, replaced and taken out', () => {
    const changes = fc.uniqueArray(fc.tuple(name, fc.option(entry)), {
      maxLength: 12,
      selector: ([one]) => one,
    });
    fc.assert(
      fc.property(table, changes, fc.array(fc.nat(11)), (entries, some, gone) => {
        const changed = new Map<string, JsonObject | null>(some);
        for (const at of gone) for (const [key] of [...entries].slice(at, at + 1)) changed.set(key, null);
        const after = new Map(entries);
        for (const [key, value] of changed)
          if (value) after.set(key, value);
          else after.delete(key);
        const result = tableOf(entries).with(Object.fromEntries(changed));
        expect(result.toString()).toBe(bytesOf(after).toString());
      }),
      { numRuns: 2_000 },
    );
  });

  test('a name that no document can hold is in none', () => {
    expect(tableOf(new Map([['a', {}]])).get('\ud800')).toBeUndefined();
  });

  test('none', () => {
    expect([NO_ENTRIES.size, ...NO_ENTRIES.entries()]).toEqual([0]);
    expect(NO_ENTRIES.with({}).toString()).toBe('{}');
    expect(() => new EntryTable(Buffer.from('[]'))).toThrow('not an object');
  });
});

test('members of entries that are not among the known ones are named, whatever their names', () => {
  const wild = fc.dictionary(name, fc.constantFrom<Json>(1, '"},{', { custom: [] }), {
    maxKeys: 4,
    noNullPrototype: true,
  });
  const entries = fc.uniqueArray(fc.tuple(name, fc.oneof(wild, fc.constant(1))), {
    maxLength: 6,
    selector: ([one]) => one,
  });
  fc.assert(
    fc.property(entries, fc.array(name, { maxLength: 3 }), (pairs, known) => {
      const object = Object.fromEntries(pairs) as JsonObject;
      const expected = inOrder(pairs).flatMap(([one, value]) =>
        isObject(value as Json)
          ? Object.keys(value as JsonObject)
              .filter((member) => !known.includes(member))
              .sort(compareUtf8)
              .map((member) => [one, member])
          : [],
      );
      expect([...new EntryTable(canonicalBytes(object)).otherMembers(known)]).toEqual(expected);
    }),
    { numRuns: 1_000 },
  );
});

test('an entry stands as deep as it will in the document', () => {
  const nested = (levels: number): JsonObject => (levels === 0 ? {} : { a: nested(levels - 1) });
  expect(NO_ENTRIES.with({ a: nested(61) }).toString()).toContain('{}');
  expect(() => NO_ENTRIES.with({ a: nested(62) })).toThrow('nested too deeply');
});
