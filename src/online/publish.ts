import { repositoryKey, type ExchangeEvent } from '../station/events.ts';
import { withCopy } from '../station/incoming.ts';
import { recordingRefusals } from '../station/refusals.ts';
import type { Signers } from '../station/signers.ts';
import { answerEvents, readAnswer, type VerifiedAnswer } from './answer.ts';
import type { PublishedRepository } from './published-repository.ts';
import { publishRepository, type Publication } from './publish-repository.ts';
import { repositoryNamed } from './repositories.ts';
import { restoreChanges } from './restore.ts';
import type { OnlineStation } from './station.ts';
import type { Stores } from './stores.ts';

export interface PublishPorts {
  readonly stores: Stores;
  /** Keys that this station holds, for folders whose snapshot and timestamp it signs. */
  readonly signers: Signers;
  readonly progress: (done: number, total: number) => void;
}

export interface PublishResult {
  readonly request: string;
  readonly response: string;
  readonly repositories: readonly PublishedRepository[];
}

/** Repositories that are posted at once. */
const PARALLEL = 8;
/** `published` lines are written in batches; a kill in between is answered by reading the server first (M7). */
const BATCH = 64;

/**
 * Publishes a response, repository by repository, each whole or not at all: checked against its request and the
 * server's state, recorded as `posting`, posted, and read back as a fresh client (R14, R16, M14).
 */
export async function publishResponse(
  station: OnlineStation,
  file: string,
  ports: PublishPorts,
): Promise<PublishResult> {
  let digest: string | null = null;
  return recordingRefusals(
    station.home,
    () => digest,
    () =>
      withCopy(file, station.home, true, async (copy) => {
        const answer = await readAnswer(station, copy);
        digest = answer.response.digest;
        return publishAnswer(station, answer, ports);
      }),
  );
}

async function publishAnswer(
  station: OnlineStation,
  answer: VerifiedAnswer,
  ports: PublishPorts,
): Promise<PublishResult> {
  station.home.ledger.append(answerEvents(station, answer));
  const open = answer.repositories.filter(({ reading }) => {
    const state = answer.request.repositories.get(repositoryKey(reading.record));
    return state === 'exported' || state === 'posting';
  });
  const published = await publishAll(station, answer, open, ports);
  const back = published
    .filter(({ state }) => state === 'refused' || state === 'conflict')
    .map(({ name }) => name);
  await giveBack(station, answer, new Set(back));
  return { request: answer.request.digest, response: answer.response.digest, repositories: published };
}

async function publishAll(
  station: OnlineStation,
  answer: VerifiedAnswer,
  open: VerifiedAnswer['repositories'],
  ports: PublishPorts,
): Promise<PublishedRepository[]> {
  const request = answer.request.digest;
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
        store: ports.stores.open(entry.place, entry.name),
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
  answer: VerifiedAnswer,
  names: ReadonlySet<string>,
): Promise<void> {
  if (names.size === 0) return;
  const keys = answer.repositories
    .map(({ reading }) => reading.record)
    .filter(({ name }) => names.has(name))
    .map(repositoryKey);
  await restoreChanges(station, answer.request.digest, new Set(keys));
  station.home.ledger.append(
    keys.map((repository) => ({ event: 'conflict', data: { request: answer.request.digest, repository } })),
  );
}
