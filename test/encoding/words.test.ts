import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { THREE_SYLLABLES, TWO_SYLLABLES } from '../../src/encoding/word-list.ts';
import { digestWords, words, wordsToBytes } from '../../src/encoding/words.ts';
import { checkOf, refusal } from './hostile.ts';

/** Alphabetical, whatever the case. */
function sorted(list: readonly string[]): string[] {
  return [...list].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
}

describe('the PGP word list', () => {
  test('has 512 distinct words, 256 for each kind of place', () => {
    expect(TWO_SYLLABLES).toHaveLength(256);
    expect(THREE_SYLLABLES).toHaveLength(256);
    expect(new Set([...TWO_SYLLABLES, ...THREE_SYLLABLES].map((word) => word.toLowerCase())).size).toBe(512);
    expect([...TWO_SYLLABLES, ...THREE_SYLLABLES].filter((word) => !/^[A-Za-z]+$/.test(word))).toEqual([]);
  });

  test('is in alphabetical order, but for the one pair that was published out of it', () => {
    expect(TWO_SYLLABLES).toEqual(sorted(TWO_SYLLABLES));
    const published = [...THREE_SYLLABLES];
    expect(published.slice(0x09, 0x0b)).toEqual(['applicant', 'Apollo']);
    published.splice(0x09, 2, 'Apollo', 'applicant');
    expect(published).toEqual(sorted(published));
  });

  test.each([
    [0x00, 'aardvark', 'adroitness'],
    [0x11, 'Athens', 'Babylon'],
    [0x52, 'Dupont', 'enrollment'],
    [0x7f, 'lockup', 'integrate'],
    [0x80, 'merit', 'intention'],
    [0xc5, 'solo', 'resistor'],
    [0xfe, 'woodlark', 'yesteryear'],
    [0xff, 'Zulu', 'Yucatan'],
  ])('%i is %s or %s', (value, even, odd) => {
    expect(words(Uint8Array.of(value, value))).toEqual([even, odd]);
  });

  test('says the published example', () => {
    expect(words(Buffer.from('E58294F2E9A227486E8B061B31CC528FD7FA3F19', 'hex')).join(' ')).toBe(
      'topmost Istanbul Pluto vagabond treadmill Pacific brackish dictator goldfish Medusa afflict bravado chatter ' +
        'revolver Dupont midsummer stopwatch whimsical cowbell bottomless',
    );
  });
});

describe('digests as words', () => {
  test('32 words of any digest, and back, whatever the case', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (digest) => {
        const spoken = digestWords(Buffer.from(digest).toString('hex'));
        expect(spoken).toHaveLength(32);
        expect([...wordsToBytes(spoken.map((word) => word.toUpperCase()))]).toEqual([...digest]);
        expect([...wordsToBytes(spoken.map((word) => word.toLowerCase()))]).toEqual([...digest]);
      }),
    );
  });

  test.each(['', '00', '0'.repeat(62), `${'0'.repeat(63)}A`, `sha256:${'0'.repeat(64)}`])(
    'ENCODING-HEX %j is no digest',
    (text) => {
      expect(checkOf(() => digestWords(text))).toBe('ENCODING-HEX');
    },
  );

  test('ENCODING-WORDS a dropped word is noticed, and so are two that changed places', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 3, maxLength: 32 }), fc.nat(), (bytes, random) => {
        const spoken = words(bytes);
        const at = random % (spoken.length - 1);
        const swapped = spoken.with(at, spoken[at + 1] as string).with(at + 1, spoken[at] as string);
        expect(checkOf(() => wordsToBytes(spoken.toSpliced(at, 1)))).toBe('ENCODING-WORDS');
        expect(checkOf(() => wordsToBytes(swapped))).toBe('ENCODING-WORDS');
      }),
    );
  });

  test('ENCODING-WORDS tells a missing word from a misspelt one', () => {
    expect(refusal(() => wordsToBytes(['adroitness'])).hint).toMatch(/missing/);
    expect(refusal(() => wordsToBytes(['aardvarks'])).hint).toMatch(/misspelt/);
    expect(checkOf(() => wordsToBytes(['constructor']))).toBe('ENCODING-WORDS');
  });
});
