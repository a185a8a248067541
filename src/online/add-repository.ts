import { usage } from '../errors.ts';
import type { Home } from '../station/home.ts';
import { readAuthority } from './authority-file.ts';
import type { Environment } from './credential.ts';
import { dockerAuthority, dockerTrustServer, usualTrustServer } from './docker-settings.ts';
import { addRepositories } from './repositories.ts';
import type { Place } from './stores.ts';

/** Where a repository is said to live; paths absolute. */
export interface PlaceOptions {
  readonly server: string | undefined;
  readonly ca: string | undefined;
  readonly directory: string | undefined;
  /** Docker's settings stand in for a server, and for an authority, that are not given. */
  readonly environment: Environment;
}

/**
 * Records where repositories live.
 *
 * @throws REPOSITORY-PLACE, SERVER-URL, AUTHORITY-FILE, REPOSITORY-EXISTS (exit 2)
 */
export function addRepository(home: Home, names: readonly string[], options: PlaceOptions): Place {
  const place = placeOf(options, names[0] ?? '');
  addRepositories(
    home,
    names.map((name) => ({ dialect: 'notary' as const, name, place })),
  );
  return place;
}

function placeOf({ server, ca, directory, environment }: PlaceOptions, name: string): Place {
  if (directory !== undefined) return { kind: 'directory', path: directory };
  const url = server ?? dockerTrustServer(environment);
  if (url === null)
    throw usage('REPOSITORY-PLACE', 'a repository lives on a server or in a folder', {
      hint: `give --server URL or --directory DIR; docker itself would ask ${usualTrustServer(name)}`,
    });
  return {
    kind: 'server',
    url,
    ca: ca === undefined ? dockerAuthority(url, environment) : readAuthority(ca),
  };
}
