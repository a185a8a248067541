import type { BaseCommand } from './base-command.ts';
import { usage } from '../errors.ts';

/** What a file in commands/ exports by default. */
export type CommandClass = (new (...args: ConstructorParameters<typeof BaseCommand>) => BaseCommand) &
  typeof BaseCommand;

/** A file of dist/ with a group of commands and all that they need. */
export interface CommandFile {
  /** Runs a command to its end; the exit code is in `process.exitCode`. */
  start(id: string, rest: readonly string[], argv: readonly string[]): Promise<void>;
}

/** Every command by its words (`bundle digest`), with what loads its file. */
export type CommandTable = Readonly<Record<string, () => CommandFile>>;

/** The longest command that the arguments begin with, and what is left; undefined where there is none. */
export function findCommand(
  table: CommandTable,
  argv: readonly string[],
): { readonly id: string; readonly rest: readonly string[] } | undefined {
  for (let words = Math.min(3, argv.length); words > 0; words--) {
    const id = argv.slice(0, words).join(' ');
    if (Object.hasOwn(table, id)) return { id, rest: argv.slice(words) };
  }
  return undefined;
}

/** Whether commands begin with these words (`key` of `key list`). */
export function isTopic(table: CommandTable, words: string): boolean {
  return Object.keys(table).some((id) => id.startsWith(`${words} `));
}

/** The refusal for words that are no command, with the nearest ones there are. */
export function unknownCommand(table: CommandTable, argv: readonly string[]): Error {
  const asked = argv.filter((word) => !word.startsWith('-')).slice(0, 3);
  const topic = asked[0] ?? '';
  const near = Object.keys(table)
    .map((id) => ({ id, far: distance(asked.slice(0, id.split(' ').length).join(' '), id) }))
    .filter(({ id, far }) => far <= 2 || id.startsWith(`${topic} `))
    .sort((a, b) => a.far - b.far || (a.id < b.id ? -1 : 1))
    .slice(0, 5)
    .map(({ id }) => id);
  return usage('USAGE-COMMAND', 'no such command', {
    found: asked.length === 0 ? argv.join(' ') : asked.join(' '),
    ...(near.length === 0 ? {} : { expected: near.join(', ') }),
    hint: 'countersign --help lists the commands; flags come after the command',
  });
}

/** Edit distance (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (const [i, letter] of Array.from(a).entries()) {
    const next = [i + 1];
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min(
          (row[j] ?? 0) + 1,
          (next[j - 1] ?? 0) + 1,
          (row[j - 1] ?? 0) + (letter === b[j - 1] ? 0 : 1),
        ),
      );
    row = next;
  }
  return row[b.length] ?? 0;
}
