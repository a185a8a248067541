import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalEnd } from '../../src/encoding/canonical-scan.ts';
import { cutMember, memberSpans, memberStart, valueEnd } from '../../src/encoding/json-spans.ts';

/** Texts full of what could be taken for structure. */
const text = fc.string({
  unit: fc.constantFrom('"', '\\', '{', '}', '[', ']', ',', ':', 'a', '\u00e9', '\u{1f511}'),
});
const value = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.integer(),
    fc.constantFrom(true, false, null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(text, tie('value'), { maxKeys: 3 }),
  ),
})).value;
const members = fc.uniqueArray(fc.tuple(text, value), { maxLength: 6, selector: ([name]) => name });

/** As JSON without white space, in the order given. */
function written(all: readonly (readonly [string, unknown])[]): string {
  return `{${all.map(([name, inside]) => `${JSON.stringify(name)}:${JSON.stringify(inside)}`).join(',')}}`;
}

describe('where the members of an object stand', () => {
  test('any object, inside of any other bytes', () => {
    fc.assert(
      fc.property(
        members,
        fc.constantFrom('', '{"x":', '"\\"'),
        fc.constantFrom('', ',', '}', '"'),
        (all, head, tail) => {
          const json = written(all);
          const bytes = Buffer.from(head + json + tail);
          const spans = memberSpans(bytes, head.length)!;
          expect(spans).toHaveLength(2 * all.length + 1);
          expect(spans.at(-1)).toBe(head.length + Buffer.byteLength(json));
          const read = all.map((_, index): [unknown, unknown] => {
            const [from, inside, next] = spans.slice(2 * index) as [number, number, number];
            return [
              JSON.parse(bytes.toString('utf8', from, inside - 1)),
              JSON.parse(bytes.toString('utf8', inside, next - 1)),
            ];
          });
          expect(read).toEqual(JSON.parse(JSON.stringify(all)) as unknown);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('bytes that are anything end with an answer', () => {
    const structure = fc.string({ unit: fc.constantFrom('{', '}', '[', ']', '"', ',', ':', '\\', 'a', '1') });
    fc.assert(
      fc.property(
        fc.oneof(
          structure,
          structure.map((inside) => `{"a":${inside}`),
        ),
        (json) => {
          const bytes = Buffer.from(json);
          const end = memberSpans(bytes, 0)?.at(-1) ?? 0;
          expect(end).toBeLessThanOrEqual(bytes.length);
          expect(cutMember(bytes, 'a', valueEnd)?.value.length ?? 0).toBeLessThanOrEqual(bytes.length);
        },
      ),
      { numRuns: 20_000 },
    );
  });

  test.each([
    ['no object', '[1]'],
    ['nothing', ''],
    ['white space', '{ "a":1}'],
    ['a name that does not end', '{"a'],
    ['a name without a colon', '{"a"1}'],
    ['an object that does not end', '{"a":1'],
    ['a list that does not end', '{"a":[1}'],
    ['a comma at the end', '{"a":1,}'],
  ])('none in %s', (_, json) => {
    expect(memberSpans(Buffer.from(json), 0)).toBeNull();
  });
});

describe('a member that is cut out', () => {
  test('what stands before it, the value and what stands behind it, without a copy', () => {
    const file = Buffer.from('{"a":[1,"}"],"signed":{"b":"\\""},"c":{}}');
    const cut = cutMember(file, 'signed', valueEnd)!;
    expect([cut.before, cut.value, cut.after].map(String)).toEqual([
      '{"a":[1,"}"],"signed":',
      '{"b":"\\""}',
      ',"c":{}}',
    ]);
    expect(cut.value.buffer).toBe(file.buffer);
    expect(memberStart(file, 'signed')).toBe(22);
  });

  test.each([
    ['where it is not canonical, if it shall be', '{"signed":{ }}', canonicalEnd],
    ['where there is none of that name', '{"a":{"signed":1}}', valueEnd],
    ['of a list', '["signed",1]', valueEnd],
    ['behind what is no object', '{"a","signed":1}', valueEnd],
  ])('none %s', (_, json, endOf) => {
    expect(cutMember(Buffer.from(json), 'signed', endOf)).toBeNull();
  });
});
