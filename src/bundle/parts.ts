import { refused } from '../errors.ts';
import type { CombinedManifest, FileEntry } from './manifest.ts';
import { openManifest, type SealedManifest, type Trust } from './sealed-manifest.ts';

/**
 * The responses in a combined bundle, each by its own seal: the combiner is trusted with the container only (M17).
 * All answer the request that the bundle names, and the bundle holds their files, the metadata that it lists, and nothing
 * else.
 *
 * @throws as {@link openManifest} for a part; BUNDLE-PART, BUNDLE-REFERENCE, BUNDLE-UNREFERENCED
 */
export async function openParts(
  manifest: CombinedManifest,
  read: (name: string) => Uint8Array,
  trust?: Trust,
): Promise<SealedManifest[]> {
  const [only, other] = [...manifest.parts, ...manifest.metadata];
  if (only && !other)
    throw refused('BUNDLE-PART', 'a combined bundle holds one thing only', {
      found: '1 part',
      expected: '2 or more',
    });
  const parts: SealedManifest[] = [];
  const idle = new Set(manifest.files.map(identify));
  const listed = new Set(idle);
  const senders = new Set<string>();
  for (const part of manifest.parts) {
    const opened = await openManifest(['response'], read(part.manifest), read(part.seal), trust);
    checkPart(manifest, opened);
    if (senders.has(opened.sealedBy)) throw partFault('two parts are of one station', opened);
    senders.add(opened.sealedBy);
    for (const file of opened.manifest.files) {
      if (!listed.has(identify(file)))
        throw refused('BUNDLE-REFERENCE', 'a part refers to an entry that the bundle does not hold', {
          found: file.name,
          where: part.digest,
        });
      idle.delete(identify(file));
    }
    parts.push(opened);
  }
  const own = new Set([
    ...manifest.parts.flatMap((part) => [part.manifest, part.seal]),
    ...manifest.metadata,
  ]);
  const left = manifest.files.find((file) => idle.has(identify(file)) && !own.has(file.name));
  if (left)
    throw refused('BUNDLE-UNREFERENCED', 'the bundle holds an entry that nothing refers to', {
      found: left.name,
    });
  return parts;
}

function identify({ name, size }: FileEntry): string {
  return `${name} ${String(size)}`;
}

function checkPart(manifest: CombinedManifest, part: SealedManifest): void {
  const { manifest: response } = part;
  if (response.kind !== 'response') throw partFault('a part is not a response', part);
  if (
    response.request.digest !== manifest.request.digest ||
    response.request.sequence !== manifest.request.sequence
  )
    throw partFault('a part answers another request', part);
  if (response.to.key !== manifest.to.key) throw partFault('a part goes to another station', part);
  if (response.environment !== manifest.environment)
    throw partFault('a part belongs to another environment', part);
}

function partFault(message: string, { digest, sealedBy }: SealedManifest): Error {
  return refused('BUNDLE-PART', message, { found: `the response of ${sealedBy}`, where: digest });
}
