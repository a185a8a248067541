import { missingSignatures } from '../../exchange/read-response.ts';
import { withSignatures, type MergedRepository } from '../../exchange/merge-responses.ts';
import type { Signature } from '../../metadata/document.ts';
import { checkSigned } from '../../policy/versions.ts';
import { repositoryKey } from '../../station/ledger/events.ts';
import { keysByPublic, ownSignatures, type OwnSignature } from '../../station/keys/own-signatures.ts';
import { intentEvents, signaturesOf } from '../../station/keys/signatures.ts';
import { marksOf } from '../../station/ledger/marks.ts';
import type { Signers } from '../../station/keys/signers.ts';
import { foldSigning } from '../../station/ledger/signing-state.ts';
import type { OnlineStation } from '../station.ts';

/**
 * Adds the signatures of keys that this station holds, to repositories that are complete with them: after every
 * check of the offline answers has passed, and in the same upload as what declares the roles (S24). What an
 * interrupted run signed is used again, so that a rerun posts the same bytes.
 *
 * @throws KEY-REPOSITORY, VERSION-TAKEN, and what signers throw
 */
export async function signHere(
  station: OnlineStation,
  request: string,
  repositories: readonly MergedRepository[],
  signers: Signers,
): Promise<readonly MergedRepository[]> {
  const keys = keysByPublic(station.keys);
  const bound = new Map<string, string>();
  const plans = repositories.map((repository) => planOf(keys, repository, bound));
  const wanted = plans.flat();
  if (wanted.length === 0) return repositories;
  repositories.forEach(({ reading, roles }, index) => {
    const signed = new Set(plans[index]?.map(({ role }) => role.role));
    const marks = marksOf(station.marks, repositoryKey(reading.record));
    for (const { role } of roles) if (signed.has(role.role)) checkSigned(role, marks, reading.record);
  });
  await signers.prepare(wanted.map(({ place }) => place));
  const state = foldSigning(station.home.ledger.lines()).get(request);
  station.home.ledger.append(intentEvents(request, wanted, state));
  const signatures = await signaturesOf(
    station.home,
    request,
    wanted,
    state,
    signers,
    () => undefined,
    (made) => made,
  );
  let at = 0;
  return repositories.map((repository, index) => {
    const added = new Map<string, Signature[]>();
    for (const plan of plans[index] ?? []) {
      const list = added.get(plan.role.role) ?? [];
      list.push(plan.dialect.signature(plan.keyid, plan.task.key.public, signatures[at] as Uint8Array));
      added.set(plan.role.role, list);
      at += 1;
    }
    return withSignatures(repository, added);
  });
}

/** The signatures of own keys on roles that lack some; none where the repository would stay incomplete. */
function planOf(
  keys: OnlineStation['keys']['keys'],
  { reading, roles }: MergedRepository,
  bound: Map<string, string>,
): OwnSignature[] {
  if (roles.some(({ refused }) => refused !== null)) return [];
  const lacking = roles.filter(({ missing }) => missing > 0).map(({ role }) => role);
  const repository = { key: repositoryKey(reading.record), dialect: reading.dialect, roles: lacking };
  const own = ownSignatures(keys, repository, bound);
  const complete = roles.every(({ role, signatures }) => {
    const mine = own.filter((plan) => plan.role === role).map(({ keyid }) => ({ keyid }));
    return missingSignatures(role, [...signatures, ...mine]) === 0;
  });
  return complete ? own : [];
}
