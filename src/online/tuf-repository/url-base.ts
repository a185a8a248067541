import { usage } from '../../errors.ts';
import { isLoopback } from '../transport/loopback.ts';

/** Where a repository is served. */
export interface BaseUrls {
  /** Ends in a slash, as `targets` does. */
  readonly metadata: URL;
  readonly targets: URL;
}

/**
 * The folders of metadata and target files. Target files are expected beside `metadata/`, or else below the address.
 *
 * @throws CountersignError SERVER-URL (exit 2) for an address that is not https (http: this machine only)
 */
export function baseUrls(metadata: string, targets?: string): BaseUrls {
  const base = folderUrl(metadata);
  const beside = base.pathname.endsWith('/metadata/') ? '../targets/' : 'targets/';
  return { metadata: base, targets: targets === undefined ? new URL(beside, base) : folderUrl(targets) };
}

function folderUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  const plain = url?.search === '' && url.hash === '' && url.username === '' && url.password === '';
  const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.origin));
  if (url === null || !plain || !safe)
    throw usage('SERVER-URL', 'not the address of a repository', {
      expected: 'https://HOST[:PORT]/PATH/ (http only for this machine)',
      found: text.slice(0, 300),
    });
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}
