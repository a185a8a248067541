import type { LedgerHead, RepositoryRequest, RequestManifest } from '../bundle/manifest.ts';
import { refused, usage } from '../errors.ts';
import { readRepository } from '../exchange/read-request.ts';
import { checkVersion } from '../policy/versions.ts';
import { pinnedRoot } from '../station/files/archive.ts';
import { repositoryKey, type ExchangeEvent } from '../station/ledger/events.ts';
import { marksOf, type Floor } from '../station/ledger/marks.ts';
import { writeRecovery } from '../station/recovery.ts';
import type { TakenRequest } from './examine.ts';
import type { OfflineStation } from './station.ts';
import { withRequest } from './take.ts';

/** What officers accept where the responses of a lost ledger are gone. */
export interface HeadPlan {
  readonly head: LedgerHead;
  /** Line at which this ledger ends now. */
  readonly from: number;
  /** Every version up to these counts as seen and signed. */
  readonly taken: readonly (Floor & { readonly repository: string; readonly role: string })[];
}

export interface HeadResult extends HeadPlan {
  /** Head of the ledger after the recovery, for the paper. */
  readonly now: LedgerHead;
}

const HEAD = /^([1-9]\d{0,14}):([0-9a-f]{64})$/;

/** Lines behind a head that sealed and released its response. */
const AFTER_HEAD = 2;

/**
 * Recovers a ledger up to a head that the paper says, where the responses that led to it are gone (M9): of every
 * repository in the request, each version up to those that it builds on, or skips, counts as taken. The base is
 * verified from the pin that is left; contents of versions above it that were signed and never published are lost,
 * which is what the officers accept.
 *
 * @param text `LINE:HASH`
 * @param confirm throws unless people read the head from the paper and accepted the versions
 * @throws RECOVER-HEAD, RECOVER-NOTHING (exit 2), RECOVER-FAR, EXCHANGE-RECIPIENT, LEDGER-ROLLBACK, CHAIN-*, VERSION-*
 *   (exit 3)
 */
export async function recoverToHead(
  station: OfflineStation,
  file: string,
  text: string,
  confirm: (plan: HeadPlan) => Promise<void>,
): Promise<HeadResult> {
  const { home } = station;
  const head = parseHead(text);
  if (home.ledger.hashOfLine(head.line) === head.hash)
    throw usage('RECOVER-NOTHING', 'the ledger holds this line', { found: text });
  return withRequest(station, file, false, async (taken) => {
    const us = recipientOf(station, taken.bundle.manifest);
    checkEcho(us.head, head, file);
    const floors = taken.bundle.manifest.repositories.flatMap((record) => floorsOf(station, taken, record));
    const plan: HeadPlan = {
      head,
      from: home.ledger.head().line,
      taken: floors.map(({ name: repository, role, seen, signed }) => ({ repository, role, seen, signed })),
    };
    await confirm(plan);
    writeRecovery(home.ledger, {
      what: 'head',
      head,
      last: Math.max(head.line, us.heard?.sequence ?? 0) + AFTER_HEAD,
      parts: [{ head, events: [...heardEvents(us.heard, taken.bundle.sealedBy), ...floors.map(floorEvent)] }],
    });
    return { ...plan, now: home.ledger.head() };
  });
}

/** @throws RECOVER-HEAD */
function parseHead(text: string): LedgerHead {
  const [, line = '', hash = ''] = HEAD.exec(text) ?? [];
  if (hash !== '') return { line: Number(line), hash };
  throw usage('RECOVER-HEAD', 'not a head of a ledger', {
    expected: 'LINE:HASH, the number of a line and 64 hex digits',
    found: text,
    hint: 'take it from the paper of the last session',
  });
}

function recipientOf({ home }: OfflineStation, manifest: RequestManifest): RequestManifest['to'][number] {
  const us = manifest.to.find(({ key }) => key === home.identity);
  if (us) return us;
  throw refused('EXCHANGE-RECIPIENT', 'the request is not addressed to this station', {
    expected: home.identity,
    found: manifest.to.map(({ key }) => key).join(' '),
  });
}

/** The paper may know of more than the online half heard, never of less. */
function checkEcho(echo: LedgerHead | null, head: LedgerHead, where: string): void {
  if (!echo || echo.line < head.line || (echo.line === head.line && echo.hash === head.hash)) return;
  throw refused('LEDGER-ROLLBACK', 'the online half heard of another line than the one that is given', {
    expected: `line ${String(echo.line)} ${echo.hash}`,
    found: `line ${String(head.line)} ${head.hash}`,
    where,
    hint: 'look for a later paper',
  });
}

interface NamedFloor extends Floor {
  readonly key: string;
  readonly name: string;
  readonly role: string;
}

/** What is taken of one repository: what it builds on, and what it skips; the base is verified first. */
function floorsOf(
  station: OfflineStation,
  { bundle }: TakenRequest,
  record: RepositoryRequest,
): NamedFloor[] {
  const key = repositoryKey(record);
  const pinned = pinnedRoot(station.home, marksOf(station.marks, key), record);
  const reading = readRepository(record, (name) => bundle.read(name), pinned, station.now * 1000);
  const base = new Map(record.base.map(({ role, version }) => [role, version]));
  for (const role of reading.roles) checkVersion(role, base.get(role.role) ?? 0, record.name);
  const results = new Map(record.result.map(({ role, version }) => [role, version]));
  return [...base]
    .filter(([, version]) => version > 0)
    .map(([role, seen]) => ({
      key,
      name: record.name,
      role,
      seen,
      signed: Math.max(seen, (results.get(role) ?? 1) - 1),
    }));
}

function floorEvent({ key, role, seen, signed }: NamedFloor): ExchangeEvent {
  return { event: 'recovered-floor', data: { repository: key, role, seen, signed } };
}

/** The last answer that this partner received, so that the next one names it; its request is not known any more. */
function heardEvents(heard: RequestManifest['to'][number]['heard'], to: string): ExchangeEvent[] {
  if (!heard) return [];
  const data = { request: '0'.repeat(64), response: heard.digest, sequence: heard.sequence, to };
  return [{ event: 'sealed', data }];
}
