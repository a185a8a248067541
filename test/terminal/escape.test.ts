import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { escapeText, show, showPath } from '../../src/terminal/escape.ts';
import { asciiJson, plain } from '../../src/terminal/sink.ts';
import { table } from '../../src/terminal/views/table.ts';
import { wrapBehind } from '../../src/terminal/views/wrap.ts';

const PRINTABLE = /^[ -~]*$/;
/** Text with every kind of trouble: controls, C1, bidirectional, lone surrogates, astral. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({
    unit: fc.constantFrom(
      '\u001b',
      '\u009b',
      '\r',
      '\n',
      '\b',
      '\u202e',
      '\u200b',
      '\\',
      '"',
      'a',
      '\u{e0041}',
    ),
  }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
);

/** The text that was escaped, if nothing was cut. */
function unescape(text: string): string {
  return text.replace(/\\\\|\\u\{([0-9a-f]+)\}/g, (found, hex: string | undefined) =>
    hex === undefined ? found.slice(1) : String.fromCodePoint(Number.parseInt(hex, 16)),
  );
}

describe('R9 escaping', () => {
  test('R9 whatever comes in, only 0x20-0x7E comes out', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 0, max: 200 }), (text, max) => {
        for (const shown of [
          escapeText(text),
          show(text),
          show(text, max),
          showPath(text),
          showPath(text, max),
        ])
          expect(shown).toMatch(PRINTABLE);
      }),
    );
  });

  test('R9 escaping loses nothing and no two texts look the same', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(unescape(escapeText(text))).toBe(text);
      }),
    );
  });

  test('R9 the length is bounded and what is hidden is counted', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 10, max: 150 }), (text, max) => {
        const points = Array.from(text).length;
        const { hidden } = /\.\.\.\(\+(?<hidden>\d+)\)"$/.exec(show(text, max))?.groups ?? {};
        expect(show(text, max).length).toBeLessThanOrEqual(max + 2 + `...(+${String(points)})`.length);
        if (escapeText(text).length > max) expect(Number(hidden)).toBeGreaterThan(0);
        expect(showPath(text, max).length).toBeLessThanOrEqual(max + 2 + `...(+${String(points)})...`.length);
      }),
    );
  });

  test.each([
    ['\u001b[2Jgone', '"\\u{1b}[2Jgone"'],
    ['a\\b', '"a\\\\b"'],
    ['\u202egpj.exe', '"\\u{202e}gpj.exe"'],
    ['\ud800', '"\\u{d800}"'],
    ['line\nline', '"line\\u{a}line"'],
    ['p\u0430ypal', '"p\\u{430}ypal"'],
    ['', '""'],
  ])('R9 %j is shown as %s', (text, shown) => {
    expect(show(text)).toBe(shown);
  });

  test('R9 a long name ends with the count of what is hidden, an escape is never cut in two', () => {
    expect(show('x'.repeat(130))).toBe(`"${'x'.repeat(120)}...(+10)"`);
    expect(show('\u001b'.repeat(3), 8)).toBe('"\\u{1b}...(+2)"');
  });

  test('R9 a path keeps its head and its tail', () => {
    const shown = showPath(`/media/${'deep/'.repeat(60)}request.tar`, 40);
    expect(shown).toMatch(/^"\/media\/.*\.\.\.\(\+\d+\)\.\.\..*request\.tar"$/);
  });
});

describe('R9 the sink', () => {
  test('R9 the last line of defence lets only 0x20-0x7E and LF through, and plain text unchanged', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const out = plain(text);
        expect(out).toMatch(/^[\n -~]*$/);
        if (/^[\n -~]*$/.test(text)) expect(out).toBe(text);
      }),
    );
  });

  test('R9 JSON is ASCII and still says the same', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.oneof(anyText, fc.integer())), (value) => {
        const text = asciiJson({ ...value });
        expect(text).toMatch(/^[\n -~]*$/);
        expect(JSON.stringify(JSON.parse(text))).toBe(JSON.stringify({ ...value }));
      }),
    );
  });
});

describe('R9 layout', () => {
  test('R9 a table is at most 80 columns wide, printable, and hides nothing by its layout', () => {
    const cell = fc.string({ unit: 'binary', maxLength: 60 });
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell, cell), { maxLength: 5 }), (rows) => {
        const lines = table(['one', 'two', 'three'], rows);
        for (const line of lines) {
          expect(line).toMatch(PRINTABLE);
          expect(line.length).toBeLessThanOrEqual(80);
        }
        const letters = (text: string): string => Array.from(text.replaceAll(' ', '')).sort().join('');
        expect(letters(lines.join(''))).toBe(
          letters(['one', 'two', 'three', ...rows.flat().map(escapeText)].join('')),
        );
      }),
    );
  });

  test('columns are aligned by what is shown, not by what was given', () => {
    expect(
      table(
        ['name', 'n'],
        [
          ['\u001b', '1'],
          ['abc', '22'],
        ],
      ),
    ).toEqual(['name    n', '\\u{1b}  1', 'abc     22']);
  });

  test('text behind a label stays within 80 columns', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 400 }), (text) => {
        for (const line of wrapBehind('  expected: ', escapeText(text)))
          expect(line.length).toBeLessThanOrEqual(80);
      }),
    );
  });
});
