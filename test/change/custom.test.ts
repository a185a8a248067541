import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { signedOf, withTargets } from '../peers/signed-content.ts';
import type { AddChange, Change } from '../../src/change/change.ts';
import { entryChanges } from '../../src/change/entries.ts';
import { canonicalBytes, recordBytes } from '../../src/encoding/canonical-json.ts';
import { sameJson, type Json, type JsonObject } from '../../src/encoding/json.ts';
import { readChanges } from '../../src/exchange/read-changes.ts';
import type { Dialect } from '../../src/metadata/dialect.ts';
import type { SignedDocument } from '../../src/metadata/document.ts';
import { notary } from '../../src/metadata/notary/dialect.ts';
import { tuf } from '../../src/metadata/tuf/dialect.ts';
import { readCustom } from '../../src/online/staging/custom-data.ts';
import { readTargetList } from '../../src/online/staging/target-list.ts';
import { kindOf, targetChanges } from '../../src/review/target-change.ts';
import { checkOf } from '../identity/check-of.ts';
import { scratchFolder } from '../peers/process.ts';

const EXPIRES = '2029-11-21T00:00:00Z';
const hash = (number: number): string => number.toString(16).padStart(64, '0');

function add(content: number, custom?: Json, name = 'v1'): AddChange {
  return {
    ...{ type: 'add', role: 'targets', name, length: content, evidence: null },
    hashes: { sha256: hash(content) },
    ...(custom === undefined ? {} : { custom }),
  };
}
const remove: Change = { type: 'remove', role: 'targets', name: 'v1' };

function published(dialect: Dialect, signed: JsonObject): SignedDocument {
  return dialect.parse('targets', dialect.write(canonicalBytes(signed), [], {}));
}

/** The targets that changes lead to, one publication after another. */
function after(dialect: Dialect, ...requests: (readonly Change[])[]): SignedDocument {
  let document = published(dialect, withTargets(dialect, dialect.newTargets(), new Map(), 1, EXPIRES));
  for (const [at, changes] of requests.entries()) {
    const travelled = readChanges(recordBytes(changes as unknown as Json));
    const current = document;
    const entries = entryChanges(dialect, (_, name) => dialect.target(current, name), travelled);
    const changed = entries.get('targets') ?? new Map<string, null>();
    document = published(dialect, signedOf(dialect.withTargets(current, changed, at + 2, EXPIRES)));
  }
  return document;
}

const nested = (levels: number): Json => (levels === 1 ? {} : { a: nested(levels - 1) });
/** An object of exactly so many bytes in canonical form. */
const sized = (bytes: number): Json => ({ a: 'x'.repeat(bytes - '{"a":""}'.length) });

describe.each([notary, tuf])('$name: custom data of a target', (dialect) => {
  const customAfter = (...requests: (readonly Change[])[]): Json | undefined =>
    dialect.target(after(dialect, ...requests), 'v1')?.custom;
  const one = { channel: 'stable' };
  const other = { channel: 'beta', of: [1, null, true, { deep: '\u00e9\u{1f511}' }] };

  test('are what the last word says, null for none', () => {
    expect(customAfter([add(1, one)])).toEqual(one);
    expect(customAfter([add(1, one)], [add(1, other)])).toEqual(other);
    expect(customAfter([add(1, one), add(1, other)])).toEqual(other);
    expect(customAfter([add(1, one)], [add(1, null)])).toBeUndefined();
    expect(customAfter([add(1, one), add(1, null)])).toBeUndefined();
    expect(dialect.target(after(dialect, [add(1, one)], [add(1, null)]), 'v1')).toEqual({
      length: 1,
      hashes: { sha256: hash(1) },
    });
  });

  test('stay with content that stays and go with content that changes, in one request as in two', () => {
    for (const [steps, expected] of [
      [[add(1, one), add(1)], one],
      [[add(1, one), add(2)], undefined],
      [[add(1, one), add(2), add(1)], undefined],
      [[add(1, one), remove, add(1)], undefined],
      [[add(1, one), add(2, other)], other],
    ] as const) {
      expect(customAfter(...steps.map((step) => [step]))).toEqual(expected);
      expect(customAfter(steps)).toEqual(expected);
      if (steps.length > 2) expect(customAfter([steps[0]], steps.slice(1))).toEqual(expected);
    }
  });

  test('a change of custom data alone is a change, whatever the order of members', () => {
    const [first, second] = [after(dialect, [add(1, { a: 1, b: 2 })]), after(dialect, [add(1, { a: 1 })])];
    const changes = targetChanges(dialect.targets(first), dialect.targets(second));
    expect(changes.map((change) => [change.name, kindOf(change)])).toEqual([['v1', 'custom']]);
    const turned = after(dialect, [add(1, { b: 2, a: 1 })]);
    expect(targetChanges(dialect.targets(first), dialect.targets(turned))).toEqual([]);
  });

  test('CHANGE-CUSTOM bounds: 65,536 bytes, 16 levels, no control characters', () => {
    expect(customAfter([add(1, sized(65_536))])).toEqual(sized(65_536));
    expect(customAfter([add(1, nested(16))])).toEqual(nested(16));
    for (const custom of [sized(65_537), nested(17), { a: [nested(16)] }, { a: 'x\u0007' }, { '\n': 1 }]) {
      const changes = [add(1, custom)];
      expect(checkOf(() => entryChanges(dialect, () => null, changes))).toBe('CHANGE-CUSTOM');
    }
  });

  test('any JSON of integers comes through file, wire and metadata as it was said, byte for byte the same', () => {
    const text = fc
      .string({ unit: 'binary', maxLength: 12 })
      .filter((one) => one.isWellFormed() && !/[\u0000-\u001f<>&\u2028\u2029]/.test(one));
    const { tree } = fc.letrec<{ tree: Json; list: Json[]; object: JsonObject }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small', maxDepth: 8 },
        fc.oneof(
          fc.boolean(),
          fc.constant(null),
          fc.integer(),
          fc.maxSafeInteger().filter((n) => !Object.is(n, -0)),
          text,
        ),
        tie('list'),
        tie('object'),
      ),
      list: fc.array(tie('tree'), { maxLength: 4 }),
      object: fc.dictionary(fc.oneof(text, fc.constantFrom('__proto__', '10', '9')), tie('tree'), {
        maxKeys: 4,
        noNullPrototype: true,
      }),
    }));
    const custom = fc.dictionary(text, tree, { maxKeys: 5 });
    const file = join(scratchFolder('custom'), 'custom.json');
    fc.assert(
      fc.property(custom, fc.constantFrom(undefined, 1, '\t'), (value, space) => {
        writeFileSync(file, JSON.stringify(value, null, space));
        const read = readCustom(`@${file}`);
        expect(sameJson(read, readCustom(JSON.stringify(value)))).toBe(true);
        expect(canonicalBytes(read ?? null)).toEqual(canonicalBytes(value));
        const document = after(dialect, [add(1, read)]);
        expect(canonicalBytes(dialect.target(document, 'v1')?.custom ?? null)).toEqual(canonicalBytes(value));
        // what stays untouched elsewhere stays so with it
        const next = after(dialect, [add(1, read)], [add(2, { other: 1 }, 'v2')]);
        expect(canonicalBytes(dialect.target(next, 'v1')?.custom ?? null)).toEqual(canonicalBytes(value));
      }),
      { numRuns: 150 },
    );
  });
});

describe('what only one dialect takes', () => {
  const adding = (dialect: Dialect, custom: Json): (() => unknown) => {
    return () => entryChanges(dialect, () => null, [add(1, custom)]);
  };

  test('CHANGE-CUSTOM Notary refuses what stock clients would break when they sign the file again', () => {
    for (const custom of ['a<b', { 'a>b': 1 }, ['R&D'], { a: '\u2028' }, '\u2029']) {
      expect(checkOf(adding(notary, custom))).toBe('CHANGE-CUSTOM');
      expect(adding(tuf, { custom })).not.toThrow();
    }
  });

  test('CHANGE-CUSTOM TUF takes objects, Notary any value', () => {
    for (const custom of ['text', 7, true, [1]]) {
      expect(adding(notary, custom)).not.toThrow();
      expect(checkOf(adding(tuf, custom))).toBe('CHANGE-CUSTOM');
    }
  });
});

describe('reading what somebody gives', () => {
  test.each([
    ['a float', '{"a":1.5}'],
    ['an exponent', '{"a":1e3}'],
    ['more than 53 bits', '{"a":9007199254740993}'],
    ['minus zero', '[-0]'],
    ['a member twice', '{"a":1,"a":1}'],
    ['a member twice, once escaped', '{"a":1,"\\u0061":1}'],
    ['a lone surrogate', '"\\ud800"'],
    ['something after the value', '{} {}'],
    ['nothing', ''],
    ['a path without @', 'custom.json'],
    ['65 levels', `${'['.repeat(65)}${']'.repeat(65)}`],
  ])('JSON-STRICT %s', (_, text) => {
    expect(checkOf(() => readCustom(text))).toBe('JSON-STRICT');
  });

  test('CUSTOM-FILE a file that is not there, or is no file', () => {
    const folder = scratchFolder('custom');
    expect(checkOf(() => readCustom(`@${join(folder, 'none')}`))).toBe('CUSTOM-FILE');
    expect(checkOf(() => readCustom(`@${folder}`))).toBe('CUSTOM-FILE');
    writeFileSync(join(folder, 'large'), ' '.repeat(1024 * 1024 + 1));
    expect(checkOf(() => readCustom(`@${join(folder, 'large')}`))).toBe('CUSTOM-FILE');
    expect(readCustom(undefined)).toBeUndefined();
  });

  test('lists: CSV with JSON in quotes, or JSON lines; none where the cell is empty', () => {
    const file = join(scratchFolder('custom'), 'list');
    const customs = (text: string): (Json | undefined)[] => {
      writeFileSync(file, text);
      return readTargetList(file).map(({ custom }) => custom);
    };
    const head = 'name,length,sha256,custom\n';
    const row = `v1,1,${hash(1)},`;
    expect(customs(`${head}${row}"{""a"":[1,""x""]}"\n${row}\n${row}null\n`)).toEqual([
      { a: [1, 'x'] },
      undefined,
      null,
    ]);
    const line = `{"name":"v1","length":1,"sha256":"${hash(1)}"`;
    expect(customs(`${line},"custom":{"a":1}}\n${line}}\n${line},"custom":null}\n`)).toEqual([
      { a: 1 },
      undefined,
      null,
    ]);
    expect(checkOf(() => customs(`${head}${row}"{""a"":1.5}"\n`))).toBe('LIST-FORM');
    expect(checkOf(() => customs(`${line},"custom":{"a":1,"a":2}}\n`))).toBe('JSON-STRICT');
  });
});
