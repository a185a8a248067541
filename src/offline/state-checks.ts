import { refused } from '../errors.ts';
import type { OfflineStation } from './station.ts';
import type { TakenRequest } from './examine.ts';

/**
 * A request that was answered is not signed again: its answer is written again (M7).
 *
 * @throws EXCHANGE-REPLAY
 */
export function checkNotAnswered(station: OfflineStation, digest: string): void {
  if (!station.signing.get(digest)?.released) return;
  throw refused('EXCHANGE-REPLAY', 'this request was answered before', {
    found: digest,
    hint: `countersign resend ${digest} -o FILE writes the same answer again, without keys`,
  });
}

/**
 * Another request than the one that was reviewed lies on the stick (S23).
 *
 * @throws EXCHANGE-SWAPPED
 */
export function checkNotSwapped(station: OfflineStation, taken: TakenRequest): void {
  const { digest, manifest, sealedBy } = taken.bundle;
  if (station.signing.get(digest)?.reviewed.size) return;
  const names = new Set(manifest.repositories.map(({ dialect, name }) => `${dialect}:${name}`));
  for (const state of station.signing.values()) {
    if (state.released || state.declined !== null) continue;
    if (state.from !== sealedBy || state.request === digest) continue;
    if ([...state.reviewed].some((name) => names.has(name)))
      throw refused('EXCHANGE-SWAPPED', 'another request was reviewed than the one given now', {
        expected: state.request,
        found: digest,
        hint: 'review this one first; somebody may have changed the stick',
      });
  }
}

/**
 * An officer said no to this request.
 *
 * @throws EXCHANGE-DECLINED
 */
export function checkNotDeclined(station: OfflineStation, digest: string): void {
  const declined = station.signing.get(digest)?.declined ?? null;
  if (declined === null) return;
  throw refused('EXCHANGE-DECLINED', 'this request was refused here', {
    found: declined,
    hint: 'run refuse again to finish the answer, or have a new request exported',
  });
}
