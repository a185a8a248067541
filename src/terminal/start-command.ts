import program from '../../package.json' with { type: 'json' };
import type { CommandClass } from './command-table.ts';
import { configuration } from './configuration.ts';
import { reportError } from './report.ts';

/** Runs a command to its end and reports what it throws. The build puts this into each file that holds commands. */
export async function startCommand(
  Command: CommandClass,
  id: string,
  rest: readonly string[],
  argv: readonly string[],
): Promise<void> {
  try {
    Command.id = id;
    await new Command([...rest], configuration(program)).execute();
  } catch (error) {
    reportError(error, argv, id);
  }
}
