import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type CountersignError, failure as failed, unavailable } from '../../errors.ts';
import { childEnvironment } from './environment.ts';
import { failureError } from './failures.ts';
import { type AllowedModule, checkModuleFile } from './module.ts';
import type { CallName, Calls, ChildMessage, Each, TokenFacts } from './protocol.ts';

export interface ChildOptions {
  readonly module: AllowedModule;
  /** Milliseconds without any sign of life in a call before the child is killed; default 60,000. */
  readonly timeoutMs?: number;
  /** The built entry of the child; default: beside the running bundle. */
  readonly childFile?: string;
  /** Variables beyond the list of environment.ts; for peers in tests. */
  readonly extraEnvironment?: Readonly<Record<string, string>>;
  /** Hears of the child's process id before the child is asked for anything; what it gives is called at its end. */
  readonly onProcess?: (pid: number) => () => void;
}

const TIMEOUT = 60_000;
/** Key pairs of large RSA keys take minutes on a smart card. */
const GENERATE_FACTOR = 5;
/** How long a child may take to say goodbye. */
const GOODBYE = 5_000;

interface Pending {
  readonly onSome: ((outputs: readonly never[]) => void) | undefined;
  readonly limit: number;
  readonly method: CallName;
  resolve(output: unknown): void;
  reject(error: Error): void;
}

/** The built entry of the child, beside the file that this code was bundled into. */
function childFile(): string {
  return fileURLToPath(new URL('./pkcs11-child.js', import.meta.url));
}

/** The parent's end of one child process with one module in it; one call at a time. */
export class TokenProcess {
  /** What errors name: the module, later the token. */
  where: string;
  private readonly child: ChildProcess;
  private readonly timeoutMs: number;
  private pending: Pending | null = null;
  private timer: NodeJS.Timeout | null = null;
  private queue: Promise<unknown> = Promise.resolve();
  private dead: CountersignError | null = null;
  private closing: Promise<void> | null = null;
  private readonly gone: Promise<void>;

  private constructor(child: ChildProcess, options: ChildOptions) {
    this.child = child;
    this.where = options.module.path;
    this.timeoutMs = options.timeoutMs ?? TIMEOUT;
    const exit = new Promise<void>((resolve) => {
      child.once('exit', () => {
        resolve();
      });
      child.once('error', () => {
        resolve();
      });
    });
    // Signatures may still be in the channel when the process is gone: it is read to its end.
    const drained = new Promise<void>((resolve) => {
      child.once('disconnect', resolve);
      child.once('error', () => {
        resolve();
      });
    });
    this.gone = Promise.all([exit, drained]).then(() => {
      this.end(crash(this.where, child));
    });
    child.on('message', (message: ChildMessage) => {
      this.receive(message);
    });
  }

  /** Starts a child and loads the module in it; also gives the tokens that it finds. */
  static async start(options: ChildOptions): Promise<{ process: TokenProcess; tokens: TokenFacts[] }> {
    checkModuleFile(options.module.path);
    const entry = options.childFile ?? childFile();
    if (!existsSync(entry))
      throw failed('TOKEN-CHILD', 'a part of this program is missing', {
        where: entry,
        hint: 'install it again',
      });
    const child = fork(entry, [], {
      env: childEnvironment(process.env, options.extraEnvironment),
      execArgv: ['--disallow-code-generation-from-strings'],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const started = new TokenProcess(child, options);
    try {
      if (child.pid !== undefined) void started.gone.then(options.onProcess?.(child.pid));
      const { path, parameters } = options.module;
      return {
        process: started,
        tokens: await started.call('open', { module: path, parameters: parameters ?? null }),
      };
    } catch (error) {
      await started.close();
      throw error;
    }
  }

  /**
   * Makes one call, after those before it.
   *
   * @param onSome gets what the call gives for each of its tasks, in order; what it throws ends the child
   * @throws CountersignError TOKEN-TIMEOUT, TOKEN-CRASH, or what {@link failureError} makes of the failure
   */
  call<Name extends CallName>(
    name: Name,
    input: Calls[Name]['in'],
    onSome?: (outputs: readonly Each<Name>[]) => void,
  ): Promise<Calls[Name]['out']> {
    const limit = name === 'generate' ? this.timeoutMs * GENERATE_FACTOR : this.timeoutMs;
    const turn = this.queue.then(() => this.perform(name, input, limit, onSome));
    this.queue = turn.catch(() => undefined);
    return turn as Promise<Calls[Name]['out']>;
  }

  /** Waits for the call in flight, lets the child log out, and sees it end. Never throws; more than once is fine. */
  close(): Promise<void> {
    this.closing ??= this.sayGoodbye();
    return this.closing;
  }

  private async sayGoodbye(): Promise<void> {
    await this.queue;
    if (this.dead === null) {
      const goodbye = this.perform('close', null, Math.min(GOODBYE, this.timeoutMs), undefined);
      await goodbye.catch(() => undefined);
      this.end(failed('TOKEN-CLOSED', 'the token is closed', { where: this.where }));
      if (this.child.connected) this.child.disconnect();
    }
    const kill = setTimeout(() => this.child.kill('SIGKILL'), GOODBYE);
    await this.gone;
    clearTimeout(kill);
  }

  private perform(
    method: CallName,
    input: unknown,
    limit: number,
    onSome: Pending['onSome'],
  ): Promise<unknown> {
    if (this.dead !== null) return Promise.reject(this.dead);
    return new Promise((resolve, reject) => {
      this.pending = { onSome, limit, method, resolve, reject };
      this.watch(limit);
      // Where the child is gone already, its end says why.
      this.child.send({ call: method, input }, () => undefined);
    });
  }

  private receive(message: ChildMessage): void {
    const { pending } = this;
    if (pending === null) return;
    if (message.say === 'some') {
      this.watch(pending.limit);
      try {
        pending.onSome?.(message.outputs as readonly never[]);
      } catch (error) {
        // A signature is wrong, or cannot be recorded: the rest of the batch must not be signed.
        this.end(error as CountersignError);
        this.child.kill('SIGKILL');
      }
      return;
    }
    this.settle();
    if (message.say === 'done') pending.resolve(message.output);
    else pending.reject(failureError(message.failure, this.where));
  }

  private watch(limit: number): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const method = this.pending?.method ?? 'close';
      this.end(
        unavailable('TOKEN-TIMEOUT', 'the token does not answer', {
          expected: `an answer within ${String(limit / 1000)} s`,
          found: `none to "${method}"`,
          where: this.where,
          hint: 'unplug the token and plug it in again, then run the command again: nothing was released',
        }),
      );
      this.child.kill('SIGKILL');
    }, limit);
  }

  private settle(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.pending = null;
  }

  private end(error: CountersignError): void {
    this.dead ??= error;
    const { pending } = this;
    this.settle();
    pending?.reject(this.dead);
  }
}

function crash(where: string, child: ChildProcess): CountersignError {
  if (child.pid === undefined)
    return failed('TOKEN-CHILD', 'the process for the token could not be started', { where });
  const ended = child.signalCode ?? `exit code ${String(child.exitCode)}`;
  return unavailable('TOKEN-CRASH', 'the PKCS#11 module took its process down', {
    found: ended,
    where,
    hint: 'run the command again: nothing was released; if it happens again, update the software of the token',
  });
}
