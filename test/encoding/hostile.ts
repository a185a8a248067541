import { expect } from 'vitest';
import { CountersignError } from '../../src/errors.ts';

/** The refusal that a function throws; a test fails where it throws anything else, or nothing. */
export function refusal(action: () => unknown): CountersignError {
  try {
    action();
  } catch (error) {
    if (error instanceof CountersignError) return error;
    throw error;
  }
  return expect.fail('nothing was refused');
}

/** Check ID and exit code of the refusal. */
export function checkOf(action: () => unknown): string {
  const { check, exit } = refusal(action);
  expect(exit).toBe(3);
  return check;
}

/** Whether a reader took the input; anything but a value or a refusal is a crash and fails the test. */
export function accepts(action: () => unknown): boolean {
  try {
    action();
    return true;
  } catch (error) {
    if (error instanceof CountersignError) return false;
    throw error;
  }
}
