import { sha256Hex } from '../encoding/hash.ts';
import { toBase64 } from '../encoding/text.ts';
import { refused } from '../errors.ts';
import { withForeign } from '../exchange/foreign.ts';
import { mergeResponses, type MergedRepository } from '../exchange/merge-responses.ts';
import type { RepositoryReading } from '../exchange/read-request.ts';
import {
  checkBinding,
  readRepositoryResponse,
  type RepositoryResponseReading,
} from '../exchange/read-response.ts';
import { openIncoming, type Answer } from '../station/ledger/answers.ts';
import { repositoryKey, type ExchangeEvent } from '../station/ledger/events.ts';
import type { Copy } from '../station/files/incoming.ts';
import { checkHead } from '../station/recovered.ts';
import type { Examination } from './examination.ts';
import type { TakenRequest } from './examine.ts';
import type { OfflineStation } from './station.ts';

/** What other stations answered to the same request, verified; by repository. */
export interface Partials {
  readonly answers: readonly Answer[];
  readonly repositories: ReadonlyMap<string, MergedRepository>;
  /** IDs of keys that a station filled in, to its name: it says so under its own seal. */
  readonly holders: ReadonlyMap<string, string>;
}

/**
 * Reads the responses that came along with a request: each sealed by a paired station that the request was sent
 * to, bound to this request, its fills and signatures verified against what was recomputed here (M17); and metadata
 * files that other tools signed.
 *
 * @throws BUNDLE-*, SEAL-*, EXCHANGE-BINDING, EXCHANGE-FILL, EXCHANGE-CONTENT, EXCHANGE-SIGNATURE, LEDGER-ROLLBACK
 */
export async function readPartials(
  station: OfflineStation,
  taken: TakenRequest,
  examination: Examination,
  copies: readonly Copy[],
): Promise<Partials> {
  const { answers, foreign } = await openIncoming(station.home, copies);
  const { digest, manifest } = taken.bundle;
  for (const answer of answers) {
    checkBinding(answer.manifest, { digest, manifest });
    checkOwn(station, answer);
  }
  const merged: MergedRepository[] = [];
  const holders = new Map<string, string>();
  for (const { reading } of examination.repositories) {
    const at = manifest.repositories.indexOf(reading.record);
    const read = answers.map((answer) => {
      const said = answer.manifest.repositories[at];
      if (!said) throw new Error('a bound response lacks a repository');
      for (const { keyid, by } of said.fills)
        if (by === answer.sealedBy) holders.set(keyid, nameOf(station, by));
      return readRepositoryResponse(reading, said, (name) => answer.read(name));
    });
    checkFiller(station, digest, reading, answers, read);
    merged.push(mergeResponses(reading, read));
  }
  const all = withForeign(merged, foreign).map((one) => [repositoryKey(one.reading.record), one] as const);
  const repositories = new Map(all);
  return { answers, repositories, holders };
}

/** A name as this station pinned it: what a response calls its sender is only claimed. */
function nameOf({ home, partners }: OfflineStation, identity: string): string {
  if (identity === home.identity) return home.name;
  return partners.find((partner) => partner.identity === identity)?.name ?? identity;
}

/**
 * An answer of this station that its ledger does not know of: the home is an old copy, or was cloned.
 *
 * @throws LEDGER-ROLLBACK
 */
function checkOwn({ home }: OfflineStation, { sealedBy, manifest, digest }: Answer): void {
  if (sealedBy !== home.identity) return;
  checkHead(home.ledger, manifest.head, 'this station gave an answer that its ledger does not hold', digest);
}

/**
 * What was filled in is believed only under the seal of the station that the request names for it: others repeat it,
 * and one of them alone could put in what it likes (M4). Once recorded here, it need not come again.
 *
 * @throws EXCHANGE-FILL
 */
function checkFiller(
  station: OfflineStation,
  request: string,
  { record }: RepositoryReading,
  answers: readonly Answer[],
  read: readonly RepositoryResponseReading[],
): void {
  if (read.every(({ fills }) => fills.size === 0)) return;
  const recorded = station.fillsOf(request, repositoryKey(record));
  for (const { id, station: filler } of record.result.flatMap(({ slots }) => slots)) {
    const sealed = answers.some(({ sealedBy }, at) => sealedBy === filler && read[at]?.fills.has(id));
    if (sealed || recorded.has(id)) continue;
    throw refused('EXCHANGE-FILL', 'the response of the station that filled in the slots is not there', {
      expected: `the response of ${nameOf(station, filler)}`,
      found: answers.map(({ sealedBy }) => nameOf(station, sealedBy)).join(', '),
      where: `${record.name} ${id}`,
      hint: 'bring it along too: sign REQUEST RESPONSE...',
    });
  }
}

/**
 * The fills of others as lines of this station's own: from here on they are what it recomputes with.
 *
 * @throws EXCHANGE-FILL where this station filled in otherwise
 */
export function partialFills(station: OfflineStation, digest: string, partials: Partials): ExchangeEvent[] {
  return [...partials.repositories].flatMap(([repository, { reading, fills }]) => {
    const own = station.fillsOf(digest, repository);
    return reading.roles
      .flatMap(({ slots }) => slots)
      .flatMap((slot): ExchangeEvent[] => {
        const value = fills.get(slot.id);
        if (!value) return [];
        const before = own.get(slot.id);
        if (before && Buffer.compare(before, value) !== 0)
          throw refused('EXCHANGE-FILL', 'this station filled in a slot otherwise than the response', {
            expected: sha256Hex(before),
            found: sha256Hex(value),
            where: `${reading.record.name} ${slot.id}`,
            hint: 'only one of the two may ever be published: find out who signed first',
          });
        if (before) return [];
        const context = { repository: reading.record.name, now: reading.now };
        const keyid = reading.dialect.readKey(slot.role, value, context).id;
        const { id, kind } = slot;
        return [
          {
            event: 'fill',
            data: { request: digest, repository, slot: id, kind, keyid, value: toBase64(value) },
          },
        ];
      });
  });
}

/** The station with what others filled in, as far as it did not fill in itself: for looking, nothing is recorded. */
export function withPartials(station: OfflineStation, digest: string, partials: Partials): OfflineStation {
  return {
    ...station,
    holders: new Map([...partials.holders, ...station.holders]),
    vouched: new Set([...station.vouched, ...partials.holders.keys()]),
    fillsOf(request, repository) {
      const own = station.fillsOf(request, repository);
      const given = request === digest ? partials.repositories.get(repository)?.fills : undefined;
      return given ? new Map([...given, ...own]) : own;
    },
  };
}
