import { parentPort } from 'node:worker_threads';
import { firstInvalid, type CheckedSignature } from './second-opinion.ts';

/** What a thread is given, again and again. */
export type WorkerTask = readonly CheckedSignature[];

/** What a thread answers to each: how many signatures it was given, and the first that is not valid (-1: none). */
export interface WorkerAnswer {
  readonly given: number;
  readonly invalid: number;
}

// what verifies is loaded before the first signature comes; one at a time, so that answers keep their order
let turn: Promise<unknown> = firstInvalid([]);
parentPort?.on('message', (signatures: WorkerTask) => {
  turn = turn.then(async () => {
    const answer: WorkerAnswer = { given: signatures.length, invalid: await firstInvalid(signatures) };
    parentPort?.postMessage(answer);
  });
});
