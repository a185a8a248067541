import { commands } from './command-classes.js';
import type { CommandClass } from './command-table.ts';

/**
 * Every command as data for help: what it takes and what it says of itself. Run once, by the build, which writes it
 * to dist/commands.json, so that help loads no command.
 */
export function describeCommands(): object[] {
  return Object.entries(commands).map(([id, command]) => describe(id, command));
}

/** A command as oclif's help wants it: static members, its own flags with the common ones, names filled in. */
function describe(id: string, command: CommandClass): object {
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
  };
}

/** A default that is computed is shown by its description (`defaultHelp`), never computed for help. */
function shown(item: object): object {
  if (!('default' in item) || typeof item.default !== 'function') return {};
  return {
    default: 'defaultHelp' in item && typeof item.defaultHelp === 'string' ? item.defaultHelp : undefined,
  };
}
