import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import type { RepositoryRequest, RequestManifest } from '../bundle/manifest.ts';
import { formatTime } from '../encoding/time.ts';
import { recordDigestOf } from '../exchange/read-request.ts';
import {
  buildResponse,
  type FillValue,
  type RepositoryAnswer,
  type RepositoryMarks,
  type RoleOutcome,
} from '../exchange/response.ts';
import type { Signature } from '../metadata/document.ts';
import { createDurably } from '../station/files/durable.ts';
import { sealBundle } from '../station/seal-bundle.ts';
import type { Home } from '../station/home/home.ts';
import { exchangeEvent, repositoryKey, type ExchangeEvent } from '../station/ledger/events.ts';
import { writeOut } from '../station/files/outgoing.ts';
import { marksOf, type StationMarks } from '../station/ledger/marks.ts';
import { VERSION } from '../station/home/build-date.ts';
import type { Examination, RepositoryExamination } from './examination.ts';
import type { OwnSignature } from '../station/keys/own-signatures.ts';
import { offlineStation, type OfflineStation } from './station.ts';

export interface SignedFile {
  readonly out: string;
  readonly response: string;
  /** `replug` where the medium could not be read back past the page cache: unplug and verify. */
  readonly readBack: 'direct' | 'replug';
  /** The ledger's head after this session, for the paper. */
  readonly head: { readonly line: number; readonly hash: string };
}

/** Signatures by `repository role`. */
type SignedRoles = ReadonlyMap<string, readonly Signature[]>;

/** Seals the answer in memory; nothing is kept of it before {@link keepAndRelease}. */
export function sealAnswer(
  station: OfflineStation,
  examination: Examination,
  plans: readonly OwnSignature[],
  signatures: readonly Uint8Array[],
): SealedAnswer {
  const signed = new Map<string, Signature[]>();
  plans.forEach(({ repository, role, keyid, dialect, task }, index) => {
    const key = `${repository} ${role.role}`;
    const list = signed.get(key) ?? [];
    list.push(dialect.signature(keyid, task.key.public, signatures[index] as Uint8Array));
    signed.set(key, list);
  });
  const marks = offlineStation(station.home, station.now).marks;
  const examined = new Map(examination.repositories.map((one) => [repositoryKey(one.reading.record), one]));
  const answers = examination.manifest.repositories.map((record): RepositoryAnswer => {
    const key = repositoryKey(record);
    const known = answerMarks(record, marksOf(marks, key));
    const one = examined.get(key);
    return one ? signedAnswer(station, one, signed, known) : refusedAnswer(record, known, 'OFFICER');
  });
  return sealedAnswer(station, examination.digest, examination.manifest, answers);
}

/** A sealed no to the whole request: every role refused, for a reason out of a list (M8). */
export function refuseRequest(
  station: OfflineStation,
  request: { readonly digest: string; readonly manifest: RequestManifest },
  code: string,
  out: string,
): SignedFile {
  const answers = request.manifest.repositories.map((record) =>
    refusedAnswer(record, answerMarks(record, marksOf(station.marks, repositoryKey(record))), code),
  );
  return keepAndRelease(station, sealedAnswer(station, request.digest, request.manifest, answers), out);
}

function answerMarks(record: RepositoryRequest, marks: StationMarks): RepositoryMarks {
  return {
    pinned: marks.pinned?.version ?? 0,
    roles: record.result.map(({ role }) => ({
      role,
      seen: Math.max(marks.seen.get(role)?.version ?? 0, marks.floors.get(role)?.seen ?? 0),
      signed: Math.max(marks.floors.get(role)?.signed ?? 0, ...(marks.signed.get(role)?.keys() ?? [])),
    })),
  };
}

function signedAnswer(
  station: OfflineStation,
  { reading, roles, fills }: RepositoryExamination,
  signed: SignedRoles,
  marks: RepositoryMarks,
): RepositoryAnswer {
  const key = repositoryKey(reading.record);
  const outcomes = roles.map((role): RoleOutcome => {
    const signatures = signed.get(`${key} ${role.role}`) ?? [];
    return { role, outcome: signatures.length > 0 ? 'signed' : 'no-key', check: null, signatures };
  });
  const slots = reading.roles.flatMap((role) => role.slots);
  const claimed = reading.record.result.flatMap((result) => result.slots);
  const values = slots.flatMap((slot): FillValue[] => {
    const value = fills.get(slot.id);
    if (!value) return [];
    const context = { repository: reading.record.name, now: reading.now };
    const keyid = reading.dialect.readKey(slot.role, value, context).id;
    const by = claimed.find(({ id }) => id === slot.id)?.station ?? station.home.identity;
    return [{ slot: slot.id, kind: slot.kind, value, keyid, by }];
  });
  return { reading, fills: values, marks, roles: outcomes };
}

function refusedAnswer(record: RepositoryRequest, marks: RepositoryMarks, check: string): RepositoryAnswer {
  const roles = record.result.map(({ role, version }): RoleOutcome => ({
    role: { role, version, document: new Uint8Array() },
    outcome: 'refused',
    check,
    signatures: [],
  }));
  return { reading: { record, recordDigest: recordDigestOf(record) }, fills: [], marks, roles };
}

/** A response that is sealed and not kept anywhere yet. */
export interface SealedAnswer {
  readonly event: ExchangeEvent & { readonly event: 'sealed' };
  readonly bytes: Buffer;
}

function sealedAnswer(
  { home, now }: OfflineStation,
  request: string,
  manifest: RequestManifest,
  answers: readonly RepositoryAnswer[],
): SealedAnswer {
  const head = home.ledger.head();
  const to = manifest.from;
  const sequence = head.line + 1;
  const built = buildResponse(
    {
      environment: home.environment,
      id: manifest.id,
      created: formatTime(now),
      sequence,
      from: { name: home.name, key: home.identity },
      to,
      request: { digest: request, sequence: manifest.sequence },
      previous: lastResponse(home, to.key),
      head,
    },
    answers,
    `countersign ${VERSION}`,
  );
  const { digest, chunks } = sealBundle(home, {
    kind: 'response',
    manifest: built.manifest,
    contents: built.contents.files,
  });
  return {
    event: { event: 'sealed', data: { request, response: digest, sequence, to: to.key } },
    bytes: Buffer.concat([...chunks]),
  };
}

/** Stores a sealed answer in the home, records it, and only then writes it to the stick (M7, R13, R14). */
export function keepAndRelease(
  station: OfflineStation,
  { event, bytes }: SealedAnswer,
  out: string,
): SignedFile {
  const { request, response } = event.data;
  createDurably(responsePath(station, response), bytes);
  station.home.ledger.append([event]);
  return releaseStored(station, request, response, out);
}

/** By the order of sealing, which is not the order in which the requests came. */
function lastResponse(home: Home, partner: string): string | null {
  let last: string | null = null;
  for (const line of home.ledger.lines()) {
    const { event, data } = exchangeEvent(line);
    if (event === 'sealed' && data.to === partner) last = data.response;
  }
  return last;
}

function responsePath(station: OfflineStation, digest: string): string {
  return join(station.home.dir, 'responses', `${digest}.tar`);
}

/** Writes a sealed answer that the home holds to the stick, and records that it left. */
export function releaseStored(
  station: OfflineStation,
  request: string,
  response: string,
  out: string,
): SignedFile {
  const bytes = readFileSync(responsePath(station, response));
  const { readBack } = writeOut(out, [bytes], bytes.length);
  station.home.ledger.append([{ event: 'released', data: { request, response } }]);
  return { out, response, readBack, head: station.home.ledger.head() };
}
