import { conflict } from '../../errors.ts';
import type { SigningKey } from '../../signer/signer.ts';
import type { Home } from '../home/home.ts';
import { foldKeys, keyById, keyRemovalEvent, keyRemovedEvent } from './key-registry.ts';
import { keyUses } from './key-uses.ts';
import { foldOutbox, isOutstanding } from '../ledger/outbox.ts';
import { Signers, type OpenSigner } from './signers.ts';
import { foldSigning } from '../ledger/signing-state.ts';

/** A key that is to go, and what it serves. */
export interface RemovalPlan {
  readonly key: SigningKey;
  /** Repositories (`dialect:name`). */
  readonly repositories: readonly string[];
}

export interface RemovedKey extends RemovalPlan {
  /** False where the key itself was gone already, or was only forgotten. */
  readonly destroyed: boolean;
}

export interface RemovalPorts {
  readonly openSigner: OpenSigner;
  /** Throws unless the officer agreed. */
  readonly confirm: (plan: RemovalPlan) => Promise<void>;
}

/**
 * Destroys a key: in its token, or its file overwritten and removed. Announced in the ledger first, so that a rerun
 * after a kill goes on; no signature of it is undone by this, and metadata that lists it stays as it is.
 *
 * @param forget the key is only struck from the station's list, for a token that is lost or broken
 * @throws CountersignError KEY-UNKNOWN (exit 2), KEY-IN-USE (exit 5), CONFIRM-*, APPROVE-* (exit 3), TOKEN-*, PIN-*
 *   (exit 6)
 */
export async function removeKey(
  home: Home,
  text: string,
  forget: boolean,
  ports: RemovalPorts,
): Promise<RemovedKey> {
  const key = keyById(foldKeys(home.ledger.lines()), text);
  const plan = { key, repositories: keyUses(home, key) };
  checkUnused(home, plan);
  await ports.confirm(plan);
  const signers = new Signers(ports.openSigner);
  try {
    home.ledger.append([keyRemovalEvent(key.id)]);
    const destroyed = !forget && (await signers.destroy(key));
    home.ledger.append([keyRemovedEvent(key.id)]);
    return { ...plan, destroyed };
  } finally {
    await signers.close();
  }
}

/**
 * A key that may be needed by a signing that was begun, or by the publication of an outstanding request, stays.
 *
 * @throws CountersignError KEY-IN-USE (exit 5)
 */
function checkUnused(home: Home, { key, repositories }: RemovalPlan): void {
  const lines = home.ledger.lines();
  const serves = (repository: string): boolean => repositories.includes(repository);
  for (const { request, intents, response, declined } of foldSigning(lines).values()) {
    const begun = [...intents].some((intent) => serves(intent.slice(0, intent.indexOf(' '))));
    if (begun && response === null && declined === null)
      throw inUse(key, `the signing of request ${request}`, 'finish it with sign, or end it with refuse');
  }
  for (const { digest, repositories: states } of foldOutbox(lines).requests.values())
    for (const [repository, state] of states)
      if (serves(repository) && isOutstanding(state))
        throw inUse(
          key,
          `request ${digest} for ${repository}`,
          'publish its response first, or supersede it',
        );
}

function inUse({ id }: SigningKey, found: string, hint: string): Error {
  return conflict('KEY-IN-USE', 'the key may still be needed', {
    expected: 'a key that nothing waits for',
    found,
    where: id,
    hint,
  });
}
