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
  seal: 64 * 1024,
  // Eleven octal digits.
  entry: 8 * 1024 ** 3 - 1,
  entries: 100_000,
  total: 16 * 1024 ** 3,
};
