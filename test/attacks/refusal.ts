import { expect } from 'vitest';
import { CountersignError, EXIT } from '../../src/errors.ts';
import { addedLines, homeState, type HomeState } from '../peers/forge.ts';
import type { Finished, RunOptions } from '../peers/program.ts';
import type { TestStation } from '../peers/stations.ts';

/** What `--json` says of a refusal. */
export interface Refusal {
  readonly check: string;
  readonly message: string;
  readonly expected?: string;
  readonly found?: string;
  readonly where?: string;
  readonly hint?: string;
}

/**
 * Runs a command that must be refused by this check, with exit code 3 (or another), and must leave every file of the
 * home as it was, but for exactly one line of the ledger that says so (R17).
 */
export async function expectRefusal(
  station: TestStation,
  args: readonly string[],
  check: string,
  options: RunOptions & { readonly exit?: number } = {},
): Promise<Refusal> {
  const before = homeState(station.home);
  const finished = await station.run([...args, '--json'], options);
  const refusal = refusalOf(finished);
  expect([refusal.check, finished.code], `${finished.stdout}${finished.stderr}`).toEqual([
    check,
    options.exit ?? EXIT.refused,
  ]);
  checkAdded(before, station.home, check, options.exit ?? EXIT.refused);
  return refusal;
}

/**
 * The same for a function of the program, called in this process as its command calls it.
 *
 * @param run throws
 */
export async function expectThrown(
  home: string,
  run: () => Promise<unknown>,
  check: string,
  exit: number = EXIT.refused,
): Promise<CountersignError> {
  const before = homeState(home);
  const error = await run().then(
    () => new Error('nothing was refused'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof CountersignError)) throw error;
  expect([error.check, error.exit], `${error.message} ${error.found ?? ''}`).toEqual([check, exit]);
  checkAdded(before, home, check, exit);
  return error;
}

/** A refusal (exit 3) is one line of the ledger; whatever ends otherwise changed nothing, and leaves none. */
function checkAdded(before: HomeState, home: string, check: string, exit: number): void {
  const added = addedLines(before, home).map(({ event, data }) => [event, data['check']]);
  expect(added).toEqual(exit === EXIT.refused ? [['refusal', check]] : []);
}

/** The error document of a command that failed. */
export function refusalOf(finished: Finished): Refusal {
  const { error } = finished.json() as { error?: Refusal };
  if (!error) throw new Error(`no refusal:\n${finished.stdout}${finished.stderr}`);
  return error;
}
