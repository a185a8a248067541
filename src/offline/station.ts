import { foldDropped } from '../station/keys/dropped-keys.ts';
import type { Home } from '../station/home/home.ts';
import { keyHolders } from '../station/keys/key-holders.ts';
import { foldKeys, type KeyRegistry } from '../station/keys/key-registry.ts';
import { foldMarks, type StationMarks } from '../station/ledger/marks.ts';
import { foldSigning, type SigningState } from '../station/ledger/signing-state.ts';
import { partners, type Partner } from '../station/cards/pairing.ts';

/** An offline station at work: its home and what the ledger makes of it, folded once a command. */
export interface OfflineStation {
  readonly home: Home;
  /** Seconds since 1970. */
  readonly now: number;
  readonly marks: ReadonlyMap<string, StationMarks>;
  readonly signing: ReadonlyMap<string, SigningState>;
  readonly keys: KeyRegistry;
  readonly partners: readonly Partner[];
  /** Canonical key ID to the name of the station that holds the key, as this one or a pinned card says. */
  readonly holders: ReadonlyMap<string, string>;
  /** Canonical IDs of keys that an offline station holds: an online one may put what it likes on its card. */
  readonly vouched: ReadonlySet<string>;
  /** Keys that approved requests took away, by repository. */
  readonly dropped: ReadonlyMap<string, ReadonlySet<string>>;
  hashOfLine(line: number): string | null;
  /** What was filled in for one repository of a request, by slot. */
  fillsOf(request: string, repository: string): ReadonlyMap<string, Uint8Array>;
}

/** Reads the state of an offline station out of its ledger. */
export function offlineStation(home: Home, now: number): OfflineStation {
  const lines = home.ledger.lines();
  const signing = foldSigning(lines);
  const keys = foldKeys(lines);
  const holders = [...keyHolders(home)];
  const fills = new Map<string, Map<string, Map<string, Uint8Array>>>();
  return {
    home,
    now,
    marks: foldMarks(lines),
    signing,
    keys,
    partners: partners(home),
    holders: new Map(holders.map(([id, { name }]) => [id, name])),
    vouched: new Set(holders.flatMap(([id, { side }]) => (side === 'offline' ? [id] : []))),
    dropped: foldDropped(lines),
    hashOfLine: (line) => home.ledger.hashOfLine(line),
    fillsOf(request, repository) {
      let byRepository = fills.get(request);
      if (!byRepository) fills.set(request, (byRepository = fillsByRepository(signing.get(request))));
      return byRepository.get(repository) ?? new Map<string, Uint8Array>();
    },
  };
}

/** What was filled in for each repository of a request, by slot; slots have no space in their names. */
function fillsByRepository(state: SigningState | undefined): Map<string, Map<string, Uint8Array>> {
  const all = new Map<string, Map<string, Uint8Array>>();
  for (const [key, { value }] of state?.fills ?? []) {
    const at = key.lastIndexOf(' ');
    const slots = all.get(key.slice(0, at)) ?? new Map<string, Uint8Array>();
    all.set(key.slice(0, at), slots.set(key.slice(at + 1), value));
  }
  return all;
}
