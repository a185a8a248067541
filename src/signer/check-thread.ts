import { failure } from '../errors.ts';
import type { CheckedSignature } from './second-opinion.ts';
import type { WorkerAnswer, WorkerTask } from './second-check-worker.ts';

/** One thread that verifies signatures in the order in which it is given them. */
export interface CheckThread {
  /**
   * Index of the first signature that does not hold, or -1. An error, an early end or an incomplete answer is a
   * failure: silence is not consent.
   *
   * @throws SIGNATURE-SECOND-CHECK (exit 1)
   */
  firstInvalid(signatures: readonly CheckedSignature[]): Promise<number>;
  close(): Promise<void>;
}

interface Waiting {
  readonly given: number;
  readonly resolve: (invalid: number) => void;
  readonly reject: (error: Error) => void;
}

/** Starts a thread; it loads its code while this one goes on. */
export async function startCheckThread(file: URL): Promise<CheckThread> {
  const { Worker } = await import('node:worker_threads');
  const worker = new Worker(file, { env: {}, execArgv: [] });
  // an officer may take his time with the confirmation: an idle thread keeps no program alive
  worker.unref();
  const waiting: Waiting[] = [];
  let broken: Error | null = null;
  const stop = (why: string, cause?: unknown): void => {
    broken ??= failure('SIGNATURE-SECOND-CHECK', `a verifying thread did not finish: ${why}`, { cause });
    for (const { reject } of waiting.splice(0)) reject(broken);
  };
  worker.on('message', ({ given, invalid }: WorkerAnswer) => {
    const next = waiting.shift();
    if (next?.given === given) next.resolve(invalid);
    else {
      next?.reject(failure('SIGNATURE-SECOND-CHECK', 'a verifying thread was given other signatures'));
      stop('it was given other signatures');
    }
    if (waiting.length === 0) worker.unref();
  });
  worker.once('error', (cause) => {
    stop('it broke', cause);
  });
  worker.once('exit', () => {
    stop('it ended without an answer');
  });
  return {
    firstInvalid: (signatures) =>
      new Promise((resolve, reject) => {
        if (broken) {
          reject(broken);
          return;
        }
        worker.ref();
        waiting.push({ given: signatures.length, resolve, reject });
        worker.postMessage(signatures satisfies WorkerTask);
      }),
    async close() {
      await worker.terminate();
    },
  };
}
