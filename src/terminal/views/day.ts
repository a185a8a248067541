import { formatTime } from '../../encoding/time.ts';

/** The day of a time in milliseconds since 1970. */
export function day(milliseconds: number): string {
  return formatTime(Math.floor(milliseconds / 1000)).slice(0, 10);
}
