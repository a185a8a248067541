import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { isObject, type Json } from '../../encoding/json.ts';
import { unavailable } from '../../errors.ts';
import { removeDeadLock } from './dead-lock.ts';
import { isRunning, thisProcess, type RunningProcess } from './running-process.ts';

const NAME = 'lock';
/** How long a second process waits for the first, and how often it looks (milliseconds). */
const PATIENCE = 3_000;
const LOOK = 50;

interface Holder extends RunningProcess {
  readonly command: string;
  readonly since: string;
}

/**
 * Takes the home's lock; the one who holds it is the only writer. The lock of a process that is gone is removed
 * first, by one process at a time.
 *
 * @returns gives the lock back
 * @throws LOCK-HELD (exit 6) naming the holder
 */
export async function takeLock(folder: string, now: () => number = Date.now): Promise<() => void> {
  const path = join(folder, NAME);
  const mine = JSON.stringify(self(now()));
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    const held = readHolder(path);
    if (held === 'nobody' && tryLock(folder, path, mine)) {
      return () => {
        release(path, mine);
      };
    }
    const isDead = (): boolean => isGone(readHolder(path));
    if (isGone(held) && removeDeadLock(folder, path, isDead)) continue;
    if (performance.now() > deadline) throw lockHeld(folder, held);
    // Not in step with others that wait for the same lock.
    await wait(LOOK * (0.5 + Math.random()));
  }
}

function lockHeld(folder: string, held: Holder | 'nobody' | 'unreadable'): Error {
  if (held === 'unreadable')
    return unavailable('LOCK-HELD', 'the home has a lock that says not whose it is', {
      where: join(folder, NAME),
      hint: 'if no command runs on this home: remove the file',
    });
  return unavailable('LOCK-HELD', 'another process works with this home', {
    found:
      held === 'nobody'
        ? 'several processes, one after the other'
        : `process ${String(held.pid)} (${held.command}) since ${held.since}`,
    where: folder,
    hint:
      held === 'nobody' || held.namespace === thisProcess().namespace
        ? 'wait until it has finished, and run the command again'
        : `it runs in another container; if that one is gone: remove ${join(folder, NAME)}`,
  });
}

/** Whole or not at all: the content is on disk before the name appears, and a link never replaces. */
function tryLock(folder: string, path: string, content: string): boolean {
  const temporary = join(folder, `.${String(process.pid)}-${String(performance.now())}.part`);
  try {
    const file = openSync(temporary, 'wx', 0o600);
    try {
      writeSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    linkSync(temporary, path);
    return true;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    throw unavailable('HOME-WRITE', 'the home cannot be locked', {
      found: code ?? 'error',
      where: folder,
      hint: 'see whether the disk is full or read-only',
      cause,
    });
  } finally {
    rmSync(temporary, { force: true });
  }
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
    ...thisProcess(),
    command: process.argv.slice(2, 4).join(' '),
    since: new Date(now).toISOString(),
  };
}

function readHolder(path: string): Holder | 'nobody' | 'unreadable' {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as Json;
    const texts = ['start', 'boot', 'namespace', 'command', 'since'];
    if (
      isObject(value) &&
      typeof value['pid'] === 'number' &&
      texts.every((name) => typeof value[name] === 'string')
    )
      return value as unknown as Holder;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'nobody';
  }
  return 'unreadable';
}

function isGone(holder: Holder | 'nobody' | 'unreadable'): boolean {
  return typeof holder === 'object' && !isRunning(holder);
}
