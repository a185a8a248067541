import { readClientCertificate } from '../transport/client-certificate.ts';
import type { Environment } from '../credentials/credential.ts';
import { directoryStore } from '../directory/repository.ts';
import { openNotaryServer } from '../notary-server/server.ts';
import type { NotaryServer } from '../notary-server/server.ts';
import type { History, RepositoryEntry, ServerPlace, UrlPlace } from './place.ts';
import type { Store } from './store.ts';
import { tufDirectoryStore } from '../tuf-repository/directory-store.ts';
import type { TargetFiles } from '../tuf-repository/target-files.ts';
import { tufUrlStore } from '../tuf-repository/url-store.ts';

/** Opens the stores of any number of repositories; those on one server share its connections. */
export interface Stores {
  /** @throws CountersignError (exit 2) for a place or a name that cannot be one */
  open(repository: RepositoryEntry): Store;
  /** Where the target files of a repository lie; null where nobody keeps them beside the metadata (Notary). */
  targetFiles(repository: RepositoryEntry): TargetFiles | null;
  /** The server of that address and authority. @throws SERVER-URL, CLIENT-CERTIFICATE (exit 2) */
  server(place: ServerPlace): NotaryServer;
  close(): Promise<void>;
}

/** Nothing is connected before the first use of a store. */
export function openStores(environment: Environment): Stores {
  const servers = new Map<string, NotaryServer>();
  const serverAt = (place: ServerPlace): NotaryServer => {
    const name = JSON.stringify([place.url, place.ca, place.client]);
    let server = servers.get(name);
    if (server === undefined) {
      const client = place.client && readClientCertificate(place.client);
      server = openNotaryServer({ url: place.url, ca: place.ca ?? undefined, client, environment });
      servers.set(name, server);
    }
    return server;
  };
  const urls = new Map<string, ReturnType<typeof tufUrlStore>>();
  const urlAt = ({ url, targets, ca, firstRoot }: UrlPlace): ReturnType<typeof tufUrlStore> => {
    const name = JSON.stringify([url, targets, ca, firstRoot]);
    const known = urls.get(name);
    if (known !== undefined) return known;
    const store = tufUrlStore(url, { ca: ca ?? undefined, targets, environment, firstRoot });
    urls.set(name, store);
    return store;
  };
  return {
    server: serverAt,
    open: ({ dialect, name, place }) => {
      if (place.kind === 'server') return serverAt(place).repository(name);
      if (place.kind === 'url') return withHistory(urlAt(place), place);
      const store =
        dialect === 'tuf' ? tufDirectoryStore(place.path, name) : directoryStore(place.path, name);
      return withHistory(store, place);
    },
    targetFiles: ({ dialect, name, place }) => {
      if (place.kind === 'url') return urlAt(place);
      return place.kind === 'directory' && dialect === 'tuf' ? tufDirectoryStore(place.path, name) : null;
    },
    async close() {
      const all = [...servers.values(), ...urls.values()];
      servers.clear();
      urls.clear();
      await Promise.all(all.map((server) => server.close()));
    },
  };
}

/** The store as far as its place says that it has a past, and whether anything but its roots is read. */
function withHistory(store: Store, { firstRoot = 1, rootsOnly }: History): Store {
  if (!rootsOnly) return { ...store, firstRoot };
  return { ...store, firstRoot, rootsOnly, readOnly: 'only the roots of this repository are read' };
}
