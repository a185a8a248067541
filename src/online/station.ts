import { archive, pinnedRoot } from '../station/archive.ts';
import { repositoryKey, type ExchangeEvent } from '../station/events.ts';
import type { Home } from '../station/home.ts';
import { foldKeys, type KeyRegistry } from '../station/key-registry.ts';
import { foldMarks, marksOf, type StationMarks } from '../station/marks.ts';
import { foldOutbox, type Outbox } from '../station/outbox.ts';
import { sha256Hex } from '../encoding/hash.ts';
import type { SignedDocument } from '../metadata/document.ts';
import type { VerifiedRepository } from '../metadata/repository.ts';
import { documentOf } from '../exchange/request.ts';

/** An online station at work: its home and what the ledger makes of it, folded once a command. */
export interface OnlineStation {
  readonly home: Home;
  /** Seconds since 1970. */
  readonly now: number;
  readonly marks: ReadonlyMap<string, StationMarks>;
  readonly outbox: Outbox;
  readonly keys: KeyRegistry;
}

interface Repository {
  readonly dialect: string;
  readonly name: string;
}

/** Reads the state of an online station out of its ledger. */
export function onlineStation(home: Home, now: number): OnlineStation {
  const lines = home.ledger.lines();
  return { home, now, marks: foldMarks(lines), outbox: foldOutbox(lines), keys: foldKeys(lines) };
}

/** The root that this station pinned for a repository; null before the first look. */
export function pinOf(station: OnlineStation, repository: Repository): SignedDocument | null {
  return pinnedRoot(station.home, marksOf(station.marks, repositoryKey(repository)), repository);
}

/** Lines that move the station's own marks to what it has just verified. */
export function seenEvents(
  station: OnlineStation,
  repository: Repository,
  verified: VerifiedRepository,
): ExchangeEvent[] {
  const key = repositoryKey(repository);
  const marks = marksOf(station.marks, key);
  const events: ExchangeEvent[] = [];
  const sha256 = sha256Hex(verified.root.payload);
  if (marks.pinned?.sha256 !== sha256) {
    const file = archive(station.home, verified.root.file);
    events.push({ event: 'pinned', data: { repository: key, version: verified.root.version, sha256, file } });
  }
  for (const role of ['root', 'snapshot', 'timestamp', ...verified.targets.keys()]) {
    const document = documentOf(verified, role);
    const found = document && sha256Hex(document.payload);
    if (found && marks.seen.get(role)?.sha256 !== found)
      events.push({
        event: 'seen',
        data: { repository: key, role, version: document.version, sha256: found },
      });
  }
  return events;
}
