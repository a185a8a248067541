import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command } from '@oclif/core/command';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { type ExitCode, usage } from '../errors.ts';
import { reportError, wantsJson } from './report.ts';
import { asciiJson, writeText } from './sink.ts';

export { Args, Flags };

/** Flags that every command takes. */
const baseFlags = {
  home: Flags.string({
    description: 'home folder of the station',
    env: 'COUNTERSIGN_HOME',
    helpValue: 'DIR',
    helpGroup: 'COMMON',
    noCacheDefault: true,
    default: () => Promise.resolve(join(homedir(), '.countersign')),
    defaultHelp: '~/.countersign',
    parse: (input) =>
      input === ''
        ? Promise.reject(usage('USAGE-HOME', 'the home folder has an empty name'))
        : Promise.resolve(resolve(input)),
  }),
  json: Flags.boolean({ description: 'print one JSON document and nothing else', helpGroup: 'COMMON' }),
};

/** What all commands share: the common flags, one way to print a result, one way to report an error. */
export abstract class BaseCommand extends Command {
  static override baseFlags = baseFlags;

  /** Runs the command to its end; the exit code is in `process.exitCode`. */
  execute(): Promise<unknown> {
    // An argument that was left out is left out: oclif would take what is on standard input for it.
    for (const arg of Object.values(this.ctor.args)) arg.ignoreStdin = true;
    return this._run();
  }

  /** Prints the result: the value as one JSON document under `--json`, otherwise the text. */
  protected show(value: object, text: () => string): void {
    if (this.wantsJson()) process.stdout.write(`${asciiJson(value)}\n`);
    else writeText(process.stdout, text());
  }

  /** Ends with a code other than 0 although the result was printed (`expiry --within`, an open threshold). */
  protected endWith(code: ExitCode): void {
    process.exitCode = code;
  }

  /** Whether `--json` was given, known even where parsing failed. */
  protected wantsJson(): boolean {
    return wantsJson(this.argv);
  }

  protected override catch(thrown: Error): Promise<void> {
    reportError(thrown, this.argv, (this.id ?? '').replaceAll(':', ' '));
    return Promise.resolve();
  }
}
