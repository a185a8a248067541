import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** The program as a user starts it. */
export const PROGRAM = fileURLToPath(new URL('../../bin/countersign', import.meta.url));

export interface RunOptions {
  /** The station's home, as COUNTERSIGN_HOME. */
  readonly home?: string;
  /** What is on stdin; by default stdin is closed. */
  readonly input?: string | Uint8Array;
  /** Variables in addition to PATH and HOME; nothing else is inherited. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Milliseconds before the child is killed. */
  readonly timeout?: number;
  /** Words before the program, such as `strace -f -o FILE`. */
  readonly under?: readonly string[];
}

export interface Finished {
  /** Exit code, or null where a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly stdoutBytes: Buffer;
  readonly stderrBytes: Buffer;
  /** The one JSON document on stdout; throws where there is anything else. */
  readonly json: () => unknown;
}

/** A clean environment: no certificates, proxies, Node options or station of whoever runs the tests. */
export function cleanEnvironment(options: RunOptions = {}): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: options.home ?? '/nonexistent',
    ...(options.home === undefined ? {} : { COUNTERSIGN_HOME: options.home }),
    ...options.env,
  };
}

/** Starts the program without waiting for it; the caller stops it. */
export function start(args: readonly string[], options: RunOptions = {}): ChildProcess {
  const [file = PROGRAM, ...rest] = [...(options.under ?? []), PROGRAM, ...args];
  return spawn(file, rest, {
    env: cleanEnvironment(options),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdio: ['pipe', 'pipe', 'pipe'],
    // a session of its own: no controlling terminal, even where the tests have one
    detached: true,
  });
}

/** Runs the program to its end. */
export async function run(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const child = start(args, options);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(options.input);
  const timer = setTimeout(() => child.kill('SIGKILL'), options.timeout ?? 50_000);
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exit, by) => {
      resolve([exit, by]);
    });
  });
  clearTimeout(timer);
  return finished(code, signal, Buffer.concat(stdout), Buffer.concat(stderr));
}

function finished(code: number | null, signal: NodeJS.Signals | null, out: Buffer, err: Buffer): Finished {
  const stdout = out.toString('utf8');
  return {
    code,
    signal,
    stdout,
    stderr: err.toString('utf8'),
    stdoutBytes: out,
    stderrBytes: err,
    json: () => JSON.parse(stdout) as unknown,
  };
}

/** A real terminal, 100 columns by 50 rows, in a tmux server of its own. */
export interface TestTerminal {
  /** Types text as it is; `\n` is Enter. */
  send(text: string): void;
  /** Presses keys by tmux's names (`C-c`, `BSpace`, `Left`). */
  press(...keys: string[]): void;
  /** Waits until the screen, scrolled-off lines included, matches; throws with the screen after the timeout. */
  waitFor(pattern: RegExp, timeout?: number): Promise<string>;
  screen(): string;
  close(): void;
}

/** Opens a terminal that runs one command (words, not a shell line) and stays open after it ended. */
export function openTerminal(command: readonly string[], options: RunOptions = {}): TestTerminal {
  const socket = `countersign-test-${randomBytes(8).toString('hex')}`;
  const tmux = (...args: string[]): string => {
    const result = spawnSync('tmux', ['-L', socket, '-f', '/dev/null', ...args], {
      encoding: 'utf8',
      env: { ...cleanEnvironment(options), TERM: 'xterm-256color', LC_ALL: 'C.UTF-8' },
    });
    if (result.status !== 0) throw new Error(`tmux ${args.join(' ')}: ${result.stderr}`);
    return result.stdout;
  };
  const variables = Object.entries(cleanEnvironment(options)).map(([name, value]) => `${name}=${value}`);
  const line = ['env', '-i', 'TERM=xterm-256color', ...variables, ...command].map(quote).join(' ');
  const script = `${line}; printf '\\n[exit %s]\\n' $?; exec sleep 600`;
  tmux(
    'new-session',
    '-d',
    '-x',
    '100',
    '-y',
    '50',
    ...(options.cwd === undefined ? [] : ['-c', options.cwd]),
    script,
  );
  const screen = (): string => tmux('capture-pane', '-p', '-J', '-S', '-');
  return {
    send: (text) => {
      for (const [at, part] of text.split('\n').entries()) {
        if (at > 0) tmux('send-keys', 'Enter');
        if (part !== '') tmux('send-keys', '-l', '--', part);
      }
    },
    press: (...keys) => {
      tmux('send-keys', ...keys);
    },
    screen,
    async waitFor(pattern, timeout = 20_000) {
      const end = Date.now() + timeout;
      for (;;) {
        const seen = screen();
        if (pattern.test(seen)) return seen;
        if (Date.now() > end) throw new Error(`${String(pattern)} did not appear on:\n${seen}`);
        await delay(50);
      }
    },
    close: () => {
      spawnSync('tmux', ['-L', socket, 'kill-server']);
    },
  };
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
