import { CountersignError, EXIT } from '../../errors.ts';
import type { Home } from '../home/home.ts';

/**
 * Runs a command's work; a refusal is recorded in the ledger, without a word from outside, and changes nothing
 * else (R13, R17).
 *
 * @param digest of the bundle that is refused, once it is known
 */
export async function recordingRefusals<Result>(
  home: Home,
  digest: () => string | null,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CountersignError && error.exit === EXIT.refused)
      home.ledger.append([{ event: 'refusal', data: { check: error.check, digest: digest() } }]);
    throw error;
  }
}
