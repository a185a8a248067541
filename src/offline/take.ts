import { openBundle } from '../bundle/bundle.ts';
import type { RequestManifest } from '../bundle/manifest.ts';
import { CountersignError, refused } from '../errors.ts';
import { fileSource, takeCopy } from '../station/media.ts';
import { trustPartners } from '../station/pairing.ts';
import type { OfflineStation } from './station.ts';
import type { TakenRequest } from './examine.ts';

/**
 * Takes a request off the stick: one open, one copy into the home, and everything after that reads the copy
 * (R2). Seal before content, pinned partners only (R5).
 *
 * @throws BUNDLE-*, SEAL-*
 */
export async function takeRequest(station: OfflineStation, file: string): Promise<TakenRequest> {
  const copy = takeCopy(file, station.home);
  const bundle = await openBundle<RequestManifest>(fileSource(copy.path), {
    kinds: ['request'],
    trust: trustPartners(station.home),
  });
  const sender = station.partners.find(({ identity }) => identity === bundle.sealedBy);
  if (sender?.side !== 'online' || bundle.manifest.from.key !== bundle.sealedBy)
    throw refused('SEAL-STRANGER', 'the request is not sealed by the online station that it names', {
      expected: bundle.manifest.from.key,
      found: bundle.sealedBy,
    });
  return { bundle, copy, sender: sender.name };
}

/**
 * Runs a command's checks; a refusal is recorded in the ledger, without a word from outside, and changes
 * nothing else (R13, R17).
 */
export async function recordingRefusals<Result>(
  station: OfflineStation,
  digest: () => string | null,
  run: () => Promise<Result>,
): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof CountersignError && error.exit === 3)
      station.home.ledger.append([{ event: 'refusal', data: { check: error.check, digest: digest() } }]);
    throw error;
  }
}
