import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (file: string): string => readFileSync(`${root}${file}`, 'utf8');
const specification = read('bundle-schema/README.md');
const sources = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => [`src/${file}`, read(`src/${file}`)] as const);

/** The first column of every table row, and the second. */
const rows = [...specification.matchAll(/^\| +(`.*?) +\| (.*?) +\|/gm)].map(
  ([, first, second]) => [first as string, second as string] as const,
);
const SHAPES = ['request', 'response', 'combined', 'changes', 'card', 'ledger-line'];
/** Made out of a shape's name, so that no source spells them. */
const SCHEMA_CHECKS = SHAPES.map((shape) => `${shape.toUpperCase()}-SCHEMA`);
const CHECK = /'([A-Z]+(?:-[A-Z]+)+)'/g;

function checksIn(files: readonly (readonly [string, string])[]): Set<string> {
  return new Set(files.flatMap(([, text]) => [...text.matchAll(CHECK)].map(([, check]) => check as string)));
}

describe('every MUST of the specification', () => {
  const tests = readdirSync(`${root}test/bundle`)
    .map((file) => read(`test/bundle/${file}`))
    .flatMap((text) => [...text.matchAll(/\b(?:test|describe)\w*(?:\.each\([^]*?\))?\(\s*[`'](.*)[`']/g)])
    .map(([, title]) => title)
    .concat(read('bundle-schema/vectors/vectors.json'))
    .join('\n');
  const rules = [...specification.matchAll(/^\[(B-\d\d)\]/gm)].map(([, rule]) => rule as string);

  test('has an ID, and each ID is defined once', () => {
    expect(rules.length).toBeGreaterThan(35);
    expect(new Set(rules).size).toBe(rules.length);
    const prose = specification.split('\n').filter((line) => !line.startsWith('|'));
    // The sentence that defines the word is the one exception, and what is said of the test keys.
    const without = prose.filter(
      (line) => /\bMUST\b/.test(line) && !/^\[B-\d\d\]/.test(line) && !/RFC 2119|public seeds/.test(line),
    );
    expect(without).toEqual([]);
  });

  test.each(rules)('%s is named by the title of a test or by a vector', (rule) => {
    expect(tests).toContain(rule);
  });
});

describe('R1 the tables', () => {
  /** Names of all members that a schema describes. */
  function members(schema: unknown): string[] {
    if (typeof schema !== 'object' || schema === null) return [];
    return Object.entries(schema).flatMap(([name, value]) => [
      ...(name === 'properties' ? Object.keys(value as object) : []),
      ...members(value),
    ]);
  }

  test.each(['request', 'response', 'combined'])('name every member of a %s', (kind) => {
    const named = new Set(rows.flatMap(([first, second]) => `${first} ${second}`.match(/[A-Za-z0-9]+/g)));
    const schema: unknown = JSON.parse(read(`bundle-schema/${kind}.schema.json`));
    expect([...new Set(members(schema))].filter((name) => !named.has(name))).toEqual([]);
  });

  test('say for each member what makes it trusted, or that it is shown as claimed', () => {
    const from = specification.indexOf('## 4. Members');
    const part = specification.slice(from, specification.indexOf('## 5. '));
    // The tables of members have four columns; those of operations and changes three.
    const row = /^\| +`[^|]*\|(?:[^|]|\\\|)*\|[^|]*\| (.*?) +\|$/gm;
    const cells = [...part.matchAll(row)].map(([, last]) => last as string);
    expect(cells.length).toBeGreaterThan(40);
    // A row that only leads to others has nothing to say of its own.
    const known =
      /`[A-Z]+(-[A-Z*]+)+`|recomputed|shown|as in (a|each)|offline clock|floors|each member below/;
    expect(cells.filter((cell) => !known.test(cell))).toEqual([]);
  });
});

describe('check IDs', () => {
  test('each that the specification names is thrown somewhere', () => {
    const thrown = checksIn(sources);
    const named = [...specification.matchAll(/`([A-Z]+(?:-[A-Z]+)+)`/g)].map(([, check]) => check as string);
    expect(named.length).toBeGreaterThan(50);
    expect(named.filter((check) => !thrown.has(check) && !SCHEMA_CHECKS.includes(check))).toEqual([]);
  });

  test('each that reading a bundle, card or ledger line throws is in the table', () => {
    const files = /^src\/(bundle\/|station\/(card|ledger-chain|ledger|log)\.ts)/;
    const thrown = checksIn(sources.filter(([file]) => files.test(file)));
    expect(thrown.size).toBeGreaterThan(20);
    const start = specification.indexOf('Check IDs of this page');
    const table = specification.slice(start, specification.indexOf('## 8. '));
    expect([...thrown].filter((check) => !table.includes(`\`${check}\``))).toEqual([]);
  });
});

describe('ledger events', () => {
  const start = specification.indexOf('## 6. ');
  const part = specification.slice(start, specification.indexOf('## 7. '));
  const documented = new Map(
    [...part.matchAll(/^\| `([a-z-]+)` +\| (.*?) +\|/gm)].map(([, name, data]) => [
      name as string,
      [...(data as string).matchAll(/`(\w+)`/g)].map(([, member]) => member as string),
    ]),
  );

  test('the table has each event that the program writes, and no other', () => {
    const written = sources
      .flatMap(([, text]) => [...text.matchAll(/\bevent: '([a-z-]+)'/g)])
      .map(([, name]) => name as string);
    expect([...documented.keys()].sort()).toEqual([...new Set(written)].sort());
  });

  test('the members of an event are those of its type', () => {
    const types = [
      ...read('src/station/ledger/events.ts').matchAll(/Event<\s*'([a-z-]+)',\s*\{([^}]*)\}/g),
    ].map(([, name, body]) => [
      name as string,
      [...(body as string).matchAll(/(\w+):/g)].map(([, member]) => member as string).sort(),
    ]);
    expect(types.length).toBeGreaterThan(20);
    for (const [name, members] of types)
      expect([name, documented.get(name as string)]).toEqual([name, members]);
  });

  test('members are listed in their order', () => {
    for (const [name, members] of documented) expect([name, members]).toEqual([name, [...members].sort()]);
  });
});
