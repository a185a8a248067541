import { writeSync } from 'node:fs';
import { escapeText } from './escape.ts';
import { COLUMNS } from './views/wrap.ts';

/** Not more often than this, milliseconds. */
const INTERVAL = 100;

/** One line on stderr that says how far long work is; nothing at all where stderr is not a terminal. */
export interface Progress {
  /** `done` of `total` (0 where it is not known). */
  update(done: number, total: number): void;
  /** Takes the line away. */
  end(): void;
}

const SILENT: Progress = { update: () => undefined, end: () => undefined };

/** Starts a progress line; `clock` gives milliseconds. */
export function startProgress(
  label: string,
  stream: { readonly isTTY?: boolean } = process.stderr,
  write: (text: string) => void = (text) => writeSync(2, text),
  clock: () => number = () => performance.now(),
): Progress {
  if (stream.isTTY !== true) return SILENT;
  let last = -INTERVAL;
  let width = 0;
  const draw = (text: string): void => {
    // the carriage return is our own and the text is escaped, so nothing from outside moves the cursor (R9)
    write(`\r${text.padEnd(width)}`);
    width = text.length;
  };
  return {
    update(done, total) {
      const now = clock();
      if (now - last < INTERVAL && done !== total) return;
      last = now;
      const count = total === 0 ? String(done) : `${String(done)} of ${String(total)}`;
      draw(`${escapeText(label).slice(0, COLUMNS - count.length - 2)} ${count}`);
    },
    end() {
      if (width > 0) write(`\r${' '.repeat(width)}\r`);
      width = 0;
    },
  };
}
