import { parentPort, workerData } from 'node:worker_threads';
import { firstInvalid, type CheckedSignature } from './second-opinion.ts';

/** What a thread answers: how many signatures it was given, and the first that is not valid (-1: none). */
export interface WorkerAnswer {
  readonly given: number;
  readonly invalid: number;
}

const signatures = workerData as readonly CheckedSignature[];
const answer: WorkerAnswer = { given: signatures.length, invalid: await firstInvalid(signatures) };
parentPort?.postMessage(answer);
