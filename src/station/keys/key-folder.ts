import { join } from 'node:path';
import type { Home } from '../home/home.ts';

/** Where a home keeps its key files. */
export function keyFolder(home: Pick<Home, 'dir'>): string {
  return join(home.dir, 'keys');
}
