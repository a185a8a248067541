import type { Environment } from './credential.ts';
import { directoryStore } from './directory/repository.ts';
import { openNotaryServer } from './notary-server/server.ts';
import type { NotaryServer } from './notary-server/server.ts';
import type { Store } from './store.ts';

/** Where a repository lives, as the station has recorded it. */
export type Place =
  | { readonly kind: 'server'; readonly url: string; /** PEM text */ readonly ca: string | null }
  | { readonly kind: 'directory'; /** absolute */ readonly path: string };

/** Opens the stores of any number of repositories; those on one server share its connections. */
export interface Stores {
  /** @throws CountersignError (exit 2) for a place or a name that cannot be one */
  open(place: Place, repository: string): Store;
  close(): Promise<void>;
}

/** Nothing is connected before the first use of a store. */
export function openStores(environment: Environment): Stores {
  const servers = new Map<string, NotaryServer>();
  return {
    open(place, repository) {
      if (place.kind === 'directory') return directoryStore(place.path, repository);
      const name = JSON.stringify([place.url, place.ca]);
      let server = servers.get(name);
      if (server === undefined) {
        server = openNotaryServer({ url: place.url, ca: place.ca ?? undefined, environment });
        servers.set(name, server);
      }
      return server.repository(repository);
    },
    async close() {
      const all = [...servers.values()];
      servers.clear();
      await Promise.all(all.map((server) => server.close()));
    },
  };
}
