import fc from 'fast-check';
import { expect, test } from 'vitest';
import { digestWords } from '../../src/encoding/words.ts';
import { digestLines } from '../../src/terminal/views/digest-block.ts';

test('R8 a digest is its kind, hex in groups of four, and 32 words in rows of eight, for every digest', () => {
  const digest = fc
    .uint8Array({ minLength: 32, maxLength: 32 })
    .map((bytes) => Buffer.from(bytes).toString('hex'));
  fc.assert(
    fc.property(digest, (hex) => {
      const [title, ...lines] = digestLines('request', hex);
      expect(title).toBe('request digest');
      const columns = lines.map((line) => line.trim().split(/ +/));
      expect(columns.map((row) => row.length)).toEqual([8, 8, 1, 8, 8, 8, 8]);
      expect(columns.slice(0, 2).flat()).toEqual(hex.match(/.{4}/g));
      expect(columns.slice(3).flat()).toEqual(digestWords(hex));
      for (const line of lines) expect(line).toMatch(/^[ -~]{0,87}$/);
    }),
  );
});
