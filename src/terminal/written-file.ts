import { showPath } from './escape.ts';

/** What is left to do where a medium could not be read back past the page cache (R14). */
export function readBackLine(readBack: 'direct' | 'replug', path: string): string[] {
  return readBack === 'direct'
    ? []
    : [`unplug the stick, plug it in again, and run: countersign bundle verify ${showPath(path)}`];
}
