import { describe, expect, test } from 'vitest';
import type { SignedDocument } from '../../src/metadata/document.ts';
import { NO_ENTRIES } from '../../src/metadata/entry-table.ts';
import { rememberingFiles } from '../../src/metadata/remembered-files.ts';

const MEBIBYTE = 1024 * 1024;

function reader(): ReturnType<typeof rememberingFiles> & { readonly read: string[] } {
  const read: string[] = [];
  const one = rememberingFiles((role, file): SignedDocument => {
    read.push(role);
    if (file[0] === 0) throw new Error('refused');
    const content = { signed: {}, entries: NO_ENTRIES };
    return { role, version: 1, expires: 0, ...content, payload: file, signatures: [], outside: {}, file };
  });
  return { ...one, read };
}

const bytes = (first: number, length = 4): Uint8Array => new Uint8Array(length).fill(first);

describe('files that were read lately', () => {
  test('the same bytes of the same role are one document; other bytes, or another role, are read', () => {
    const { parse, known, read } = reader();
    const document = parse('a', bytes(1));
    expect(parse('a', bytes(1))).toBe(document);
    expect(known('a', bytes(1))).toBe(document);
    expect(known('a', bytes(2))).toBeNull();
    expect(known('b', bytes(1))).toBeNull();
    parse('b', bytes(1));
    parse('a', bytes(2));
    expect(parse('a', bytes(1))).toBe(document);
    expect(read).toEqual(['a', 'b', 'a']);
    parse('a', bytes(3));
    expect(known('a', bytes(1)), 'two of a role are kept').toBeNull();
  });

  test('what is refused is refused each time', () => {
    const { parse, read } = reader();
    for (const length of [4, MEBIBYTE]) {
      expect(() => parse('a', bytes(0, length))).toThrow('refused');
      expect(() => parse('a', bytes(0, length))).toThrow('refused');
    }
    expect(read).toHaveLength(4);
  });

  test('memory is bounded: the roles that were read first go first, and of large files two are kept', () => {
    const { parse, known } = reader();
    const half = MEBIBYTE / 2;
    for (let role = 0; role < 33; role++) parse(String(role), bytes(1, half));
    expect(known('0', bytes(1, half))).toBeNull();
    expect(known('1', bytes(1, half))).not.toBeNull();
    for (const role of ['x', 'y', 'z']) parse(role, bytes(1, MEBIBYTE));
    expect(['x', 'y', 'z'].map((role) => known(role, bytes(1, MEBIBYTE)) !== null)).toEqual([
      false,
      true,
      true,
    ]);
    expect(known('1', bytes(1, half)), 'large files take no place of small ones').not.toBeNull();
  });
});
