/**
 * The one error class of the program and its one table of exit codes.
 *
 * A check throws; nobody returns a verdict that a caller could drop. `check` is the stable ID that tests,
 * documentation and `--json` name; `message` is the fact, `hint` the next step.
 */

/** Exit codes, the contract scripts rely on. */
export const EXIT = {
  done: 0,
  failure: 1,
  usage: 2,
  refused: 3,
  incomplete: 4,
  conflict: 5,
  unavailable: 6,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface ErrorFacts {
  readonly expected?: string;
  readonly found?: string;
  /** Where: a file, an entry, a repository and role. */
  readonly where?: string;
  /** What to do next. */
  readonly hint?: string;
  readonly cause?: unknown;
}

export class CountersignError extends Error {
  override readonly name = 'CountersignError';
  readonly check: string;
  readonly exit: ExitCode;
  readonly expected: string | undefined;
  readonly found: string | undefined;
  readonly where: string | undefined;
  readonly hint: string | undefined;

  constructor(exit: ExitCode, check: string, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.exit = exit;
    this.check = check;
    this.expected = facts.expected;
    this.found = facts.found;
    this.where = facts.where;
    this.hint = facts.hint;
  }
}

/** A check failed: nothing was changed (exit 3). */
export function refused(check: string, message: string, facts?: ErrorFacts): CountersignError {
  return new CountersignError(EXIT.refused, check, message, facts);
}

/** The command was asked for something that it cannot mean (exit 2). */
export function usage(check: string, message: string, facts?: ErrorFacts): CountersignError {
  return new CountersignError(EXIT.usage, check, message, facts);
}

/** Something is still missing: a key, a signature, a repository (exit 4). */
export function incomplete(check: string, message: string, facts?: ErrorFacts): CountersignError {
  return new CountersignError(EXIT.incomplete, check, message, facts);
}

/** The server, or an outstanding request, stands against it (exit 5). */
export function conflict(check: string, message: string, facts?: ErrorFacts): CountersignError {
  return new CountersignError(EXIT.conflict, check, message, facts);
}

/** A server, registry, token, medium or lock does not answer (exit 6). */
export function unavailable(check: string, message: string, facts?: ErrorFacts): CountersignError {
  return new CountersignError(EXIT.unavailable, check, message, facts);
}

/** The program itself is wrong, or a posted file reads back differently (exit 1). */
export function failure(check: string, message: string, facts?: ErrorFacts): CountersignError {
  return new CountersignError(EXIT.failure, check, message, facts);
}
