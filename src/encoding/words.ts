import { refused } from '../errors.ts';
import { fromHex } from './text.ts';
import { THREE_SYLLABLES, TWO_SYLLABLES } from './word-list.ts';

const DIGEST_BYTES = 32;

/** Two syllables at even places and three at odd ones, so that a word dropped or swapped is heard. */
const LISTS = [TWO_SYLLABLES, THREE_SYLLABLES] as const;
const VALUES = LISTS.map((list) => new Map(list.map((word, value) => [word.toLowerCase(), value])));

/** Bytes as words of the PGP word list (Zimmermann and Juola, 1995), a word a byte. */
export function words(bytes: Uint8Array): string[] {
  return Array.from(bytes, (value, at) => (LISTS[at % 2] as readonly string[])[value] as string);
}

/** The 32 words of a SHA-256 digest in hex. @throws ENCODING-HEX */
export function digestWords(digest: string): string[] {
  return words(fromHex(digest, DIGEST_BYTES));
}

/**
 * The bytes that the words stand for; upper and lower case are the same.
 *
 * @throws ENCODING-WORDS for a word that is not in the list, or that belongs to the other places
 */
export function wordsToBytes(spoken: readonly string[]): Buffer {
  return Buffer.from(
    spoken.map((word, at) => {
      const value = VALUES[at % 2]?.get(word.toLowerCase());
      if (value === undefined)
        throw refused('ENCODING-WORDS', 'not a word of the list', {
          expected: at % 2 === 0 ? 'a word of two syllables' : 'a word of three syllables',
          found: word.slice(0, 40),
          where: `word ${String(at + 1)}`,
          hint: VALUES[(at + 1) % 2]?.has(word.toLowerCase())
            ? 'a word before it is missing, or one too many'
            : 'look for a misspelt word',
        });
      return value;
    }),
  );
}
