import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { failure, refused } from '../errors.ts';
import type { PublicKey, SignatureScheme } from '../metadata/key.ts';
import { keyBits } from '../metadata/public-key.ts';
import { startCheckThread, type CheckThread } from './check-thread.ts';
import { firstInvalid, type CheckedSignature } from './second-opinion.ts';

/** A signature and what it should cover; ECDSA and RSA may come with the digest alone. */
export type SecondCheckTask = {
  readonly publicKey: PublicKey;
  readonly scheme: SignatureScheme;
  readonly signature: Uint8Array;
} & ({ readonly message: Uint8Array } | { readonly digest: Uint8Array });

/** Fewer signatures than this are checked before a thread would have started. */
const WORTH_THREADS = 9;
const MAX_THREADS = 4;
/** Signatures that go to a thread at once. */
const SHARE = 16;

/** The second verification of one command's signatures (R11, S28). */
export interface SecondCheck {
  /** Takes signatures to verify, while others are still being made. */
  add(tasks: readonly SecondCheckTask[]): void;
  /**
   * Waits until all that were added are verified.
   *
   * @throws SIGNATURE-SECOND-CHECK naming the first signature since the last time, by its index, that does not hold
   */
  passed(): Promise<void>;
  /** Milliseconds spent waiting, to be reported apart from the program's own work. */
  readonly milliseconds: number;
  close(): Promise<void>;
}

/**
 * Verifies signatures with a second implementation before anything is released (R11, S28): @noble/curves for ECDSA and
 * Ed25519, our own RSASSA-PSS check. Where many are expected they go to worker threads, which are started at once; only
 * the built program has them.
 *
 * @param expected how many signatures there will be, about
 */
export function openSecondCheck(expected: number): SecondCheck {
  const file = expected < WORTH_THREADS ? null : workerFile();
  const threads = file === null ? [] : startThreads(file);
  const tasks: SecondCheckTask[] = [];
  let shares: { readonly from: number; readonly invalid: Promise<number> }[] = [];
  let sent = 0;
  let milliseconds = 0;
  const send = (least: number): void => {
    while (tasks.length - sent >= least && sent < tasks.length) {
      const from = sent;
      const share = tasks.slice(from, from + SHARE).map(checkedSignature);
      sent += share.length;
      const thread = threads[shares.length % threads.length];
      const invalid = thread ? thread.then((started) => started.firstInvalid(share)) : firstInvalid(share);
      // it is waited for in `passed`; until then a failure is not an unhandled one
      invalid.catch(() => undefined);
      shares.push({ from, invalid });
    }
  };
  return {
    get milliseconds() {
      return milliseconds;
    },
    add(more) {
      tasks.push(...more);
      if (threads.length > 0) send(SHARE);
    },
    async passed() {
      send(1);
      const [given, waiting] = [tasks.splice(0), shares];
      shares = [];
      sent = 0;
      // what the caller does until it waits is not waiting
      await turn();
      const start = performance.now();
      try {
        for (const { from, invalid } of waiting) {
          const index = await invalid;
          if (index >= 0) throw disagreement(from + index, given);
        }
      } finally {
        milliseconds += performance.now() - start;
      }
    },
    async close() {
      for (const thread of threads)
        await thread.then(
          (started) => started.close(),
          () => undefined,
        );
    },
  };
}

/** The second verification of signatures that are all there, as {@link openSecondCheck} does it. */
export async function verifyAll(tasks: readonly SecondCheckTask[]): Promise<void> {
  const check = openSecondCheck(tasks.length);
  try {
    check.add(tasks);
    await check.passed();
  } finally {
    await check.close();
  }
}

function startThreads(file: URL): Promise<CheckThread>[] {
  const count = Math.min(MAX_THREADS, Math.max(2, availableParallelism()));
  return Array.from({ length: count }, () => {
    const thread = startCheckThread(file);
    // whoever gives it signatures is told; a command that ends before has its own error
    thread.catch(() => undefined);
    return thread;
  });
}

/** Copies: sending a view to a thread would send all of the memory behind it. */
function checkedSignature(task: SecondCheckTask): CheckedSignature {
  const { publicKey, scheme } = task;
  return {
    algorithm: publicKey.algorithm,
    scheme,
    key: Uint8Array.from(keyBits(publicKey)),
    input: Uint8Array.from(inputOf(task)),
    signature: Uint8Array.from(task.signature),
  };
}

function inputOf(task: SecondCheckTask): Uint8Array {
  if ('digest' in task) {
    if (task.scheme === 'ed25519')
      throw failure('SIGNATURE-SECOND-CHECK', 'Ed25519 signs messages, not digests');
    return task.digest;
  }
  if (task.scheme === 'ed25519') return task.message;
  return createHash(task.scheme === 'ecdsa-sha384' ? 'sha384' : 'sha256')
    .update(task.message)
    .digest();
}

/** The worker beside the built program; from sources there is none, since Node cannot run TypeScript in a thread. */
function workerFile(): URL | null {
  const file = new URL('./second-check-worker.js', import.meta.url);
  return existsSync(fileURLToPath(file)) ? file : null;
}

function disagreement(index: number, tasks: readonly SecondCheckTask[]): Error {
  const { publicKey, scheme } = tasks[index] as SecondCheckTask;
  return refused('SIGNATURE-SECOND-CHECK', 'the second implementation does not accept a signature', {
    expected: `${scheme} by a key of ${publicKey.algorithm}`,
    where: `signature ${String(index)} of ${String(tasks.length)}`,
    hint: 'nothing was released; the token or its driver gives wrong signatures, or this machine computes wrongly',
  });
}
