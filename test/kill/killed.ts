import { randomInt } from 'node:crypto';
import { start } from '../peers/program.ts';
import type { TestStation } from '../peers/stations.ts';

/** A command that is killed and run again, as a script would give it. */
export interface Killable {
  readonly station: TestStation;
  readonly env: Readonly<Record<string, string>>;
  readonly args: readonly string[];
}

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command; kill -9 after so many milliseconds, the program alone or all that it started. */
export async function runKilled({ station, env, args }: Killable, after: number | null): Promise<Ended> {
  const child = start([...args, '--json'], { home: station.home, env });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
  child.stdin?.on('error', () => undefined);
  child.stdin?.end();
  const whole = randomInt(2) === 0;
  const timer = setTimeout(() => {
    // the program leads a process group of its own
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(whole ? -child.pid : child.pid, 'SIGKILL');
  }, after ?? 50_000);
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exit, by) => {
      resolve([exit, by]);
    });
  });
  clearTimeout(timer);
  return {
    code,
    signal,
    stdout: Buffer.concat(out).toString('utf8'),
    stderr: Buffer.concat(err).toString('utf8'),
  };
}

/** What a command did under kills. */
export interface Survived {
  readonly kills: number;
  /** How the run that was left alone ended. */
  readonly outcome: 'done' | 'replay';
  /** Milliseconds that this run took. */
  readonly took: number;
  readonly stdout: string;
}

/**
 * Kills a command so many times, each after a random part of its usual duration, then lets it run. After each kill
 * `check` looks at what is left.
 *
 * @throws where the last run neither succeeds nor finds that a killed one had recorded everything
 */
export async function survive(
  command: Killable,
  kills: number,
  usual: number,
  check: () => Promise<void>,
): Promise<Survived> {
  let killed = 0;
  let finished = false;
  while (killed < kills && !finished) {
    // early kills first: a run that ends before its kill is the last one
    const longest = Math.ceil((usual * (killed + 1)) / kills);
    const { signal, code, stdout, stderr } = await runKilled(command, randomInt(longest + 1));
    if (signal === 'SIGKILL') killed++;
    else if (code === 0) finished = true;
    else if (isReplay(code, stdout) && killed > 0) finished = true;
    else throw unexpected(command, code, stdout + stderr);
    await check();
  }
  const start = performance.now();
  const { code, stdout, stderr } = await runKilled(command, null);
  const took = performance.now() - start;
  await check();
  if (code === 0) return { kills: killed, outcome: 'done', took, stdout };
  if (isReplay(code, stdout) && (finished || killed > 0))
    return { kills: killed, outcome: 'replay', took, stdout };
  throw unexpected(command, code, stdout + stderr);
}

/** Exit 3 that says that everything had been recorded before the kill. */
function isReplay(code: number | null, stdout: string): boolean {
  return code === 3 && stdout.includes('"EXCHANGE-REPLAY"');
}

function unexpected({ args }: Killable, code: number | null, output: string): Error {
  return new Error(`${args.join(' ')}: exit ${String(code)} after a kill\n${output}`);
}
