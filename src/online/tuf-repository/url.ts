import { unavailable, usage } from '../../errors.ts';
import type { Environment } from '../credential.ts';
import { openHttpClient, type HttpClient } from '../http.ts';
import type { UrlPlace } from '../place.ts';
import { LIMITS, type Store } from '../store.ts';
import { metadataFile } from './layout.ts';
import { requireListedBytes } from './listed-files.ts';
import { targetNames, type TargetFiles } from './target-files.ts';

/** More roots than any repository has. */
const MAX_ROOTS = 10_000;
/** Target files come whole into memory, for they are verified before anybody sees a byte. */
const MAX_TARGET = 2 ** 31;

/**
 * A TUF repository at a URL, which is only read. Roots are asked for upwards until one is missing (TUF 1.0 section
 * 5.3.3), each once.
 */
export function tufUrlStore(place: UrlPlace, environment: Environment): Store & TargetFiles {
  const { origin } = new URL(place.url);
  const client = lazyClient(place, environment);
  const roots: Uint8Array[] = [];

  const read = async (base: string, name: string, limit: number): Promise<Uint8Array | null> => {
    const url = new URL(name, base);
    const answer = await client().send({
      method: 'GET',
      origin: url.origin,
      path: url.pathname + url.search,
      limit,
      headers: { 'cache-control': 'no-cache' },
    });
    if (answer.status === 200) return answer.body;
    // Object stores that may not be listed say 403 of what is not there.
    if (answer.status === 404 || answer.status === 403) return null;
    throw unavailable('SERVER-STATUS', 'the server does not give the file', {
      expected: '200, or 404 for a file that is not there',
      found: String(answer.status),
      where: url.href.slice(0, 300),
      hint: 'see whether the URL is that of the metadata, and whether the server is in order',
    });
  };

  const rootUpTo = async (version: number): Promise<Uint8Array | null> => {
    while (roots.length < version && roots.length < MAX_ROOTS) {
      const next = await read(place.url, metadataFile('root', roots.length + 1), LIMITS.file);
      if (!next) break;
      roots.push(next);
    }
    return roots[version - 1] ?? null;
  };

  return {
    signsSnapshot: false,
    async current(role) {
      if (role !== 'root')
        return read(
          place.url,
          metadataFile(role, null),
          role === 'timestamp' ? LIMITS.timestamp : LIMITS.file,
        );
      await rootUpTo(MAX_ROOTS);
      return roots.at(-1) ?? null;
    },
    async listed(role, listed, consistent) {
      const limit = Math.min(listed.length ?? LIMITS.file, LIMITS.file);
      const file = await read(place.url, metadataFile(role, consistent ? listed.version : null), limit);
      return file && requireListedBytes('SERVER-HASH', listed, file, `${role} at ${origin}`);
    },
    rootVersion: rootUpTo,
    serverKey: () => Promise.resolve(null),
    newServerKey: () => Promise.resolve(null),
    publish: () => Promise.reject(readOnly(place)),
    remove: () => Promise.reject(readOnly(place)),
    describe: () => place.url,
    async openTarget(path, entry, consistent) {
      for (const name of targetNames(path, entry, consistent)) {
        const encoded = name.split('/').map(encodeURIComponent).join('/');
        const file = await read(place.targets, encoded, Math.min(entry.length, MAX_TARGET));
        if (file) return once(file);
      }
      return null;
    },
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield bytes;
}

/** Nothing is connected before the first file is asked for. */
function lazyClient(place: UrlPlace, environment: Environment): () => HttpClient {
  let client: HttpClient | null = null;
  return () => {
    client ??= openHttpClient(
      { area: 'SERVER', noun: 'server of the repository' },
      { ca: place.ca ?? undefined, origin: new URL(place.url).origin, environment },
    );
    return client;
  };
}

function readOnly({ url }: UrlPlace): Error {
  return usage('STORE-READ-ONLY', 'a repository at a URL is only read', {
    where: url,
    hint: 'to publish, keep it in a folder: repository add NAME --dialect tuf --directory DIR',
  });
}
