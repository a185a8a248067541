import type { Ending, ExpiryReport } from '../../online/reading/expiry.ts';
import { errorDocument, errorLines } from '../error-report.ts';
import { escapeCut } from '../escape.ts';
import { table } from './table.ts';

const HOUR = 3_600;
const DAY = 86_400;

/** What ends when, the soonest first, and what could not be read. */
export function expiryLines({ endings, errors }: ExpiryReport): string[] {
  const rows = endings.map((ending) => [leftOf(ending), ending.expires, ending.repository, nameOf(ending)]);
  return [
    ...(rows.length > 0 ? table(['LEFT', 'UNTIL', 'REPOSITORY', 'WHAT'], rows) : []),
    ...(rows.length === 0 && errors.length === 0 ? ['nothing is published'] : []),
    ...errors.flatMap(({ repository, error }) => [
      '',
      `not read: ${escapeCut(repository, 200)}`,
      ...errorLines(error).map((line) => `  ${line}`),
    ]),
  ];
}

/** The same for `--json`. */
export function expiryDocument({ endings, errors }: ExpiryReport): object {
  return {
    endings,
    errors: errors.map(({ repository, error }) => ({ repository, ...errorDocument(error) })),
  };
}

function leftOf({ seconds, due, renewed }: Ending): string {
  const mark = due ? '!! ' : '';
  if (seconds < 0) return renewed ? 'renewed' : `${mark}over`;
  const left =
    seconds < 2 * DAY ? `${String(Math.floor(seconds / HOUR))} h` : `${String(Math.floor(seconds / DAY))} d`;
  return `${mark}${left}${renewed ? ', renewed' : ''}`;
}

function nameOf({ what, version, keyid }: Ending): string {
  return keyid === null ? `${what} ${String(version)}` : `${what} ${keyid.slice(0, 12)}`;
}
