import { fromBase64 } from '../../encoding/text.ts';
import { exchangeEvent, type RecordedEvent } from './events.ts';

/** How far the offline half came with one request (M7). */
export interface SigningState {
  readonly request: string;
  readonly id: string;
  readonly from: string;
  /** Repositories that were reviewed; none if the request was not. */
  readonly reviewed: ReadonlySet<string>;
  readonly approved: boolean;
  /** Repositories whose part was accepted, with the sender's sequence. */
  readonly accepted: ReadonlySet<string>;
  /** `repository role key` of signatures that were announced. */
  readonly intents: ReadonlySet<string>;
  readonly released: boolean;
  /** Digest of the sealed response, once there is one. */
  readonly response: string | null;
  readonly declined: string | null;
  /** `repository slot` to what was filled in. */
  readonly fills: ReadonlyMap<
    string,
    { readonly value: Uint8Array; readonly keyid: string; readonly kind: string }
  >;
  /** `repository role key` to the raw signature. */
  readonly signatures: ReadonlyMap<string, Uint8Array>;
}

type Mutable = { -readonly [Member in keyof SigningState]: SigningState[Member] } & {
  reviewed: Set<string>;
  accepted: Set<string>;
  intents: Set<string>;
  fills: Map<string, { value: Uint8Array; keyid: string; kind: string }>;
  signatures: Map<string, Uint8Array>;
};

/** Key of a signature in {@link SigningState.signatures}. */
export function signatureKey(repository: string, role: string, key: string): string {
  return `${repository} ${role} ${key}`;
}

/** State of every request that an offline station met, in the order in which it met them. */
export function foldSigning(lines: Iterable<RecordedEvent>): ReadonlyMap<string, SigningState> {
  const all = new Map<string, Mutable>();
  const of = (request: string): Mutable => {
    let state = all.get(request);
    if (!state) {
      state = {
        request,
        id: '',
        from: '',
        reviewed: new Set(),
        approved: false,
        accepted: new Set(),
        intents: new Set(),
        released: false,
        response: null,
        declined: null,
        fills: new Map(),
        signatures: new Map(),
      };
      all.set(request, state);
    }
    return state;
  };
  for (const line of lines) {
    const { event, data } = exchangeEvent(line);
    if (event === 'reviewed') {
      const state = Object.assign(of(data.request), { id: data.id, from: data.from });
      state.reviewed.add(data.repository);
    } else if (event === 'accepted') {
      of(data.request).from = data.from;
      of(data.request).accepted.add(data.repository);
    } else if (event === 'intent')
      of(data.request).intents.add(signatureKey(data.repository, data.role, data.key));
    else if (event === 'approved') of(data.request).approved = true;
    else if (event === 'fill')
      of(data.request).fills.set(`${data.repository} ${data.slot}`, {
        value: fromBase64(data.value),
        keyid: data.keyid,
        kind: data.kind,
      });
    else if (event === 'outcome')
      of(data.request).signatures.set(
        signatureKey(data.repository, data.role, data.key),
        fromBase64(data.signature),
      );
    else if (event === 'sealed') of(data.request).response = data.response;
    else if (event === 'released') of(data.request).released = true;
    else if (event === 'declined') of(data.request).declined = data.code;
  }
  return all;
}
