import { refused, usage } from '../errors.ts';
import { refuseRequest, releaseStored, type SignedFile } from './respond.ts';
import { checkNotAnswered } from './state-checks.ts';
import type { OfflineStation } from './station.ts';
import { withRequest } from './take.ts';

/** Why an officer says no; no free text leaves the air gap (M8). */
export const REASONS = ['content', 'not-expected', 'wrong-time', 'wrong-key', 'superseded', 'other'] as const;

/**
 * Answers a request with a sealed no.
 *
 * @throws REFUSE-REASON, EXCHANGE-REPLAY, BUNDLE-* and SEAL-* of the request
 */
export async function refuse(
  station: OfflineStation,
  file: string,
  out: string,
  reason: string,
): Promise<SignedFile & { readonly request: string }> {
  if (!(REASONS as readonly string[]).includes(reason))
    throw usage('REFUSE-REASON', 'not a reason', { expected: REASONS.join(', '), found: reason });
  return withRequest(station, file, false, ({ bundle }) => {
    checkNotAnswered(station, bundle.digest);
    const state = station.signing.get(bundle.digest);
    const stored = state?.response;
    if (stored && state.declined !== null)
      return Promise.resolve({
        ...releaseStored(station, bundle.digest, stored, out),
        request: bundle.digest,
      });
    if (state?.approved)
      throw refused('REFUSE-APPROVED', 'this request was approved and its signing began', {
        found: bundle.digest,
        hint: 'sign it again: the answer is finished without a second content',
      });
    station.home.ledger.append([{ event: 'declined', data: { request: bundle.digest, code: reason } }]);
    const answer = refuseRequest(station, bundle, `REASON-${reason.toUpperCase()}`, out);
    return Promise.resolve({ ...answer, request: bundle.digest });
  });
}
