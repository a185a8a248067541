import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { Updater } from 'tuf-js';
import { scratchFolder } from './process.ts';

/** A folder on loopback, as any static web server serves one. */
export interface FolderServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Serves the files of a folder; whatever is no file below it is not found. */
export async function serveFolder(folder: string): Promise<FolderServer> {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    const file = join(folder, path);
    const found = file.startsWith(`${folder}/`) && existsSync(file) && statSync(file).isFile();
    response.statusCode = found ? 200 : 404;
    response.end(found ? readFileSync(file) : '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

/** An independent client (tuf-js) with a folder of its own for trusted metadata. */
export interface TufClient {
  /** Trusted metadata and downloaded targets of the last refresh. */
  readonly metadata: string;
  /** The client's whole workflow: refresh, search, download; null where no role has the target. */
  download(name: string): Promise<Buffer | null>;
}

/** A client that trusts a root file, by default the first that the repository ever had. */
export function tufClient(
  folder: string,
  server: FolderServer,
  root: string = join(folder, 'metadata', '1.root.json'),
): TufClient {
  const [metadata, downloads] = [scratchFolder('tuf-metadata'), scratchFolder('tuf-targets')];
  copyFileSync(root, join(metadata, 'root.json'));
  return {
    metadata,
    async download(name) {
      const updater = new Updater({
        ...{ metadataDir: metadata, metadataBaseUrl: `${server.url}/metadata` },
        ...{ targetDir: downloads, targetBaseUrl: `${server.url}/targets` },
        // What is on loopback answers at once or not at all.
        config: { fetchRetry: 0, fetchTimeout: 10_000 },
      });
      await updater.refresh();
      const found = await updater.getTargetInfo(name);
      return found ? readFileSync(await updater.downloadTarget(found)) : null;
    },
  };
}

/** Puts a target file where clients of a repository with consistent snapshots look for it. */
export function placeTarget(folder: string, name: string, sha256: string, bytes: Uint8Array): void {
  const file = join(folder, 'targets', dirname(name), `${sha256}.${basename(name)}`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, bytes);
}
