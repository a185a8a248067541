import type { MergedRepository } from '../../exchange/merge-responses.ts';
import { repositoryKey, type ExchangeEvent } from '../../station/ledger/events.ts';
import type { OutboxRequest } from '../../station/ledger/outbox.ts';
import type { Signers } from '../../station/keys/signers.ts';
import { sweepAllKeptFiles } from '../staging/kept-files.ts';
import type { PublishedRepository } from '../reading/published-repository.ts';
import { likelyOnlineKeys } from './online-keys.ts';
import { publishRepository, type Publication } from './publish-repository.ts';
import { repositoryNamed } from '../repositories/repositories.ts';
import { restoreChanges } from '../staging/restore.ts';
import { signHere } from './sign-here.ts';
import type { OnlineStation } from '../station.ts';
import type { Stores } from '../repositories/stores.ts';
import { withAnswers } from './with-answers.ts';

export interface PublishPorts {
  readonly stores: Stores;
  /** Keys that this station holds, for folders whose snapshot and timestamp it signs. */
  readonly signers: Signers;
  readonly progress: (done: number, total: number) => void;
}

export interface PublishResult {
  readonly request: string;
  /** Digests of the responses; none where this station signed everything itself. */
  readonly responses: readonly string[];
  readonly repositories: readonly PublishedRepository[];
}

/** Repositories that are posted at once. */
const PARALLEL = 8;
/** `published` lines are written in batches; a kill in between is answered by reading the server first (M7). */
const BATCH = 64;

/**
 * Publishes what one or several stations answered to a request, repository by repository, each whole or not at
 * all: checked against the request and the server's state, recorded as `posting`, posted, and read back as a fresh
 * client (R14, R16, M14).
 */
export async function publishResponses(
  station: OnlineStation,
  files: readonly string[],
  ports: PublishPorts,
): Promise<PublishResult> {
  await ports.signers.foresee(likelyOnlineKeys(station));
  return withAnswers(station, files, ({ request, answers, repositories }, accept) => {
    accept();
    const responses = answers.map(({ response }) => response.digest);
    return publishRequest(station, request, repositories, responses, ports);
  });
}

/** Publishes the repositories of a request that are still open, with the signatures that are there and its own. */
export async function publishRequest(
  station: OnlineStation,
  request: OutboxRequest,
  repositories: readonly MergedRepository[],
  responses: readonly string[],
  ports: PublishPorts,
): Promise<PublishResult> {
  const open = repositories.filter(({ reading }) => {
    const state = request.repositories.get(repositoryKey(reading.record));
    return state === 'exported' || state === 'posting';
  });
  const signed = await signHere(station, request.digest, open, ports.signers);
  const published = await publishAll(station, request.digest, signed, ports);
  const back = published
    .filter(({ state }) => state === 'refused' || state === 'conflict')
    .map(({ name }) => name);
  await giveBack(station, request.digest, repositories, new Set(back));
  sweepAllKeptFiles(station.home, station.now);
  return { request: request.digest, responses, repositories: published };
}

async function publishAll(
  station: OnlineStation,
  request: string,
  open: readonly MergedRepository[],
  ports: PublishPorts,
): Promise<PublishedRepository[]> {
  const results = new Array<PublishedRepository>(open.length);
  const recorder = batched(station);
  let next = 0;
  let done = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < open.length; index = next++) {
      const repository = open[index] as (typeof open)[number];
      const { record } = repository.reading;
      const entry = repositoryNamed(station.home, record.name);
      const publication: Publication = {
        repository,
        entry,
        store: ports.stores.open(entry),
        targetFiles: ports.stores.targetFiles(entry),
        posting: () => {
          station.home.ledger.append([
            { event: 'posting', data: { request, repository: repositoryKey(record) } },
          ]);
        },
      };
      const { result, events } = await publishRepository(station, publication, ports.signers, request);
      results[index] = result;
      recorder.add(events);
      ports.progress(++done, open.length);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(PARALLEL, open.length) }, worker));
  } finally {
    recorder.flush();
  }
  return results;
}

function batched(station: OnlineStation): {
  add: (events: readonly ExchangeEvent[]) => void;
  flush: () => void;
} {
  let pending: ExchangeEvent[] = [];
  const flush = (): void => {
    station.home.ledger.append(pending);
    pending = [];
  };
  return {
    add(events) {
      pending.push(...events);
      if (pending.length >= BATCH) flush();
    },
    flush,
  };
}

/** Changes that were refused, or that the server stands against, are staged again. */
async function giveBack(
  station: OnlineStation,
  request: string,
  repositories: readonly MergedRepository[],
  names: ReadonlySet<string>,
): Promise<void> {
  if (names.size === 0) return;
  const keys = repositories
    .map(({ reading }) => reading.record)
    .filter(({ name }) => names.has(name))
    .map(repositoryKey);
  await restoreChanges(station, request, new Set(keys));
  station.home.ledger.append(
    keys.map((repository) => ({ event: 'conflict', data: { request, repository } })),
  );
}
