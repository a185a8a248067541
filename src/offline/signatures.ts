import { toBase64 } from '../encoding/text.ts';
import type { ExchangeEvent } from '../station/events.ts';
import { signatureKey } from '../station/signing-state.ts';
import type { Signers } from '../station/signers.ts';
import type { PlannedSignature } from './signature-plan.ts';
import type { OfflineStation } from './station.ts';

/** Outcomes are written in batches of this size: a kill loses at most these signatures, never their intents. */
const BATCH = 200;

/**
 * The signatures of a plan: those that an interrupted run recorded, and new ones out of the keys. What arrived
 * before a token failed is kept (M19); nothing is released by this.
 */
export async function signaturesOf(
  station: OfflineStation,
  request: string,
  plans: readonly PlannedSignature[],
  signers: Signers,
  progress: (done: number, total: number) => void,
): Promise<Uint8Array[]> {
  const stored = station.signing.get(request)?.signatures;
  const signatures = plans.map(({ repository, role, keyid }) =>
    stored?.get(signatureKey(repository, role.role, keyid)),
  );
  const missing = plans.flatMap((plan, index) => (signatures[index] ? [] : [{ plan, index }]));
  let pending: ExchangeEvent[] = [];
  const flush = (): void => {
    station.home.ledger.append(pending);
    pending = [];
  };
  let done = plans.length - missing.length;
  try {
    await signers.sign(
      missing.map(({ plan }) => plan.task),
      (at, signature) => {
        const { plan, index } = missing[at] as (typeof missing)[number];
        signatures[index] = signature;
        const { repository, role, keyid } = plan;
        pending.push({
          event: 'outcome',
          data: { request, repository, role: role.role, key: keyid, signature: toBase64(signature) },
        });
        if (pending.length >= BATCH) flush();
        progress(++done, plans.length);
      },
    );
  } finally {
    if (pending.length > 0) flush();
  }
  return signatures as Uint8Array[];
}
