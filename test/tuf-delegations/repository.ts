import { createReadStream, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Updater } from 'tuf-js';
import { scratchFolder } from '../peers/process.ts';
import { stations, type TestStations } from '../peers/stations.ts';

/** A plain TUF repository in a folder, its stations, and what reads it over HTTP on loopback. */
export interface TufRepository extends TestStations {
  readonly name: string;
  readonly folder: string;
  /** Runs a command of the online station. */
  stage(...args: string[]): Promise<Staged>;
  /** A client of tuf-js, fresh each time: what it finds under a name, refreshed from the first root. */
  find(target: string): Promise<{ readonly length: number; readonly path: string } | null>;
  /** Paths that clients asked for since the last call. */
  asked(): string[];
  close(): Promise<void>;
}

interface Staged {
  readonly notes: readonly string[];
  readonly changes: readonly { readonly type: string; readonly role: string; readonly parent?: string }[];
  readonly added: readonly { readonly role: string; readonly name: string }[];
}

/** Stations with keys for a repository of which the first root is staged. */
export async function tufRepository(name = 'firmware'): Promise<TufRepository> {
  const made = await stations({ rootKey: false });
  const { online, offline, passphraseFile } = made;
  const file = ['--keyfile', '--algorithm', 'ed25519', '--passphrase-file', passphraseFile];
  for (const role of ['snapshot', 'timestamp'])
    await online.ok('key', 'generate', role, '--dialect', 'tuf', ...file);
  await offline.ok('key', 'generate', 'root', '--dialect', 'tuf', ...file);
  const folder = join(scratchFolder('tuf'), 'repository');
  await online.ok('repository', 'add', name, '--dialect', 'tuf', '--directory', folder);
  await online.ok('init', name);
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '/').slice(1));
    asked.push(path);
    const target = join(folder, encodeURI(path));
    const at = [join(folder, path), target].find((one) => existsSync(one) && statSync(one).isFile());
    if (at) createReadStream(at).pipe(response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  return {
    ...made,
    name,
    folder,
    stage: (...args) => online.ok<never>(...args),
    async find(target) {
      const metadataDir = scratchFolder('client');
      const targetDir = join(metadataDir, 'targets');
      mkdirSync(targetDir);
      const root = await (await fetch(`${url}/metadata/1.root.json`)).text();
      writeFileSync(join(metadataDir, 'root.json'), root);
      const updater = new Updater({ metadataDir, metadataBaseUrl: `${url}/metadata`, targetDir });
      await updater.refresh();
      return (await updater.getTargetInfo(target)) ?? null;
    },
    asked: () => asked.splice(0),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  };
}
