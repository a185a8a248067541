import { reachOfNames, type Reach } from '../review/reach.ts';
import type { Examination } from './examination.ts';
import { examine } from './examine.ts';
import { checkNotAnswered } from './state-checks.ts';
import type { OfflineStation } from './station.ts';
import { repositoryKey } from '../station/ledger/events.ts';
import { withCopies } from '../station/ledger/answers.ts';
import { partialFills, readPartials, withPartials } from './partials.ts';
import { trackRepositories, type TrackedRepository } from './progress-of-roles.ts';
import { withRequest } from './take.ts';

/** What a request would change, and which keys signed it so far. */
export interface Review {
  readonly examination: Examination;
  readonly tracker: readonly TrackedRepository[];
  /** Who can sign the names that were asked about, in each repository. */
  readonly asked: readonly { readonly name: string; readonly reach: readonly Reach[] }[];
}

/**
 * Everything that `sign` checks and shows, without keys; remembers what was reviewed, so that a stick swapped
 * afterwards is noticed (S23).
 *
 * @param responses of other stations to the same request
 * @param paths names of targets that are asked about
 * @throws NAME-TARGET, and what `sign` refuses
 */
export async function review(
  station: OfflineStation,
  file: string,
  responses: readonly string[],
  paths: readonly string[] = [],
): Promise<Review> {
  return withRequest(station, file, false, async (taken) => {
    const { digest, manifest } = taken.bundle;
    checkNotAnswered(station, digest);
    const open = examine(station, taken, []);
    const { now, partials } = await withCopies(responses, station.home, false, async (copies) => {
      const read = await readPartials(station, taken, open, copies);
      partialFills(station, digest, read);
      return { now: withPartials(station, digest, read), partials: read };
    });
    const examination = responses.length > 0 ? examine(now, taken, [], open) : open;
    const tracker = trackRepositories(now, examination, partials, [], []);
    const { id, from, sequence, repositories } = manifest;
    if (!station.signing.get(digest)?.reviewed.size)
      station.home.ledger.append(
        repositories.map((record) => ({
          event: 'reviewed',
          data: { request: digest, id, from: from.key, sequence, repository: repositoryKey(record) },
        })),
      );
    const asked =
      paths.length === 0
        ? []
        : examination.repositories.map(({ reading, roles }) => ({
            name: reading.record.name,
            reach: reachOfNames({ ...reading, roles }, paths, station.holders),
          }));
    return { examination, tracker, asked };
  });
}
