import {
  closeSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeSync,
  fsyncSync,
  renameSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { isObject, type Json } from '../encoding/json.ts';
import { unavailable } from '../errors.ts';

const NAME = 'lock';
/** How long a second process waits for the first, and how often it looks (milliseconds). */
const PATIENCE = 3_000;
const LOOK = 50;

interface Holder {
  readonly pid: number;
  /** Of this boot of the machine; a holder of another boot is dead. */
  readonly boot: string;
  /** Start of the process in clock ticks (/proc/PID/stat field 22), so that a reused pid is not taken for it. */
  readonly start: string;
  readonly command: string;
  readonly since: string;
}

/**
 * Takes the home's lock; the one who holds it is the only writer. A lock whose process is gone is taken over: it
 * is renamed away first, which only one of several can do, and looked at again under its new name.
 *
 * @returns gives the lock back
 * @throws LOCK-HELD (exit 6) naming the holder
 */
export async function takeLock(folder: string, now: () => number = Date.now): Promise<() => void> {
  const path = join(folder, NAME);
  const mine = JSON.stringify(self(now()));
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    if (tryLock(folder, path, mine)) {
      return () => {
        release(path, mine);
      };
    }
    const holder = readHolder(path);
    if (holder !== null && !isAlive(holder)) {
      takeAway(folder, path);
      continue;
    }
    if (performance.now() > deadline)
      throw unavailable('LOCK-HELD', 'another process works with this home', {
        found: holder
          ? `process ${String(holder.pid)} (${holder.command}) since ${holder.since}`
          : 'a lock that is just being written',
        where: folder,
        hint: 'wait until it has finished, and run the command again',
      });
    await wait(LOOK);
  }
}

/** Whole or not at all: the content is on disk before the name appears. */
function tryLock(folder: string, path: string, content: string): boolean {
  const temporary = join(folder, `.lock-${String(process.pid)}-${String(performance.now())}`);
  const file = openSync(temporary, 'wx', 0o600);
  try {
    writeSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  try {
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    unlinkSync(temporary);
  }
}

/**
 * Renames a dead lock away. Between the look and the rename another process may have taken over and written its
 * own: then what was renamed is alive, and is put back, unless a third one came first, which then waits for it.
 */
function takeAway(folder: string, path: string): void {
  const aside = join(folder, `.lock-dead-${String(process.pid)}-${String(performance.now())}`);
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const holder = readHolder(aside);
  if (holder && isAlive(holder)) {
    try {
      linkSync(aside, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  rmSync(aside, { force: true });
}

function release(path: string, mine: string): void {
  try {
    if (readFileSync(path, 'utf8') === mine) unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function self(now: number): Holder {
  return {
    pid: process.pid,
    boot: bootId(),
    start: startOf(process.pid) ?? '',
    command: process.argv.slice(2, 4).join(' '),
    since: new Date(now).toISOString(),
  };
}

function readHolder(path: string): Holder | null {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as Json;
    return isObject(value) && typeof value['pid'] === 'number' ? (value as unknown as Holder) : null;
  } catch {
    return null;
  }
}

function isAlive({ pid, boot, start }: Holder): boolean {
  return boot === bootId() && startOf(pid) === start;
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    // The command name in brackets may hold spaces and brackets: fields are counted after its last one.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
