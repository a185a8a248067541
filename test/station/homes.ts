import { join } from 'node:path';
import type { Environment } from '../../src/bundle/manifest.ts';
import { CountersignError } from '../../src/errors.ts';
import { initHome, openHome, type Home, type Side } from '../../src/station/home/home.ts';
import type { LedgerDisk } from '../../src/station/ledger/ledger.ts';
import { scratchFolder } from '../peers/process.ts';

/** A fresh station; the folder of its home. */
export async function newHome(name: string, side: Side = 'offline', environment: Environment = 'production') {
  const dir = join(scratchFolder(`station-${name}`), 'home');
  await initHome(dir, { name, side, environment });
  return dir;
}

/** Opens a home for writing, works with it and closes it. */
export async function inHome<Result>(
  dir: string,
  work: (home: Home) => Result | Promise<Result>,
  disk?: LedgerDisk,
): Promise<Result> {
  const home = await openHome(dir, { write: true, ...(disk ? { disk } : {}) });
  try {
    return await work(home);
  } finally {
    home.close();
  }
}

/** The error that an action ends with; an action that succeeds, or fails otherwise, fails the test. */
export async function errorOf(action: () => unknown): Promise<CountersignError> {
  try {
    await action();
  } catch (error) {
    if (error instanceof CountersignError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** Check ID and exit code of an action's error. */
export async function endOf(action: () => unknown): Promise<string> {
  const { check, exit } = await errorOf(action);
  return `${check} ${String(exit)}`;
}
