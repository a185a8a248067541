import { randomBytes } from 'node:crypto';
import type { RequestManifest } from '../../bundle/manifest.ts';
import { formatTime } from '../../encoding/time.ts';
import { buildRequest } from '../../exchange/request.ts';
import { createDurably } from '../../station/files/durable.ts';
import { sealBundle } from '../../station/seal-bundle.ts';
import { repositoryKey, type ExchangeEvent } from '../../station/ledger/events.ts';
import type { PlannedRepository } from './export-plan.ts';
import type { Recipient } from './recipient.ts';
import type { RestoredList } from '../staging/restore.ts';
import { unstage, writeStaged } from '../staging/staged.ts';
import type { OnlineStation } from '../station.ts';
import { requestPath } from '../stored-request.ts';

/** A request lives for thirty days (seconds). */
const LIFE = 30 * 86_400;

/** A request that another one replaces, and the staged lists with its changes put back, by `dialect:name`. */
export interface GivenUp {
  readonly digest: string;
  readonly lists: ReadonlyMap<string, RestoredList>;
}

/**
 * Seals a request for planned repositories, keeps it in the home, and records it; the changes leave the staged list
 * with the ledger's line (M8). Says its digest.
 *
 * @param givenUp an outstanding request that this one replaces
 * @param more lines that are recorded together with it
 */
export function makeRequest(
  station: OnlineStation,
  plans: readonly PlannedRepository[],
  recipients: readonly Recipient[],
  givenUp: GivenUp | null,
  more: (request: string) => readonly ExchangeEvent[] = () => [],
): string {
  const { home, now, outbox } = station;
  const sequence = home.ledger.head().line + 1;
  const id = randomBytes(16).toString('hex');
  const built = buildRequest(
    {
      environment: home.environment,
      id,
      created: formatTime(now),
      notAfter: formatTime(now + LIFE),
      sequence,
      from: { name: home.name, key: home.identity },
      to: recipients.map(({ name, identity }) => addressed(outbox, name, identity)),
    },
    plans.map(({ plan }) => plan),
  );
  const bundle = sealBundle(home, {
    kind: 'request',
    manifest: built.manifest,
    contents: built.contents.files,
  });
  createDurably(requestPath(station, bundle.digest), Buffer.concat([...bundle.chunks]));
  const supersedes = givenUp === null ? [] : [givenUp.digest];
  // what is not part of this request waits for the next
  for (const { repository, list } of givenUp?.lists.values() ?? []) writeStaged(home, repository, list);
  home.ledger.append([
    {
      event: 'exported',
      data: { request: bundle.digest, id, sequence, repositories: plans.length, supersedes },
    },
    ...supersedes.map((request): ExchangeEvent => ({ event: 'abandoned', data: { request } })),
    ...plans.flatMap((planned) => reservations(bundle.digest, planned)),
    ...plans.flatMap(({ seen }) => seen),
    ...more(bundle.digest),
  ]);
  for (const { entry } of plans) unstage(home, entry);
  return bundle.digest;
}

function addressed(
  outbox: OnlineStation['outbox'],
  name: string,
  key: string,
): RequestManifest['to'][number] {
  const heard = outbox.heard.get(key);
  if (!heard) return { name, key, heard: null, head: null };
  const { sequence, digest, line, hash } = heard;
  return { name, key, heard: { sequence, digest }, head: { line, hash } };
}

function reservations(request: string, { entry, plan, batch }: PlannedRepository): ExchangeEvent[] {
  const repository = repositoryKey(entry);
  // A request that asks for nothing holds the version that there is, so that it too waits for its answer.
  const held =
    plan.base && plan.roles.length === 0 ? [{ role: 'root', version: plan.base.root.version }] : [];
  return [...plan.roles, ...held].map(({ role, version }) => ({
    event: 'reserved',
    data: { request, repository, role, version, batch },
  }));
}
