import type { Examination } from './examination.ts';
import { examine } from './examine.ts';
import { checkNotAnswered } from './state-checks.ts';
import type { OfflineStation } from './station.ts';
import { repositoryKey } from '../station/events.ts';
import { withRequest } from './take.ts';

/**
 * Everything that `sign` checks and shows, without keys; remembers what was reviewed, so that a stick swapped
 * afterwards is noticed (S23).
 */
export async function review(station: OfflineStation, file: string): Promise<Examination> {
  return withRequest(station, file, false, (taken) => {
    const { digest, manifest } = taken.bundle;
    checkNotAnswered(station, digest);
    const examination = examine(station, taken, []);
    const { id, from, sequence, repositories } = manifest;
    if (!station.signing.get(digest)?.reviewed.size)
      station.home.ledger.append(
        repositories.map((record) => ({
          event: 'reviewed',
          data: { request: digest, id, from: from.key, sequence, repository: repositoryKey(record) },
        })),
      );
    return Promise.resolve(examination);
  });
}
