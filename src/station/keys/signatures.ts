import { toBase64 } from '../../encoding/text.ts';
import type { SignTask } from '../../signer/signer.ts';
import type { ExchangeEvent } from '../ledger/events.ts';
import type { Home } from '../home/home.ts';
import type { Signers } from './signers.ts';
import { signatureKey, type SigningState } from '../ledger/signing-state.ts';

/** One signature that a key of this station is to give. */
export interface WantedSignature {
  /** `dialect:name` */
  readonly repository: string;
  readonly role: { readonly role: string; readonly version: number };
  /** Key ID in the metadata. */
  readonly keyid: string;
  /** SHA-256 of the bytes to be signed. */
  readonly payload: string;
  readonly task: SignTask;
  /** ID of a key that this signature binds to the repository (M5), or null. */
  readonly bind: string | null;
}

/** The request's lines of what will be signed, before the first signature (R13); those recorded before are left out. */
export function intentEvents(
  request: string,
  wanted: readonly WantedSignature[],
  state: SigningState | undefined,
): ExchangeEvent[] {
  const known = state?.intents ?? new Set<string>();
  return wanted
    .filter(({ repository, role, keyid }) => !known.has(signatureKey(repository, role.role, keyid)))
    .flatMap(({ repository, role, keyid, payload, bind }): ExchangeEvent[] => [
      ...(bind ? [{ event: 'bound', data: { key: bind, repository } } as const] : []),
      {
        event: 'intent',
        data: { request, repository, role: role.role, version: role.version, payload, key: keyid },
      },
    ]);
}

/** Outcomes are written in batches of this size: a kill loses at most these signatures, never their intents. */
const BATCH = 200;

/**
 * The signatures of a plan: those that an interrupted run recorded, and new ones out of the keys. What arrived
 * before a token failed is kept (M19); nothing is released by this.
 *
 * @param make what is made of them in memory while they are verified the second time; it comes back after that (R11)
 */
export async function signaturesOf<Made>(
  home: Home,
  request: string,
  wanted: readonly WantedSignature[],
  state: SigningState | undefined,
  signers: Signers,
  progress: (done: number, total: number) => void,
  make: (signatures: readonly Uint8Array[]) => Made,
): Promise<Made> {
  const stored = state?.signatures;
  const signatures = wanted.map(({ repository, role, keyid }) =>
    stored?.get(signatureKey(repository, role.role, keyid)),
  );
  const missing = wanted.flatMap((plan, index) => (signatures[index] ? [] : [{ plan, index }]));
  let pending: ExchangeEvent[] = [];
  const flush = (): void => {
    if (pending.length > 0) home.ledger.append(pending);
    pending = [];
  };
  const recorded = wanted.flatMap(({ task }, index) => {
    const signature = signatures[index];
    return signature ? [{ task, signature }] : [];
  });
  let done = recorded.length;
  try {
    return await signers.signThen(
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
        progress(++done, wanted.length);
      },
      recorded,
      () => {
        // outcomes are recorded before anything is made of them (R13)
        flush();
        return make(signatures as Uint8Array[]);
      },
    );
  } finally {
    flush();
  }
}
