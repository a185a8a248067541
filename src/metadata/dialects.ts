import { refused } from '../errors.ts';
import type { Dialect, DialectName } from './dialect.ts';
import { notary } from './notary/dialect.ts';
import { tuf } from './tuf/dialect.ts';

const DIALECTS: Readonly<Record<DialectName, Dialect>> = { notary, tuf };

/** The dialects that this program speaks. */
export const DIALECT_NAMES = Object.keys(DIALECTS) as readonly DialectName[];

/** The dialect of that name. @throws DIALECT-UNKNOWN */
export function dialectOf(name: string): Dialect {
  const known = DIALECT_NAMES.find((one) => one === name);
  if (known) return DIALECTS[known];
  throw refused('DIALECT-UNKNOWN', 'this program does not speak that dialect', {
    expected: DIALECT_NAMES.join(', '),
    found: name.slice(0, 100),
  });
}
