import { CountersignError } from '../../src/errors.ts';

/** The check ID that an action is refused with; one that succeeds, or fails otherwise, fails the test. */
export function checkOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof CountersignError) return error.check;
    throw error;
  }
  throw new Error('nothing was refused');
}
