import { unavailable, usage } from '../../errors.ts';
import type { TransportOptions } from '../transport/connections.ts';
import { openHttpClient } from '../transport/http.ts';
import type { HttpClient } from '../transport/http.ts';
import { laterConnections } from '../transport/later-connections.ts';
import { LIMITS } from '../repositories/store.ts';
import type { Store } from '../repositories/store.ts';
import { readCurrent } from './current-file.ts';
import { fileName } from './file-name.ts';
import { readListed } from './listed-file.ts';
import { badAnswer, followRedirects, isAbsent, requireIdentity } from './redirect.ts';
import type { TargetFiles } from './target-files.ts';
import { baseUrls } from './url-base.ts';
import { openTargetUrl } from './url-targets.ts';

export interface TufUrlOptions extends Omit<TransportOptions, 'origin'> {
  /** Where target files are, if not beside the metadata. */
  readonly targets?: string | undefined;
  /** Version of the oldest root that is there, from which on newer ones are looked for; 1 if left out. */
  readonly firstRoot?: number | undefined;
}

/** Roots that are read from one repository, and their bytes together. */
const MAX_ROOTS = 10_000;
const MAX_ROOT_BYTES = LIMITS.file;

/**
 * A TUF repository that a web server serves, only read. `url` is the folder of its metadata. Nothing is sent before the
 * first call.
 *
 * @throws CountersignError SERVER-URL (exit 2)
 */
export function tufUrlStore(
  url: string,
  options: TufUrlOptions,
): Store & TargetFiles & { close(): Promise<void> } {
  const base = baseUrls(url, options.targets);
  const transport: TransportOptions = { ...options, origin: base.metadata.origin };
  const http = openHttpClient({ area: 'SERVER', noun: 'web server' }, transport);
  const connections = laterConnections(transport);
  const where = base.metadata.href;
  const read = (name: string, limit: number): Promise<Uint8Array | null> =>
    readFile(http, base.metadata, name, limit);
  const listed: Store['listed'] = (role, entry, consistent) =>
    readListed(read, role, entry, consistent, { name: 'SERVER', where });
  const roots = knownRoots(read, where, options.firstRoot ?? 1);
  const isReadOnly = (): Error =>
    usage('STORE-READ-ONLY', 'a repository at a URL is only read', {
      where,
      hint: 'publish to the folder that the web server serves',
    });
  const readOnly = (): Promise<never> => Promise.reject(isReadOnly());

  return {
    signsSnapshot: false,
    readOnly: 'a repository at a URL is only read',
    current: (role) => readCurrent(role, { read, listed, newestRoot: roots.newest }),
    listed,
    rootVersion: roots.version,
    serverKey: () => Promise.resolve(null),
    newServerKey: () => Promise.resolve(null),
    publish: readOnly,
    remove: readOnly,
    describe: () => `web server ${where}`,
    async openTarget(path, entry, consistent) {
      const silenceMs = options.silenceMs ?? 60_000;
      return openTargetUrl(await connections.get(), base.targets, path, entry, consistent, silenceMs);
    },
    checkTargetPath: () => {
      throw isReadOnly();
    },
    putTarget: readOnly,
    async close() {
      await connections.close();
      await http.close();
    },
  };
}

/** Roots by version, each fetched once: what is there never changes. */
function knownRoots(
  read: (name: string, limit: number) => Promise<Uint8Array | null>,
  where: string,
  first: number,
): { readonly newest: () => Promise<Uint8Array | null>; readonly version: Store['rootVersion'] } {
  const known = new Map<number, Uint8Array>();
  let size = 0;
  const version: Store['rootVersion'] = async (number) => {
    const kept = known.get(number);
    if (kept !== undefined) return kept;
    const name = fileName('root', number);
    if (number > MAX_ROOTS || size >= MAX_ROOT_BYTES)
      throw unavailable('SERVER-ROOTS', 'the repository has more roots than anybody follows', {
        expected: `at most ${String(MAX_ROOTS)} roots, of ${String(MAX_ROOT_BYTES)} bytes together`,
        where: `${name} of ${where}`,
      });
    const root = await read(name, MAX_ROOT_BYTES - size);
    // two who asked at once count it once
    if (root !== null && !known.has(number)) {
      known.set(number, root);
      size += root.length;
    }
    return root;
  };
  return {
    version,
    async newest() {
      let newest: Uint8Array | null = null;
      for (let number = first; ; number++) {
        const root = await version(number);
        if (root === null) return newest;
        newest = root;
      }
    },
  };
}

/**
 * A file of the metadata folder. Clients write the percent-encoded role into the address as it is, and a web server may
 * decode it: then the folder store's file is found under the name encoded once more.
 */
async function readFile(
  http: HttpClient,
  base: URL,
  name: string,
  limit: number,
): Promise<Uint8Array | null> {
  for (const path of new Set([name, encodeURIComponent(name)])) {
    const url = new URL(`./${path}`, base);
    // A cache in between may hold a file for days that the server has replaced.
    const headers = { 'cache-control': 'no-cache' };
    const answer = await followRedirects(url, ({ origin, pathname, search }) =>
      http.send({ method: 'GET', origin, path: pathname + search, headers, limit }),
    );
    if (answer.status === 200) {
      requireIdentity(answer.headers['content-encoding'], url.href);
      return answer.body;
    }
    if (!isAbsent(answer.status)) throw badAnswer(answer.status, url.href);
  }
  return null;
}
