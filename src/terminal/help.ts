import { readFileSync } from 'node:fs';
import { Help } from '@oclif/core/help';
import type { Command } from '@oclif/core/command';
import type { Config } from '@oclif/core/config';
import { type CommandTable, findCommand, isTopic } from './command-table.ts';
import { configuration, type Program } from './configuration.ts';
import { TOPICS } from './topics.ts';
import { COLUMNS } from './views/wrap.ts';

/** oclif's help, plain and 80 columns wide, gathered instead of printed. */
class PlainHelp extends Help {
  readonly lines: string[] = [];

  protected override log(...lines: string[]): void {
    this.lines.push(...lines);
  }
}

/** Help for a command, a topic or the whole program; undefined where the words name none of them. */
export async function helpText(
  table: CommandTable,
  program: Program,
  argv: readonly string[],
): Promise<string | undefined> {
  const words = argv.filter((word) => !word.startsWith('-'));
  const found = findCommand(table, words);
  const asked = found === undefined ? words.join(' ') : found.id;
  if (found === undefined && asked !== '' && !isTopic(table, asked)) return undefined;
  const help = new PlainHelp(helpConfiguration(program, described()), { maxWidth: COLUMNS, stripAnsi: true });
  await help.showHelp(asked === '' ? [] : asked.split(' '));
  return `${help.lines.join('\n').trimEnd()}\n`;
}

/** The descriptions that the build wrote beside the program (describe-commands.ts). */
function described(): Command.Loadable[] {
  return JSON.parse(readFileSync(new URL('./commands.json', import.meta.url), 'utf8')) as Command.Loadable[];
}

function helpConfiguration(program: Program, commands: Command.Loadable[]): Config {
  const names = new Set(
    commands.filter(({ id }) => id.includes(':')).map(({ id }) => id.split(':')[0] ?? ''),
  );
  // oclif shows a topic only where it finds something below it
  const topics = [...names].flatMap((name) => [
    { name, description: TOPICS[name] ?? '' },
    { name: `${name}:`, hidden: true },
  ]);
  return configuration(program, {
    commands,
    commandIDs: commands.map(({ id }) => id),
    topics,
    findCommand: ((id: string) => commands.find((command) => command.id === id)) as Config['findCommand'],
    findTopic: ((name: string) => topics.find((topic) => topic.name === name)) as Config['findTopic'],
  });
}
