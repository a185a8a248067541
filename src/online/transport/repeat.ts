import { CountersignError } from '../../errors.ts';

/** What somebody else's publication looks like while one reads or publishes. */
const BESIDE_OTHERS: ReadonlySet<string> = new Set([
  'CHAIN-SNAPSHOT',
  'CHAIN-TIMESTAMP',
  'DIRECTORY-HASH',
  'DIRECTORY-INCOMPLETE',
  'DIRECTORY-VERSION',
]);
/** Attempts against others that publish to the same place. */
const ATTEMPTS = 5;

/**
 * Runs work that reads a repository and publishes over what it read. Where somebody else publishes meanwhile, files do
 * not go together, or the store refuses what is published over them, and the work begins again; whether what is to be
 * published still fits is for the work to say.
 */
export async function repeatOnConflict<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const again = error instanceof CountersignError && BESIDE_OTHERS.has(error.check);
      if (!again || attempt === ATTEMPTS) throw error;
    }
  }
}
