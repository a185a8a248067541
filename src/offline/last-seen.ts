import { join } from 'node:path';
import { openBundle, type Bundle } from '../bundle/bundle.ts';
import type { RequestManifest } from '../bundle/manifest.ts';
import { sha256Hex } from '../encoding/hash.ts';
import { CountersignError } from '../errors.ts';
import { dialectOf } from '../metadata/dialects.ts';
import type { SignedDocument } from '../metadata/document.ts';
import { missedRoles } from '../review/since.ts';
import { repositoryKey } from '../station/ledger/events.ts';
import { fileSource } from '../station/files/file-source.ts';
import type { Home } from '../station/home/home.ts';
import { marksOf } from '../station/ledger/marks.ts';
import type { OfflineStation } from './station.ts';

/** Documents as this station last saw them, by repository, then role. */
export type LastSeen = ReadonlyMap<string, ReadonlyMap<string, SignedDocument>>;

/**
 * What this station last saw of the roles that others changed since (M11), out of the requests that its inbox keeps.
 * Each is what its mark says, byte for byte; what is not kept any more is left out, and review says so.
 */
export async function lastSeen(station: OfflineStation, manifest: RequestManifest): Promise<LastSeen> {
  const requests = new Map<string, Bundle<RequestManifest> | null>();
  const all = new Map<string, Map<string, SignedDocument>>();
  for (const record of manifest.repositories) {
    const key = repositoryKey(record);
    const marks = marksOf(station.marks, key);
    const kept = new Map<string, SignedDocument>();
    for (const { role } of missedRoles(record.base, marks)) {
      const file = marks.seenIn.get(role);
      if (file === undefined) continue;
      const request = requests.has(file) ? requests.get(file) : await keptRequest(station.home, file);
      requests.set(file, request ?? null);
      const document = request && documentIn(request, record, role);
      if (document && sha256Hex(document.payload) === marks.seen.get(role)?.sha256) kept.set(role, document);
    }
    all.set(key, kept);
  }
  return all;
}

/** A request that was approved before; null where it is gone, or is not what it was. */
async function keptRequest(home: Home, file: string): Promise<Bundle<RequestManifest> | null> {
  try {
    const source = fileSource(join(home.dir, 'inbox', `${file}.tar`));
    return await openBundle<RequestManifest>(source, { kinds: ['request'] });
  } catch (error) {
    if (error instanceof CountersignError || (error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function documentIn(
  request: Bundle<RequestManifest>,
  repository: { readonly dialect: string; readonly name: string },
  role: string,
): SignedDocument | null {
  const key = repositoryKey(repository);
  const record = request.manifest.repositories.find((one) => repositoryKey(one) === key);
  const file = record?.base.find((entry) => entry.role === role)?.file;
  return file ? dialectOf(repository.dialect).parse(role, request.read(file)) : null;
}
