import { openBundle } from '../bundle/bundle.ts';
import type { RequestManifest } from '../bundle/manifest.ts';
import { refused } from '../errors.ts';
import { fileSource } from '../station/files/file-source.ts';
import { withCopy, type Copy } from '../station/files/incoming.ts';
import { trustPartners } from '../station/cards/pairing.ts';
import { recordingRefusals } from '../station/ledger/refusals.ts';
import type { TakenRequest } from './examine.ts';
import { lastSeen } from './last-seen.ts';
import type { OfflineStation } from './station.ts';

/**
 * Takes a request off the stick and works on it: one open, one copy into the home (R2), seal before content,
 * pinned partners only (R5); a refusal is recorded (R17).
 *
 * @param keep whether the copy stays in the home once the work is done
 * @throws BUNDLE-*, SEAL-*, and what the work throws
 */
export async function withRequest<Result>(
  station: OfflineStation,
  file: string,
  keep: boolean,
  work: (taken: TakenRequest) => Promise<Result>,
): Promise<Result> {
  let digest: string | null = null;
  return recordingRefusals(
    station.home,
    () => digest,
    () =>
      withCopy(file, station.home, keep, async (copy) => {
        const taken = await openRequest(station, copy);
        digest = taken.bundle.digest;
        return work(taken);
      }),
  );
}

async function openRequest(station: OfflineStation, copy: Copy): Promise<TakenRequest> {
  const bundle = await openBundle<RequestManifest>(fileSource(copy.path), {
    kinds: ['request'],
    trust: trustPartners(station.home),
  });
  const sender = station.partners.find(({ identity }) => identity === bundle.sealedBy);
  if (sender?.side !== 'online')
    throw refused('SEAL-SIDE', 'the request is sealed by an offline station', {
      expected: 'a partner of the online half',
      found: sender?.name ?? bundle.sealedBy,
      hint: 'requests come from online stations alone: find out who has the key of that one',
    });
  return { bundle, copy, sender: sender.name, lastSeen: await lastSeen(station, bundle.manifest) };
}
