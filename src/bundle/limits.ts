import { refused } from '../errors.ts';

/** What a bundle may hold at most; a policy may lower each. Sizes in bytes. */
export interface Limits {
  readonly manifest: number;
  readonly seal: number;
  readonly entry: number;
  readonly entries: number;
  readonly total: number;
}

export const LIMITS: Limits = {
  manifest: 16 * 1024 * 1024,
  // A seal has one form and length; the limit only says how much is read to find out.
  seal: 64 * 1024,
  // Eleven octal digits.
  entry: 8 * 1024 ** 3 - 1,
  entries: 100_000,
  total: 16 * 1024 ** 3,
};

/** The refusal BUNDLE-LIMIT. */
export function tooLarge(what: string, expected: number, found: number): Error {
  return refused('BUNDLE-LIMIT', `${what} is too large`, {
    expected: `at most ${String(expected)}`,
    found: String(found),
  });
}
