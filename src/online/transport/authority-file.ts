import { readFileSync } from 'node:fs';
import { usage } from '../../errors.ts';

/** The PEM text of a file with a certificate authority. @throws AUTHORITY-FILE (exit 2) */
export function readAuthority(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw usage('AUTHORITY-FILE', "the authority's certificate cannot be read", { where: path, cause });
  }
}
