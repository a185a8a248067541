import { refused } from '../errors.ts';
import type { Dialect } from './dialect.ts';
import { notary } from './notary/dialect.ts';

const DIALECTS: ReadonlyMap<string, Dialect> = new Map([[notary.name, notary]]);

/** The dialect of that name. @throws DIALECT-UNKNOWN */
export function dialectOf(name: string): Dialect {
  const dialect = DIALECTS.get(name);
  if (!dialect)
    throw refused('DIALECT-UNKNOWN', 'this program does not speak that dialect', {
      expected: [...DIALECTS.keys()].join(', '),
      found: name,
    });
  return dialect;
}
