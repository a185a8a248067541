import { usage } from '../errors.ts';
import { refuseRequest, type SignedFile } from './respond.ts';
import { checkNotAnswered } from './state-checks.ts';
import type { OfflineStation } from './station.ts';
import { takeRequest } from './take.ts';

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
  const { bundle } = await takeRequest(station, file);
  checkNotAnswered(station, bundle.digest);
  station.home.ledger.append([{ event: 'declined', data: { request: bundle.digest, code: reason } }]);
  const answer = refuseRequest(station, bundle, `REASON-${reason.toUpperCase()}`, out);
  return { ...answer, request: bundle.digest };
}
