import type { Bundle } from '../../bundle/bundle.ts';
import type { RepositoryResponse, RequestManifest } from '../../bundle/manifest.ts';
import { recordBytes } from '../../encoding/canonical-json.ts';
import { sha256Hex } from '../../encoding/hash.ts';
import { refused } from '../../errors.ts';
import { isForAny, withForeign, type ForeignFile } from '../../exchange/foreign.ts';
import { mergeResponses, type MergedRepository } from '../../exchange/merge-responses.ts';
import { readRepository, type RepositoryReading } from '../../exchange/read-request.ts';
import {
  checkBinding,
  readRepositoryResponse,
  type RepositoryResponseReading,
} from '../../exchange/read-response.ts';
import { MAX_JUMP } from '../../policy/versions.ts';
import { checkSequence } from '../../policy/sequence.ts';
import { openIncoming, type Answer } from '../../station/ledger/answers.ts';
import { repositoryKey, type ExchangeEvent } from '../../station/ledger/events.ts';
import type { Copy } from '../../station/files/incoming.ts';
import { isOutstanding, type OutboxRequest } from '../../station/ledger/outbox.ts';
import { openStored } from '../stored-request.ts';
import type { OnlineStation } from '../station.ts';

/** One response, verified against the request that this station stored. */
export interface VerifiedAnswer {
  readonly response: Answer;
  readonly repositories: readonly RepositoryResponseReading[];
}

/** What was answered to one request so far. */
export interface VerifiedAnswers {
  readonly request: OutboxRequest;
  readonly answers: readonly VerifiedAnswer[];
  readonly repositories: readonly MergedRepository[];
}

/**
 * Reads the copies of responses to one request, alone or combined, and verifies them: seal, binding, order, and
 * every repository recomputed from this station's own copy of the request and the fills (R3, R6, M17). Metadata files that
 * other tools signed are read beside them.
 *
 * @throws BUNDLE-*, SEAL-*, EXCHANGE-*, LEDGER-FORK
 */
export async function readAnswers(station: OnlineStation, copies: readonly Copy[]): Promise<VerifiedAnswers> {
  const { answers: responses, foreign } = await openIncoming(station.home, copies);
  const [first] = responses;
  const request = first ? requestOf(station, first) : await requestFor(station, foreign);
  checkState(request);
  const stored = await openStored(station, request.digest);
  for (const response of responses) {
    checkOrder(station, response);
    checkBinding(response.manifest, { digest: request.digest, manifest: stored.manifest });
  }
  const readings = readStored(station, stored);
  const answers = responses.map((response): VerifiedAnswer => ({
    response,
    repositories: response.manifest.repositories.map((answer, index) => {
      checkFills(station, request.digest, answer);
      const reading = readings[index] as RepositoryReading;
      checkMarks(reading, answer);
      return readRepositoryResponse(reading, answer, (name) => response.read(name));
    }),
  }));
  return { request, answers, repositories: withForeign(mergeAll(readings, answers), foreign) };
}

/** @throws EXCHANGE-UNKNOWN */
function requestOf({ outbox }: OnlineStation, { manifest }: Answer): OutboxRequest {
  const { digest } = manifest.request;
  const request = outbox.requests.get(digest);
  if (request) return request;
  throw refused('EXCHANGE-UNKNOWN', 'the response answers a request that this station did not make', {
    found: digest,
    hint: 'countersign requests shows what is outstanding',
  });
}

/**
 * Where no station of ours answered: the outstanding request that leads to what the first of the files signs.
 *
 * @throws EXCHANGE-UNKNOWN
 */
async function requestFor(station: OnlineStation, [file]: readonly ForeignFile[]): Promise<OutboxRequest> {
  for (const request of station.outbox.requests.values()) {
    if (!file || ![...request.repositories.values()].some(isOutstanding)) continue;
    const readings = readStored(station, await openStored(station, request.digest));
    if (isForAny(mergeAll(readings, []), file)) return request;
  }
  throw refused('EXCHANGE-UNKNOWN', 'no outstanding request leads to what the metadata file signs', {
    found: `file ${file?.sha256 ?? ''}`,
    hint: 'where an offline station made new keys, its response must be there too: publish RESPONSE FILE',
  });
}

/** The repositories of a request that this station made: by its digest in the ledger, verified at export. */
export function readStored(station: OnlineStation, stored: Bundle<RequestManifest>): RepositoryReading[] {
  return stored.manifest.repositories.map((record) =>
    readRepository(record, (name) => stored.read(name), null, station.now * 1000),
  );
}

function mergeAll(
  readings: readonly RepositoryReading[],
  answers: readonly VerifiedAnswer[],
): MergedRepository[] {
  return readings.map((reading, index) =>
    mergeResponses(
      reading,
      answers.map(({ repositories }) => repositories[index] as RepositoryResponseReading),
    ),
  );
}

/**
 * A station's word of taken versions raises every later one, so a false word must not bring them out of what other
 * stations sign (M13).
 *
 * @throws EXCHANGE-MARKS
 */
function checkMarks({ record }: RepositoryReading, { marks, name }: RepositoryResponse): void {
  // What was before a repository began anew says nothing of its versions.
  if (record.operation === 'restart') return;
  const versions = new Map(record.result.map(({ role, version }) => [role, version]));
  for (const { role, seen, signed } of marks.roles) {
    const asked = versions.get(role) ?? 0;
    const most = asked + MAX_JUMP;
    if (Math.max(seen, signed) <= most) continue;
    throw refused(
      'EXCHANGE-MARKS',
      'the station says that it took a version far above the one that was asked for',
      {
        expected: `at most ${String(most)}`,
        found: String(Math.max(seen, signed)),
        where: `${name} ${role}`,
        hint: 'no station would sign what comes after it: find out what this station signed, with log show there',
      },
    );
  }
}

/** The slots of a request are filled once: other fills would be another root of the same version (M4). */
function checkFills(station: OnlineStation, request: string, answer: RepositoryResponse): void {
  const before = station.outbox.fills.get(`${request} ${repositoryKey(answer)}`);
  const found = fillsDigest(answer);
  if (before === undefined || found === null || before === found) return;
  throw refused('EXCHANGE-FILL', 'the slots of this request were filled in otherwise before', {
    expected: before,
    found,
    where: answer.name,
    hint: 'two stations, or a restored one, answered: publish the response that was received first',
  });
}

/** SHA-256 over what a response filled in; null where it filled in nothing. */
function fillsDigest({ fills }: RepositoryResponse): string | null {
  if (fills.length === 0) return null;
  return sha256Hex(recordBytes(fills.map(({ slot, kind, value, keyid }) => ({ slot, kind, value, keyid }))));
}

function checkState(request: OutboxRequest): void {
  const states = [...request.repositories.values()];
  if (states.every((state) => state === 'published'))
    throw refused('EXCHANGE-REPLAY', 'this request was published before', { found: request.digest });
  if (states.every((state) => state !== 'exported' && state !== 'posting'))
    throw refused('EXCHANGE-ABANDONED', 'this request was given up: its changes were staged again', {
      found: request.digest,
      hint: 'export anew, and have the new request signed',
    });
}

/**
 * Order of a station's answers, and its ledger's: neither goes back (M6, M9). Two couriers may still arrive in the
 * other order: an answer that a received one names as its predecessor was only carried more slowly.
 */
function checkOrder(station: OnlineStation, { manifest, digest }: Answer): void {
  const { answers, predecessors, heard: all } = station.outbox;
  const heard = all.get(manifest.from.key);
  if (!heard || answers.has(digest) || predecessors.has(digest)) return;
  const { previous } = manifest;
  if (previous !== null && previous !== heard.digest && answers.has(previous))
    throw refused('LEDGER-FORK', 'the station has forgotten an answer that it gave', {
      expected: heard.digest,
      found: previous,
      where: manifest.from.name,
      hint: 'the station was restored or cloned: compare its ledger with log verify',
    });
  checkSequence(manifest.sequence, { here: heard.sequence, any: heard.sequence }, manifest.from.name);
  if (manifest.head.line <= heard.line)
    throw refused('LEDGER-FORK', "the station's ledger did not go on from what was heard of it", {
      expected: `a head after line ${String(heard.line)}`,
      found: `line ${String(manifest.head.line)}`,
      where: manifest.from.name,
      hint: 'the station was restored or cloned: compare its ledger with log verify',
    });
  if (previous === null)
    throw refused('EXCHANGE-PREVIOUS', 'the response does not know of an earlier one that was received', {
      expected: heard.digest,
      found: 'none',
    });
}

/** What an answer makes known, before anything is posted: heard head, taken versions, who holds which key. */
export function answerEvents(
  station: OnlineStation,
  request: OutboxRequest,
  answer: VerifiedAnswer,
): ExchangeEvent[] {
  const { manifest, digest } = answer.response;
  if (station.outbox.answers.has(digest)) return [];
  const from = manifest.from.key;
  return [
    {
      event: 'answered',
      data: {
        request: request.digest,
        response: digest,
        from,
        sequence: manifest.sequence,
        ...manifest.head,
        previous: manifest.previous,
      },
    },
    ...answer.repositories.flatMap(({ reading, answer: said }): ExchangeEvent[] => {
      const repository = repositoryKey(reading.record);
      const sha256 = fillsDigest(said);
      return [
        ...(sha256 === null
          ? []
          : [{ event: 'filled', data: { request: request.digest, repository, sha256 } } as const]),
        { event: 'heard-pin', data: { repository, station: from, version: said.marks.pinned } },
        ...said.marks.roles
          .filter(({ seen, signed }) => Math.max(seen, signed) > 0)
          .map(({ role, seen, signed }): ExchangeEvent => ({
            event: 'taken',
            data: { repository, role, version: Math.max(seen, signed) },
          })),
        ...said.fills.map(({ keyid, by }): ExchangeEvent => ({
          event: 'holder',
          data: { key: keyid, station: by },
        })),
      ];
    }),
  ];
}
