import { EXIT, type ExitCode } from '../../errors.ts';
import type { RefreshedRepository } from '../../online/publishing/refresh-online.ts';
import { errorDocument, errorLines } from '../error-report.ts';
import { escapeCut } from '../escape.ts';
import { table } from './table.ts';

/** What was renewed until when, and what went wrong. */
export function refreshedLines(results: readonly RefreshedRepository[]): string[] {
  const rows = results.flatMap(({ name, roles }) =>
    roles.map(({ role, version, expires, renewed }) => [
      name,
      `${role} ${String(version)}`,
      expires,
      renewed ? 'renewed' : 'as before',
    ]),
  );
  return [
    ...results.flatMap(({ name, state, error }) =>
      error ? [`${escapeCut(name, 200)}: ${state}`, ...errorLines(error).map((line) => `  ${line}`), ''] : [],
    ),
    ...(rows.length > 0 ? table(['REPOSITORY', 'ROLE', 'UNTIL', ''], rows) : []),
    ...(results.length === 0 ? ['no folder repository is known here'] : []),
  ];
}

/** The same for `--json`. */
export function refreshedDocument(results: readonly RefreshedRepository[]): object {
  return {
    repositories: results.map(({ error, ...rest }) => ({
      ...rest,
      ...(error ? errorDocument(error) : { error: null }),
    })),
  };
}

/** One code for many repositories: the first kind of failure that a person must act on. */
export function refreshedExit(results: readonly RefreshedRepository[]): ExitCode {
  const failed =
    results.find(({ state }) => state === 'failed') ?? results.find(({ error }) => error !== null);
  return failed?.error?.exit ?? EXIT.done;
}
