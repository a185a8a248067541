import { CountersignError } from '../../src/errors.ts';

/** The check that an action fails; an action that succeeds, or fails otherwise, fails the test. */
export async function caught(action: () => unknown): Promise<CountersignError> {
  try {
    await action();
  } catch (error) {
    if (error instanceof CountersignError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
