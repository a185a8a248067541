import { asCountersignError, errorDocument, errorLines } from './error-report.ts';
import { asciiJson, writeText } from './sink.ts';

/** Whether the arguments ask for JSON: `--json` before any `--`. */
export function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end === -1 ? argv : argv.slice(0, end)).includes('--json');
}

/** Reports an error where its reader looks for it, stdout for `--json`, and sets the exit code. */
export function reportError(thrown: unknown, argv: readonly string[], command: string): void {
  const error = asCountersignError(thrown, command);
  process.exitCode = error.exit;
  if (wantsJson(argv)) process.stdout.write(`${asciiJson(errorDocument(error))}\n`);
  else writeText(process.stderr, errorLines(error).join('\n'));
  if (process.env['COUNTERSIGN_DEBUG'] === '1') writeText(process.stderr, stacks(thrown).join('\n'));
}

/** The stack of the error and of everything that caused it. */
function stacks(thrown: unknown): string[] {
  if (!(thrown instanceof Error)) return [];
  return [thrown.stack ?? thrown.message, ...stacks(thrown.cause)];
}
