import { closeSync, openSync, readdirSync, rmSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { removeLeftovers } from '../files/leftovers.ts';
import { isRunning, nameOfProcess, processNamed, thisProcess } from './running-process.ts';

const CLAIM = '.takeover ';

/**
 * Removes the lock of a process that is gone. Between a look at a lock and its removal another process may have
 * put its own there, so only one may be at it: each first shows its claim, then looks for those of others, and
 * leaves if it finds one. Of two, the one that looks last sees the other's. A claim names its process, so that of
 * a dead one is known and never anybody's again.
 *
 * @param isDead looks at the lock again
 * @returns false if another process is at it: wait, and look again
 */
export function removeDeadLock(folder: string, path: string, isDead: () => boolean): boolean {
  const mine = CLAIM + nameOfProcess(thisProcess());
  closeSync(openSync(join(folder, mine), 'w', 0o600));
  try {
    if (othersClaim(folder, mine)) return false;
    if (isDead()) unlinkSync(path);
    removeLeftovers(folder);
    return true;
  } finally {
    rmSync(join(folder, mine), { force: true });
  }
}

function othersClaim(folder: string, mine: string): boolean {
  let found = false;
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(CLAIM) || name === mine) continue;
    if (isRunning(processNamed(name.slice(CLAIM.length)))) found = true;
    else rmSync(join(folder, name), { force: true });
  }
  return found;
}
