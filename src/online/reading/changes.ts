import { usage } from '../../errors.ts';
import { readAuthority } from '../transport/authority-file.ts';
import type { ChangesQuery, RecordedChange } from '../notary-server/changefeed.ts';
import { repositories, repositoryNamed } from '../repositories/repositories.ts';
import type { OnlineStation } from '../station.ts';
import { placeName, type ServerPlace } from '../repositories/place.ts';
import type { Stores } from '../repositories/stores.ts';

/** Whose changes are asked for. */
export interface ChangesScope {
  /** Undefined for all repositories of a server. */
  readonly repository: string | undefined;
  /** URL of that server; undefined for the one that this station's repositories live on. */
  readonly server: string | undefined;
  /** PEM file of its authority; undefined for the one recorded with it. */
  readonly ca: string | undefined;
}

export interface Changes {
  readonly repository: string | null;
  readonly server: string;
  readonly changes: readonly RecordedChange[];
}

/**
 * Reads what a trust server says has changed.
 *
 * @throws CHANGES-SERVER, CHANGES-NONE (exit 2), SERVER-CHANGES and what a read throws (exit 6)
 */
export async function readChanges(
  station: OnlineStation,
  stores: Stores,
  scope: ChangesScope,
  query: ChangesQuery,
): Promise<Changes> {
  const place = placeOf(station, scope);
  const repository = scope.repository ?? null;
  const changes = await stores.server(place).changes(repository, query);
  return { repository, server: place.url, changes };
}

function placeOf(station: OnlineStation, { repository, server, ca }: ChangesScope): ServerPlace {
  if (repository !== undefined && server !== undefined)
    throw usage('CHANGES-SERVER', 'a repository lives where the station knows it; no server is named for it');
  if (repository !== undefined) {
    const { place } = repositoryNamed(station.home, repository);
    if (place.kind === 'server') return place;
    throw usage('CHANGES-NONE', 'a folder keeps no record of changes', {
      found: repository,
      where: placeName(place),
    });
  }
  const known = new Map<string, ServerPlace>();
  for (const { place } of repositories(station.home))
    if (place.kind === 'server' && !known.has(place.url)) known.set(place.url, place);
  if (server !== undefined) {
    const place = known.get(server) ?? { kind: 'server', url: server, ca: null };
    return ca === undefined ? place : { ...place, ca: readAuthority(ca) };
  }
  const [only, ...others] = known.values();
  if (only && others.length === 0) return only;
  throw usage('CHANGES-SERVER', 'say which repository, or which server', {
    expected: 'a repository, or --server URL',
    found: `${String(known.size)} servers`,
  });
}
