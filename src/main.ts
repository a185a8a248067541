import program from '../package.json' with { type: 'json' };
import { commands, help } from './terminal/command-files.js';
import { guardStream } from './terminal/sink.ts';

/**
 * The program: finds the command by its words and loads the one file that holds it. `--version` loads nothing at all,
 * help is loaded when asked for; no folder is scanned and no plug-in looked for at start.
 */
export async function main(argv: readonly string[]): Promise<void> {
  guardStream(process.stdout);
  guardStream(process.stderr);
  const [first] = argv;
  if (argv.length === 1 && (first === '--version' || first === '-v' || first === 'version')) {
    process.stdout.write(`countersign ${program.version}\n`);
    return;
  }
  try {
    await runCommand(argv);
  } catch (error) {
    const { reportError } = await import('./terminal/report.ts');
    reportError(error, argv, '');
  }
}

/** Shows help, or runs the command to its end; what a command throws it has reported itself. @throws USAGE-COMMAND */
async function runCommand(argv: readonly string[]): Promise<void> {
  const { findCommand, isTopic, unknownCommand } = await import('./terminal/command-table.ts');
  const found = findCommand(commands, argv);
  const [first] = argv;
  if (
    first === 'help' ||
    asksForHelp(argv) ||
    (found === undefined && isTopic(commands, argv.join(' '))) ||
    argv.length === 0
  ) {
    const text = await help().helpText(commands, program, first === 'help' ? argv.slice(1) : argv);
    if (text !== undefined) {
      process.stdout.write(text);
      return;
    }
  }
  const load = found === undefined ? undefined : commands[found.id];
  if (found === undefined || load === undefined) throw unknownCommand(commands, argv);
  await load().start(found.id, found.rest, argv);
}

/** `--help` or `-h` anywhere before `--`. */
function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end === -1 ? argv : argv.slice(0, end)).some((word) => word === '--help' || word === '-h');
}
