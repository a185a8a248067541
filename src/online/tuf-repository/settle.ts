import { setTimeout as sleep } from 'node:timers/promises';
import { holdLock } from '../directory/publisher-lock.ts';
import { finishPlacing, isDecided } from './place-file.ts';

/** How often, and for how many milliseconds each time, a publisher is given the chance to finish. */
const LOOKS = 25;
const PAUSE = 20;

/**
 * Finishes what a killed publisher had decided, before somebody reads: without consistent snapshots he would find a
 * mixture. A publisher at work is only waited for, not for its lock, which others may be queueing for. Who may read the
 * folder but not write it reads what is there: it fits together by the order of writing, or is refused.
 */
export async function settle(metadata: string, lock: string): Promise<void> {
  for (let look = 0; look < LOOKS; look++) {
    if (!(await isDecided(metadata))) return;
    await sleep(PAUSE);
  }
  try {
    const release = await holdLock(lock);
    try {
      await finishPlacing(metadata);
    } finally {
      await release();
    }
  } catch {
    // the next publisher does it; nobody is kept from reading by a folder that is not his to write
  }
}
