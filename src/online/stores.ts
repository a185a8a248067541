import type { Environment } from './credential.ts';
import { directoryStore } from './directory/repository.ts';
import { openNotaryServer } from './notary-server/server.ts';
import type { NotaryServer } from './notary-server/server.ts';
import type { Store } from './store.ts';

/** A trust server. */
export interface ServerPlace {
  readonly kind: 'server';
  readonly url: string;
  /** PEM text. */
  readonly ca: string | null;
}

/** Where a repository lives, as the station has recorded it. */
export type Place = ServerPlace | { readonly kind: 'directory'; /** absolute */ readonly path: string };

/** Opens the stores of any number of repositories; those on one server share its connections. */
export interface Stores {
  /** @throws CountersignError (exit 2) for a place or a name that cannot be one */
  open(place: Place, repository: string): Store;
  /** The server of that address and authority. @throws SERVER-URL (exit 2) */
  server(place: ServerPlace): NotaryServer;
  close(): Promise<void>;
}

/** Nothing is connected before the first use of a store. */
export function openStores(environment: Environment): Stores {
  const servers = new Map<string, NotaryServer>();
  const serverAt = (place: ServerPlace): NotaryServer => {
    const name = JSON.stringify([place.url, place.ca]);
    let server = servers.get(name);
    if (server === undefined) {
      server = openNotaryServer({ url: place.url, ca: place.ca ?? undefined, environment });
      servers.set(name, server);
    }
    return server;
  };
  return {
    server: serverAt,
    open(place, repository) {
      if (place.kind === 'directory') return directoryStore(place.path, repository);
      return serverAt(place).repository(repository);
    },
    async close() {
      const all = [...servers.values()];
      servers.clear();
      await Promise.all(all.map((server) => server.close()));
    },
  };
}
