import { Help } from '@oclif/core/help';
import type { Command } from '@oclif/core/command';
import type { Config } from '@oclif/core/config';
import { type CommandClass, type CommandTable, findCommand, isTopic } from './command-table.ts';
import { configuration, type Program } from './configuration.ts';
import { TOPICS } from './topics.ts';
import { COLUMNS } from './wrap.ts';

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
  const ids = Object.keys(table).filter((id) => asked === '' || id === asked || id.startsWith(`${asked} `));
  const commands = await Promise.all(ids.map(async (id) => loadable(id, (await load(table, id)).default)));
  const help = new PlainHelp(helpConfiguration(program, commands), { maxWidth: COLUMNS, stripAnsi: true });
  await help.showHelp(asked === '' ? [] : asked.split(' '));
  return `${help.lines.join('\n').trimEnd()}\n`;
}

async function load(table: CommandTable, id: string): Promise<{ readonly default: CommandClass }> {
  const loader = table[id];
  if (loader === undefined) throw new RangeError(id);
  return loader();
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

/** A command as oclif's help wants it: static members, its own flags with the common ones, names filled in. */
function loadable(id: string, command: CommandClass): Command.Loadable {
  const named = <T extends object>(items: Readonly<Record<string, T>>): object =>
    Object.fromEntries(
      Object.entries(items).map(([name, item]) => [name, { ...item, name, ...shown(item) }]),
    );
  return {
    id: id.replaceAll(' ', ':'),
    aliases: [],
    hiddenAliases: [],
    args: named(command.args),
    flags: named({ ...command.flags, ...command.baseFlags }),
    description: command.description,
    summary: command.summary,
    examples: command.examples,
    usage: command.usage,
    strict: command.strict,
    hidden: command.hidden,
    hasDynamicHelp: false,
    load: () => Promise.resolve(command),
  } as unknown as Command.Loadable;
}

/** A default that is computed is shown by its description (`defaultHelp`), never computed for help. */
function shown(item: object): object {
  if (!('default' in item) || typeof item.default !== 'function') return {};
  return {
    default: 'defaultHelp' in item && typeof item.defaultHelp === 'string' ? item.defaultHelp : undefined,
  };
}
