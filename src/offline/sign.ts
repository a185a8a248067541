import { checkClock } from '../station/home/clock.ts';
import type { ExchangeEvent } from '../station/ledger/events.ts';
import { withCopies } from '../station/ledger/answers.ts';
import { verifyCopyUnchanged, type Copy } from '../station/files/incoming.ts';
import { requireFree } from '../station/files/outgoing.ts';
import { intentEvents, signaturesOf } from '../station/keys/signatures.ts';
import type { SigningKey } from '../signer/signer.ts';
import { Signers, type OpenSigner } from '../station/keys/signers.ts';
import type { Approval } from './approval.ts';
import { baseEvents } from './base-events.ts';
import type { Examination } from './examination.ts';
import { examine, type TakenRequest } from './examine.ts';
import { fillSlots } from './fill.ts';
import { partialFills, readPartials, withPartials } from './partials.ts';
import { trackRepositories, type TrackedRepository } from './progress-of-roles.ts';
import { planFills, type PlannedFill } from './fill-plan.ts';
import { keepAndRelease, releaseStored, sealAnswer, type SignedFile } from './respond.ts';
import { planSignatures } from './signature-plan.ts';
import { keysByPublic, openRolePlaces, type OwnSignature } from '../station/keys/own-signatures.ts';
import { checkNotAnswered, checkNotDeclined, checkNotSwapped } from './state-checks.ts';
import { offlineStation, type OfflineStation } from './station.ts';
import { withRequest } from './take.ts';

export interface SignOptions {
  readonly file: string;
  /** Responses of other stations to the same request. */
  readonly responses: readonly string[];
  readonly out: string;
  readonly except: readonly string[];
  /** IDs of keys to use where several would do. */
  readonly keys: readonly string[];
}

export interface SignPorts {
  readonly openSigner: OpenSigner;
  /** Shows the closed documents and takes the officer's yes. @throws CONFIRM-*, APPROVE-* */
  readonly confirm: (examination: Examination) => Promise<Approval>;
  readonly progress: (done: number, total: number) => void;
}

/** Where the time of a signing went, in milliseconds. */
export interface SignTimes {
  readonly token: number;
  readonly secondCheck: number;
}

export interface SignResult extends SignedFile {
  readonly request: string;
  readonly signatures: number;
  readonly repositories: number;
  readonly refused: readonly string[];
  /** Which keys signed and which are missing, by repository. */
  readonly tracker: readonly TrackedRepository[];
  /** True where the stored answer was written again, without a key. */
  readonly resumed: boolean;
  readonly times: SignTimes;
}

/**
 * Signs a request: the same checks as review, keys, fills, consent over the closed bytes, then intent,
 * signatures, both verifications, outcome, seal and release, each recorded before the next (M4, M7, R11, R13).
 */
export async function sign(
  station: OfflineStation,
  options: SignOptions,
  ports: SignPorts,
): Promise<SignResult> {
  return withRequest(station, options.file, true, async (taken) => {
    checkClock(station.home, station.now);
    const { digest } = taken.bundle;
    checkNotAnswered(station, digest);
    checkNotDeclined(station, digest);
    checkNotSwapped(station, taken);
    const stored = station.signing.get(digest)?.response;
    if (stored) return resumed(station, digest, stored, options.out);
    requireFree(options.out);
    return withCopies(options.responses, station.home, false, (copies) =>
      signTaken(station, taken, copies, options, ports),
    );
  });
}

function resumed(station: OfflineStation, request: string, response: string, out: string): SignResult {
  const file = releaseStored(station, request, response, out);
  return {
    ...file,
    request,
    signatures: 0,
    repositories: 0,
    refused: [],
    tracker: [],
    resumed: true,
    times: { token: 0, secondCheck: 0 },
  };
}

async function signTaken(
  station: OfflineStation,
  taken: TakenRequest,
  copies: readonly Copy[],
  options: SignOptions,
  ports: SignPorts,
): Promise<SignResult> {
  const signers = new Signers(ports.openSigner);
  try {
    signers.expect(signaturesAsked(taken));
    await signers.foresee(keysNamed(station, taken));
    const open = examine(station, taken, options.except);
    const partials = await readPartials(station, taken, open, copies);
    const given = partialFills(station, open.digest, partials);
    const fills = planFills(
      station,
      open.repositories.map(({ reading }) => reading),
      (repository) => filledSlots(station, open.digest, repository, given),
      options.keys,
    );
    // With what others filled in the documents are closed, and every key that signs them is known.
    const here = withPartials(station, open.digest, partials);
    const known = copies.length > 0 ? examine(here, taken, options.except, open) : open;
    await openPlaces(here, signers, fills, known);
    if (fills.length > 0) await fillSlots(station, open.digest, fills, signers);
    const fresh = fills.length > 0;
    const now = fresh ? withPartials(offlineStation(station.home, station.now), open.digest, partials) : here;
    const closed = fresh ? examine(now, taken, options.except, open) : known;
    const plans = planSignatures(now, closed);
    const approval = await ports.confirm(closed);
    verifyCopyUnchanged(closed.copy);
    now.home.ledger.append([...given, ...intents(now, closed, plans, approval)]);
    const state = now.signing.get(closed.digest);
    const { signatures, sealed } = await signaturesOf(
      now.home,
      closed.digest,
      plans,
      state,
      signers,
      ports.progress,
      (made) => ({ signatures: made, sealed: sealAnswer(now, closed, plans, made) }),
    );
    const file = keepAndRelease(now, sealed, options.out);
    return {
      ...file,
      request: closed.digest,
      signatures: signatures.length,
      repositories: closed.repositories.length,
      refused: closed.excepted,
      tracker: trackRepositories(now, closed, partials, plans, signatures),
      resumed: false,
      times: { token: signers.milliseconds, secondCheck: signers.secondCheckMilliseconds },
    };
  } finally {
    await signers.close();
  }
}

/** How many signatures a request may come to, about: what verifies them starts while it is examined. */
function signaturesAsked({ bundle }: TakenRequest): number {
  const roles = bundle.manifest.repositories.flatMap(({ result }) => result);
  return roles.reduce((sum, { slots }) => sum + 1 + slots.length, 0);
}

/** Keys of this station that the request names as signers; a certificate names its key by another ID. */
function keysNamed(station: OfflineStation, { bundle }: TakenRequest): SigningKey[] {
  const roles = bundle.manifest.repositories.flatMap(({ result }) => result);
  const named = new Set(roles.flatMap(({ signers }) => signers).map(({ keyid }) => keyid));
  return [...station.keys.keys.values()].filter(({ id }) => named.has(id));
}

/** Slots that are filled: by this station before, or by the responses that came along. */
function filledSlots(
  station: OfflineStation,
  digest: string,
  repository: string,
  given: readonly ExchangeEvent[],
): ReadonlySet<string> {
  const slots = given.flatMap(({ event, data }) =>
    event === 'fill' && data.repository === repository ? [data.slot] : [],
  );
  return new Set([...station.fillsOf(digest, repository).keys(), ...slots]);
}

/**
 * Asks for every secret before anything is made, shown or signed, one for each token and one for the key files: of
 * the slots, of what is closed, and of keys that sign what is still open (R12).
 */
async function openPlaces(
  station: OfflineStation,
  signers: Signers,
  fills: readonly PlannedFill[],
  examination: Examination,
): Promise<void> {
  const plans = planSignatures(station, examination);
  const roles = examination.repositories.flatMap(({ roles: own }) => own);
  const places = [...fills, ...plans].map(({ place }) => place);
  await signers.prepare([...places, ...openRolePlaces(keysByPublic(station.keys), roles)]);
}

/**
 * Approval, sequence, what was verified of the base, and each intent that is not recorded yet: one write, before
 * the first signature.
 */
function intents(
  station: OfflineStation,
  examination: Examination,
  plans: readonly OwnSignature[],
  approval: Approval,
): ExchangeEvent[] {
  const { digest, manifest } = examination;
  return [
    { event: 'approved', data: { request: digest, by: approval.by, file: examination.copy.sha256 } },
    ...approval.accepted.map((id): ExchangeEvent => ({ event: 'conceded', data: { request: digest, id } })),
    ...baseEvents(station, examination, manifest),
    ...intentEvents(digest, plans, station.signing.get(digest)),
  ];
}
