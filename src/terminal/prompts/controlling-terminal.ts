import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import { unavailable, refused } from '../../errors.ts';
import { plain } from '../sink.ts';

const CTRL_C = 0x03;
const CTRL_D = 0x04;
const ENDINGS = ['SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** The terminal of the session, however stdin and stdout are redirected. */
export interface ControllingTerminal {
  /** Writes text, made plain (R9). */
  write(text: string): void;
  /** Takes back the last columns that were echoed. */
  erase(columns: number): void;
  /** Asks, then gives every byte that is typed until `onByte` returns true; what was typed before is discarded. */
  ask(question: string, onByte: (byte: number) => boolean): Promise<void>;
  close(): void;
}

/**
 * Opens /dev/tty, so that a prompt is answered by a person and not by a pipe.
 * @throws CONFIRM-TERMINAL (exit 6) where there is none.
 */
export function openControllingTerminal(): ControllingTerminal {
  let file: number;
  try {
    file = openSync('/dev/tty', constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  } catch (cause) {
    throw unavailable('CONFIRM-TERMINAL', 'there is no terminal to ask on', {
      hint: 'run it in a terminal, or give the answer as a flag (--approve DIGEST, --accept ID, --pin-file FILE)',
      cause,
    });
  }
  const write = (text: string): void => {
    writeAll(file, plain(text));
  };
  return {
    write,
    erase: (columns) => {
      writeAll(file, '\b \b'.repeat(columns));
    },
    ask: (question, onByte) =>
      readRaw(
        file,
        () => {
          write(question);
        },
        onByte,
      ),
    close: () => {
      closeSync(file);
    },
  };
}

/** Raw mode for the time of one answer; given back on every way out, signals included. */
async function readRaw(file: number, onReady: () => void, onByte: (byte: number) => boolean): Promise<void> {
  const input = new ReadStream(openSync('/dev/tty', constants.O_RDWR | constants.O_NOCTTY));
  const restore = (): void => {
    input.setRawMode(false);
  };
  const endBy = (signal: NodeJS.Signals): void => {
    restore();
    for (const ending of ENDINGS) process.removeListener(ending, endBy);
    process.kill(process.pid, signal);
  };
  process.on('exit', restore);
  for (const ending of ENDINGS) process.on(ending, endBy);
  try {
    input.setRawMode(true);
    discardTyped(file);
    onReady();
    await new Promise<void>((resolve, reject) => {
      input.on('data', (chunk: Buffer) => {
        for (const byte of chunk) {
          if (byte === CTRL_C || byte === CTRL_D) {
            chunk.fill(0);
            reject(refused('CONFIRM-ABORTED', 'stopped at the prompt', { hint: 'nothing was changed' }));
            return;
          }
          if (onByte(byte)) {
            chunk.fill(0);
            resolve();
            return;
          }
        }
        chunk.fill(0);
      });
      input.once('error', reject);
      input.once('end', () => {
        reject(unavailable('CONFIRM-TERMINAL', 'the terminal went away'));
      });
    });
  } finally {
    restore();
    process.removeListener('exit', restore);
    for (const ending of ENDINGS) process.removeListener(ending, endBy);
    input.destroy();
  }
}

/** Throws away what was typed or pasted before the question was on the screen. */
function discardTyped(file: number): void {
  const scratch = Buffer.allocUnsafeSlow(4096);
  try {
    while (readSync(file, scratch, 0, scratch.length, null) > 0) scratch.fill(0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
  } finally {
    scratch.fill(0);
  }
}

/** Writes everything to a file that may say "later". */
function writeAll(file: number, text: string): void {
  let rest = Buffer.from(text, 'latin1');
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(file, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
