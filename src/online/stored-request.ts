import { join } from 'node:path';
import { openBundle, type Bundle } from '../bundle/bundle.ts';
import type { RequestManifest } from '../bundle/manifest.ts';
import { refused } from '../errors.ts';
import { fileSource } from '../station/files/file-source.ts';
import type { OnlineStation } from './station.ts';

/** Where the home keeps a request that it exported. */
export function requestPath(station: OnlineStation, digest: string): string {
  return join(station.home.dir, 'requests', `${digest}.tar`);
}

/** The request bundle as it was exported, out of the home. */
export async function openStored(station: OnlineStation, digest: string): Promise<Bundle<RequestManifest>> {
  const bundle = await openBundle<RequestManifest>(fileSource(requestPath(station, digest)), {
    kinds: ['request'],
  });
  if (bundle.digest !== digest)
    throw refused('REQUEST-DAMAGED', 'the stored request is not the one that was exported', {
      expected: digest,
      found: bundle.digest,
    });
  return bundle;
}
