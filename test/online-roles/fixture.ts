import { createServer, type Server } from 'node:http';
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join, normalize } from 'node:path';
import { Updater } from 'tuf-js';
import { scratchFolder } from '../peers/process.ts';
import { roundTrip, stations, type TestStations } from '../peers/stations.ts';

/** A TUF repository in a folder, served on loopback, and the stations that look after it. */
export interface ServedRepository {
  readonly pair: TestStations;
  readonly folder: string;
  readonly url: string;
  /** Paths that the server does not find. */
  readonly hidden: Set<string>;
  /** A file of the metadata folder. */
  readonly metadata: (file: string) => { signed: { version: number; expires: string } };
  /** A client of tuf-js that keeps what it has seen. */
  readonly client: () => () => Promise<Updater>;
  readonly stop: () => Promise<void>;
}

/** Makes stations with key files and publishes the first version of a repository `app`. */
export async function servedRepository(): Promise<ServedRepository> {
  const pair = await stations({ rootKey: false });
  const { online, offline, passphraseFile } = pair;
  const secret = ['--keyfile', '--algorithm', 'ed25519', '--passphrase-file', passphraseFile];
  for (const role of ['snapshot', 'timestamp'])
    await online.ok('key', 'generate', role, '--dialect', 'tuf', ...secret);
  await offline.ok('key', 'generate', 'root', '--dialect', 'tuf', ...secret);
  const folder = scratchFolder('tuf');
  await online.ok('repository', 'add', 'app', '--dialect', 'tuf', '--directory', folder);
  await online.ok('init', 'app');
  await roundTrip(pair, 'first');
  const hidden = new Set<string>();
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '');
    const file = join(folder, normalize(path));
    if (hidden.has(path) || !existsSync(file)) response.writeHead(404).end();
    else response.end(readFileSync(file));
  });
  const url = await listening(server);
  const root = join(folder, 'metadata', '1.root.json');
  return {
    ...{ pair, folder, url },
    hidden,
    metadata: (file) =>
      JSON.parse(readFileSync(join(folder, 'metadata', file), 'utf8')) as {
        signed: { version: number; expires: string };
      },
    client: () => {
      const [metadataDir, targetDir] = [scratchFolder('client'), scratchFolder('downloads')];
      mkdirSync(metadataDir, { recursive: true });
      let first = true;
      return async () => {
        if (first) copyFileSync(root, join(metadataDir, 'root.json'));
        first = false;
        const updater = new Updater({
          ...{ metadataDir, targetDir },
          metadataBaseUrl: `${url}/metadata`,
          targetBaseUrl: `${url}/targets`,
        });
        await updater.refresh();
        return updater;
      };
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}
