import { closeSync, openSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { unavailable } from '../../errors.ts';
import type { OpenToken, OpenTokenOptions } from '../../signer/pkcs11/token.ts';
import { isRunning, nameOfProcess, processNamed, runningProcess } from './running-process.ts';

const NOTE = '.token ';
/** How long a command waits for the token process of a killed one, and how often it looks (milliseconds). */
const PATIENCE = 60_000;
const LOOK = 50;

export interface StationTokenOptions extends Omit<OpenTokenOptions, 'onProcess'> {
  /** Told once, with its process id, that a killed command's token process is waited for. */
  readonly onWait?: (pid: number) => void;
}

/**
 * Opens a token for a home that is locked for writing. A token process is noted in the home while it runs: a kill of
 * the program alone leaves it in the middle of a call, which no signal of the program reaches, and a second one
 * beside it would not see the key that it is making (M21).
 *
 * @throws CountersignError TOKEN-BUSY, TOKEN-*, PIN-* (mostly exit 6)
 */
export async function openStationToken(home: string, options: StationTokenOptions): Promise<OpenToken> {
  await tokenProcessesEnd(home, options.onWait);
  const { openToken } = await import('../../signer/pkcs11/token.ts');
  return openToken({
    ...options,
    onProcess(pid) {
      const note = join(home, NOTE + nameOfProcess(runningProcess(pid)));
      closeSync(openSync(note, 'w', 0o600));
      return () => {
        rmSync(note, { force: true });
      };
    },
  });
}

/**
 * Waits until no token process of an earlier command on this home is left. Whoever holds the home's lock knows that
 * no other command has one.
 *
 * @param patience milliseconds
 * @throws TOKEN-BUSY (exit 6), naming the process
 */
export async function tokenProcessesEnd(
  home: string,
  onWait?: (pid: number) => void,
  patience = PATIENCE,
): Promise<void> {
  const deadline = performance.now() + patience;
  for (const name of readdirSync(home).filter((entry) => entry.startsWith(NOTE))) {
    const left = processNamed(name.slice(NOTE.length));
    for (let told = false; isRunning(left); told = true) {
      if (!told) onWait?.(left.pid);
      if (performance.now() > deadline)
        throw unavailable('TOKEN-BUSY', 'the token process of an interrupted command still runs', {
          expected: `its end within ${String(patience / 1000)} s`,
          found: `process ${String(left.pid)}`,
          where: join(home, name),
          hint: 'a token that makes a large key takes minutes: wait, or end that process, and run the command again',
        });
      await wait(LOOK);
    }
    rmSync(join(home, name), { force: true });
  }
}
