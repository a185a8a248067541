import { execFile, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a program that ran to its end left. */
export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string;
  readonly timeout?: number;
}

/** Runs a program to its end with exactly this environment (plus PATH); never throws for an exit code. */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      command,
      [...args],
      {
        env: { PATH: process.env['PATH'] ?? '', ...options.env },
        cwd: options.cwd,
        timeout: options.timeout ?? 60_000,
        maxBuffer: 64 * 1024 * 1024,
      },
      (error, stdout, stderr) => {
        if (error !== null && typeof error.code !== 'number')
          reject(new Error(`${command} ${args.join(' ')}: ${error.message}\n${stderr}`));
        else resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
      },
    );
    // A program that ends without reading its input must not end the test.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.input ?? '');
  });
}

/** As {@link run}, but an exit code other than 0 is an error that shows what the program said. */
export async function runOk(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  const finished = await run(command, args, options);
  if (finished.code !== 0)
    throw new Error(
      `${command} ${args.join(' ')} ended with ${String(finished.code)}\n${finished.stdout}${finished.stderr}`,
    );
  return finished;
}

const undo = new Set<() => void>();
const undoAll = (): void => {
  for (const step of undo) step();
  undo.clear();
};
process.once('exit', undoAll);
// The test runner ends its workers by a signal, after which there is no "exit".
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
  process.once(signal, () => {
    undoAll();
    process.kill(process.pid, signal);
  });

/** A folder that goes away when the test process ends. */
export function scratchFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `countersign-${name}-`));
  undo.add(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

export interface Daemon {
  readonly pid: number;
  /** File with everything that the daemon wrote to stdout and stderr. */
  readonly log: string;
  /** Ends the daemon by its process id and waits until it is gone. */
  readonly stop: () => Promise<void>;
}

export interface DaemonOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly log: string;
  /** Asked again and again until it says true. */
  readonly ready: () => Promise<boolean>;
  readonly env?: Readonly<Record<string, string>>;
}

// The kernel ends the child when the thread that started it is gone, even if that one was killed.
const SETPRIV = '/usr/bin/setpriv';

/** A command that the kernel ends with the test process, where it can. */
export function tied(command: string, args: readonly string[]): readonly [file: string, args: string[]] {
  return existsSync(SETPRIV) ? [SETPRIV, ['--pdeathsig', 'KILL', command, ...args]] : [command, [...args]];
}

/** Starts a daemon and waits until it answers; it ends with the test process at the latest. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const output = openSync(options.log, 'a');
  const child = spawn(...tied(options.command, options.args), {
    env: { PATH: process.env['PATH'] ?? '', ...options.env },
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  const failures: Error[] = [];
  child.once('error', (error) => {
    failures.push(error);
  });
  const gone = new Promise<void>((resolve) => {
    child.once('close', () => {
      resolve();
    });
  });
  const kill = (): void => {
    child.kill('SIGKILL');
  };
  undo.add(kill);
  const stop = async (): Promise<void> => {
    undo.delete(kill);
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      child.kill('SIGTERM');
      await Promise.race([gone, sleep(2_000, undefined, { ref: false })]);
      child.kill('SIGKILL');
      await gone;
    }
  };
  const deadline = Date.now() + 20_000;
  for (;;) {
    if (await options.ready().catch(() => false)) break;
    if (failures.length > 0 || child.exitCode !== null || Date.now() > deadline) {
      await stop();
      throw new Error(
        `${options.command} did not start\n${readFileSync(options.log, 'utf8').slice(-4_000)}`,
        {
          cause: failures[0],
        },
      );
    }
    await sleep(30);
  }
  return { pid: child.pid ?? -1, log: options.log, stop };
}
