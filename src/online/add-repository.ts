import { readFileSync } from 'node:fs';
import { usage } from '../errors.ts';
import type { Home } from '../station/home.ts';
import { addRepositories } from './repositories.ts';
import type { Place } from './stores.ts';

/** Where a repository is said to live; paths absolute. */
export interface PlaceOptions {
  readonly server: string | undefined;
  readonly ca: string | undefined;
  readonly directory: string | undefined;
}

/**
 * Records where repositories live.
 *
 * @throws REPOSITORY-PLACE, REPOSITORY-CA, REPOSITORY-EXISTS (exit 2)
 */
export function addRepository(home: Home, names: readonly string[], options: PlaceOptions): Place {
  const place = placeOf(options);
  addRepositories(
    home,
    names.map((name) => ({ dialect: 'notary' as const, name, place })),
  );
  return place;
}

function placeOf({ server, ca, directory }: PlaceOptions): Place {
  if (directory !== undefined) return { kind: 'directory', path: directory };
  if (server === undefined)
    throw usage('REPOSITORY-PLACE', 'a repository lives on a server or in a folder', {
      hint: 'give --server URL or --directory DIR',
    });
  return { kind: 'server', url: server, ca: ca === undefined ? null : readAuthority(ca) };
}

function readAuthority(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw usage('REPOSITORY-CA', "the authority's certificate cannot be read", { where: path, cause });
  }
}
