import { existsSync, readFileSync, statSync } from 'node:fs';
import { conflict, incomplete, usage } from '../../errors.ts';
import { repositoryKey } from '../../station/ledger/events.ts';
import { isWritten, requireFree, writeOut } from '../../station/files/outgoing.ts';
import { isOutstanding, outstandingFor } from '../../station/ledger/outbox.ts';
import { partners, type Partner } from '../../station/cards/pairing.ts';
import { planRepository, type PlannedRepository, type PlanOptions } from './export-plan.ts';
import { makeRequest, type GivenUp } from './make-request.ts';
import type { Recipient } from './recipient.ts';
import type { RepositoryEntry } from '../repositories/place.ts';
import { repositories, repositoryNamed } from '../repositories/repositories.ts';
import { restoredLists } from '../staging/restore.ts';
import { stagedChanges, type StagedChanges } from '../staging/staged.ts';
import { requestPath } from '../stored-request.ts';
import type { OnlineStation } from '../station.ts';
import type { Stores } from '../repositories/stores.ts';

export interface ExportOptions {
  /** Names of repositories; empty for all that have staged changes. */
  readonly names: readonly string[];
  readonly out: string;
  /** Names of offline stations to address; empty for all that are paired. */
  readonly to: readonly string[];
  /** Digest of an outstanding request that this one replaces. */
  readonly supersede: string | null;
  /** Whether the named repositories are only shown, so that the offline half gets to know them (adoption). */
  readonly adopt: boolean;
  /** Name of the station that is to fill in new keys and certificates, where several are addressed. */
  readonly filler: string | null;
  readonly progress: (done: number, total: number) => void;
}

export interface ExportResult {
  readonly request: string;
  readonly out: string;
  readonly size: number;
  readonly readBack: 'direct' | 'replug';
  /** True where an export that was interrupted was finished. */
  readonly resumed: boolean;
}

/** Repositories that are read at once. */
const PARALLEL = 8;

/**
 * Writes one sealed request for every repository with staged changes (or those named): current metadata fetched
 * and verified, unsigned metadata computed. The changes leave the staged list with the ledger's line (M8).
 *
 * @throws EXPORT-NOTHING (2), EXPORT-OUTSTANDING (5), PAIR-NONE (4), CHAIN-*, CHANGE-*, SERVER-*
 */
export async function exportRequest(
  station: OnlineStation,
  stores: Stores,
  options: ExportOptions,
): Promise<ExportResult> {
  const { home, outbox } = station;
  const interrupted = [...outbox.requests.values()].find(
    ({ digest, repositories: states }) =>
      !outbox.released.has(digest) && [...states.values()].some(isOutstanding),
  );
  if (interrupted) return finish(station, interrupted.digest, options.out, true);
  const written = writtenBefore(station, options.out);
  if (options.supersede !== null) {
    if (written !== null && written !== options.supersede) return finish(station, written, options.out, true);
    requireFree(options.out);
  }
  const givenUp = options.supersede === null ? null : await giveUp(station, options.supersede);
  const choose = options.adopt ? chooseAdopted : chooseStaged;
  const staged = choose(station, options.names, givenUp);
  const empty = options.adopt ? undefined : staged.find(({ staged: { changes } }) => changes.length === 0);
  if (written !== null && (staged.length === 0 || empty)) return finish(station, written, options.out, true);
  if (staged.length === 0 || empty)
    throw usage('EXPORT-NOTHING', 'nothing is staged', {
      where: empty?.entry.name ?? home.name,
      hint: 'countersign addhash GUN NAME SIZE --sha256 HEX; status shows what is staged',
    });
  requireFree(options.out);
  for (const { entry } of staged) checkFree(station, entry, options.supersede);
  const recipients = recipientsOf(station, options.to);
  const plans = await planAll(station, stores, staged, recipients, options);
  const digest = makeRequest(station, plans, recipients, givenUp);
  return finish(station, digest, options.out, false);
}

/**
 * Repositories with staged changes, of those named or of all; a named one without changes is empty.
 *
 * @param givenUp the request whose changes are to count as staged
 */
export function chooseStaged(
  station: OnlineStation,
  names: readonly string[],
  givenUp: GivenUp | null,
): { entry: RepositoryEntry; staged: StagedChanges }[] {
  const { home } = station;
  const chosen = names.length > 0 ? names.map((name) => repositoryNamed(home, name)) : repositories(home);
  return chosen
    .map((entry) => ({ entry, staged: stagedNow(station, entry, givenUp) }))
    .filter(({ staged: { changes }, entry }) => changes.length > 0 || names.includes(entry.name));
}

/** What is staged for a repository, or would be once a request is given up. */
function stagedNow(
  { home, outbox }: OnlineStation,
  entry: RepositoryEntry,
  givenUp: GivenUp | null,
): StagedChanges {
  return givenUp?.lists.get(repositoryKey(entry))?.list ?? stagedChanges(home, entry, outbox.batches);
}

/** The outstanding request that lies under this name already: an export was killed just before it said so. */
function writtenBefore(station: OnlineStation, out: string): string | null {
  for (const { digest, repositories: states } of station.outbox.requests.values()) {
    const stored = requestPath(station, digest);
    const open = [...states.values()].some(isOutstanding) && existsSync(stored);
    if (open && isWritten(out, () => readFileSync(stored), statSync(stored).size)) return digest;
  }
  return null;
}

/**
 * The changes of a request that is given up are staged again with the line of the new export, and not before: until then
 * anything may be refused, and the request stays what it was.
 */
async function giveUp(station: OnlineStation, digest: string): Promise<GivenUp> {
  const request = station.outbox.requests.get(digest);
  if (!request || ![...request.repositories.values()].some(isOutstanding))
    throw usage('EXPORT-SUPERSEDE', 'no outstanding request has that digest', {
      found: digest,
      hint: 'countersign requests shows what is outstanding',
    });
  // what was published meanwhile is not to be asked for again
  const lists = [...(await restoredLists(station, digest))].filter(([key]) =>
    isOutstanding(request.repositories.get(key) ?? 'abandoned'),
  );
  return { digest, lists: new Map(lists) };
}

/** @throws EXPORT-STAGED (exit 2) where changes wait, which an adoption would not carry */
function chooseAdopted(
  station: OnlineStation,
  names: readonly string[],
  givenUp: GivenUp | null,
): { entry: RepositoryEntry; staged: StagedChanges }[] {
  return names.map((name) => {
    const entry = repositoryNamed(station.home, name);
    const staged = stagedNow(station, entry, givenUp);
    if (staged.changes.length > 0)
      throw usage('EXPORT-STAGED', 'changes are staged for the repository: export shows it as well', {
        where: name,
        hint: 'countersign export, or reset first',
      });
    return { entry, staged };
  });
}

/** @throws EXPORT-OUTSTANDING (exit 5) where another request for the repository waits for its answer */
export function checkFree(station: OnlineStation, entry: RepositoryEntry, supersede: string | null): void {
  const open = outstandingFor(station.outbox, repositoryKey(entry));
  if (!open || open.digest === supersede) return;
  throw conflict('EXPORT-OUTSTANDING', 'a request for this repository waits for its answer', {
    found: open.digest,
    where: entry.name,
    hint: `publish its response, or: resend ${open.digest} -o FILE, or: export --supersede ${open.digest}`,
  });
}

function recipientsOf(station: OnlineStation, names: readonly string[]): Partner[] {
  const offline = partners(station.home).filter(({ side }) => side === 'offline');
  const unknown = names.find((name) => !offline.some((partner) => partner.name === name));
  if (unknown !== undefined)
    throw usage('PAIR-UNKNOWN', 'no offline station of that name is paired', {
      found: unknown,
      hint: 'station show lists them',
    });
  const chosen = names.length > 0 ? offline.filter(({ name }) => names.includes(name)) : offline;
  if (chosen.length === 0)
    throw incomplete('PAIR-NONE', 'no offline station is paired', { hint: 'countersign station pair CARD' });
  return [...chosen].sort((a, b) => (a.identity < b.identity ? -1 : 1));
}

/** Plans the repositories, several at once. */
export async function planAll(
  station: OnlineStation,
  stores: Stores,
  staged: readonly { entry: RepositoryEntry; staged: StagedChanges }[],
  recipients: readonly Recipient[],
  options: PlanOptions & Pick<ExportOptions, 'progress'>,
): Promise<PlannedRepository[]> {
  const plans = new Array<PlannedRepository>(staged.length);
  let next = 0;
  let done = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < staged.length; index = next++) {
      const { entry, staged: changes } = staged[index] as (typeof staged)[number];
      const store = stores.open(entry);
      plans[index] = await planRepository(station, store, entry, changes, recipients, options);
      options.progress(++done, staged.length);
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, staged.length) }, worker));
  return plans;
}

function finish(station: OnlineStation, digest: string, out: string, resumed: boolean): ExportResult {
  const bytes = readFileSync(requestPath(station, digest));
  const { readBack } = writeOut(out, [bytes], bytes.length);
  station.home.ledger.append([{ event: 'released', data: { request: digest, response: '' } }]);
  return { request: digest, out, size: bytes.length, readBack, resumed };
}
