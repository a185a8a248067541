import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { failure, refused } from '../errors.ts';
import type { PublicKey, SignatureScheme } from '../metadata/key.ts';
import { keyBits } from '../metadata/public-key.ts';
import type { WorkerAnswer } from './second-check-worker.ts';
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

/**
 * Verifies every signature with a second implementation before anything is released (R11, S28): @noble/curves for
 * ECDSA and Ed25519, our own RSASSA-PSS check. Many go to worker threads, where the built program has them.
 *
 * @returns how long it took, in milliseconds, to be reported apart from the program's own work
 * @throws SIGNATURE-SECOND-CHECK naming the first signature, by its index, that does not hold
 */
export async function verifyAll(tasks: readonly SecondCheckTask[]): Promise<{ milliseconds: number }> {
  const start = performance.now();
  const signatures = tasks.map(checkedSignature);
  const worker = tasks.length < WORTH_THREADS ? null : workerFile();
  const invalid = worker ? await inThreads(worker, signatures) : await firstInvalid(signatures);
  if (invalid >= 0) throw disagreement(invalid, tasks);
  return { milliseconds: performance.now() - start };
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

async function inThreads(worker: URL, signatures: readonly CheckedSignature[]): Promise<number> {
  const threads = Math.min(MAX_THREADS, Math.max(2, availableParallelism()));
  const share = Math.ceil(signatures.length / threads);
  const answers = await Promise.all(
    Array.from({ length: threads }, async (_, thread) => {
      const from = thread * share;
      const invalid = await inThread(worker, signatures.slice(from, from + share));
      return invalid < 0 ? invalid : from + invalid;
    }),
  );
  return answers.find((index) => index >= 0) ?? -1;
}

/** An error, an early end or an incomplete answer is a failure: silence is not consent. */
async function inThread(file: URL, signatures: readonly CheckedSignature[]): Promise<number> {
  const { Worker } = await import('node:worker_threads');
  return new Promise((resolve, reject) => {
    const worker = new Worker(file, { workerData: signatures, env: {}, execArgv: [] });
    worker.once('message', ({ given, invalid }: WorkerAnswer) => {
      if (given === signatures.length) resolve(invalid);
      else reject(stopped('it was given other signatures'));
    });
    worker.once('error', (cause) => {
      reject(stopped('it broke', cause));
    });
    worker.once('exit', () => {
      reject(stopped('it ended without an answer'));
    });
  });
}

function stopped(why: string, cause?: unknown): Error {
  return failure('SIGNATURE-SECOND-CHECK', `a verifying thread did not finish: ${why}`, { cause });
}

function disagreement(index: number, tasks: readonly SecondCheckTask[]): Error {
  const { publicKey, scheme } = tasks[index] as SecondCheckTask;
  return refused('SIGNATURE-SECOND-CHECK', 'the second implementation does not accept a signature', {
    expected: `${scheme} by a key of ${publicKey.algorithm}`,
    where: `signature ${String(index)} of ${String(tasks.length)}`,
    hint: 'nothing was released; the token or its driver gives wrong signatures, or this machine computes wrongly',
  });
}
