import { withCopies } from '../../station/ledger/answers.ts';
import { recordingRefusals } from '../../station/ledger/refusals.ts';
import { answerEvents, readAnswers, type VerifiedAnswers } from './answer.ts';
import type { OnlineStation } from '../station.ts';

/**
 * Works with what was answered to a request. A refusal is recorded, under the digest of the first response once that is
 * known.
 *
 * @param work gets what was read, and what records that the answers are accepted
 * @throws BUNDLE-*, SEAL-*, EXCHANGE-*, LEDGER-FORK, and what the work refuses
 */
export function withAnswers<Result>(
  station: OnlineStation,
  files: readonly string[],
  work: (read: VerifiedAnswers, accept: () => void) => Promise<Result>,
): Promise<Result> {
  const { home } = station;
  let digest: string | null = null;
  return recordingRefusals(
    home,
    () => digest,
    () =>
      withCopies(files, home, true, async (copies) => {
        const read = await readAnswers(station, copies);
        digest = read.answers[0]?.response.digest ?? null;
        return work(read, () => {
          home.ledger.append(read.answers.flatMap((answer) => answerEvents(station, read.request, answer)));
        });
      }),
  );
}
