import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Files on their way to their final name, as durable.ts, lock.ts and the copies of sticks name them. */
const PART = /^\.(\d+)-[\d.]+\.part$/;

/** Removes what a killed process had not finished writing into a home; what running ones write stays. */
export function removeLeftovers(home: string): void {
  const folders = readdirSync(home, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const folder of [home, ...folders.map(({ name }) => join(home, name))])
    for (const name of readdirSync(folder)) {
      const pid = PART.exec(name)?.[1];
      if (pid !== undefined && !existsSync(`/proc/${pid}`)) rmSync(join(folder, name), { force: true });
    }
}
