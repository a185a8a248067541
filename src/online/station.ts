import { archive, pinnedRoot } from '../station/files/archive.ts';
import { repositoryKey, type ExchangeEvent } from '../station/ledger/events.ts';
import type { Home } from '../station/home/home.ts';
import { foldKeys, type KeyRegistry } from '../station/keys/key-registry.ts';
import { foldMarks, marksOf, type StationMarks } from '../station/ledger/marks.ts';
import { keyHolders } from '../station/keys/key-holders.ts';
import { foldOutbox, type Outbox } from '../station/ledger/outbox.ts';
import { partners } from '../station/cards/pairing.ts';
import { sha256Hex } from '../encoding/hash.ts';
import type { SignedDocument } from '../metadata/document.ts';
import type { VerifiedRepository } from '../metadata/verified.ts';
import { documentOf } from '../exchange/request.ts';

/** An online station at work: its home and what the ledger makes of it, folded once a command. */
export interface OnlineStation {
  readonly home: Home;
  /** Seconds since 1970. */
  readonly now: number;
  readonly marks: ReadonlyMap<string, StationMarks>;
  readonly outbox: Outbox;
  readonly keys: KeyRegistry;
  /** Canonical key ID to the name of the station that holds the key, as far as it is known here. */
  readonly holders: ReadonlyMap<string, string>;
}

interface Repository {
  readonly dialect: string;
  readonly name: string;
}

/** Reads the state of an online station out of its ledger. */
export function onlineStation(home: Home, now: number): OnlineStation {
  const lines = home.ledger.lines();
  const keys = foldKeys(lines);
  const outbox = foldOutbox(lines);
  return { home, now, marks: foldMarks(lines), outbox, keys, holders: holderNames(home, outbox) };
}

/** Who filled in a key, and above that whose card it is on, or whether it is this station's own. */
function holderNames(home: Home, outbox: Outbox): ReadonlyMap<string, string> {
  const names = new Map(partners(home).map(({ identity, name }) => [identity, name]));
  const filled = [...outbox.holders].map(
    ([key, identity]) => [key, names.get(identity) ?? identity] as const,
  );
  return new Map([...filled, ...[...keyHolders(home)].map(([key, { name }]) => [key, name] as const)]);
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
  const kept = (root: SignedDocument): { version: number; sha256: string; file: string } => ({
    version: root.version,
    sha256: sha256Hex(root.payload),
    file: archive(station.home, root.file),
  });
  for (const root of newRoots(marks.pinned, verified.roots)) {
    const data = { repository: key, ...kept(root) };
    events.push(root === verified.root ? { event: 'pinned', data } : { event: 'root', data });
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

/**
 * The newest root, unless it is the pinned one, and before it those that lead to it. Without a pin that is all of
 * them; roots older than the pin prove nothing, and where the pinned one is not among them neither do the newer.
 */
function newRoots(
  pinned: { readonly version: number; readonly sha256: string } | null,
  roots: readonly SignedDocument[],
): readonly SignedDocument[] {
  if (!pinned) return roots;
  const at = roots.findIndex((root) => sha256Hex(root.payload) === pinned.sha256);
  return at === -1 ? roots.slice(-1) : roots.slice(at + 1);
}
