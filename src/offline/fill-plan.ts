import type { ComputedSlot } from '../change/quorum.ts';
import { incomplete } from '../errors.ts';
import type { Algorithm } from '../metadata/key.ts';
import type { RepositoryReading } from '../exchange/read-request.ts';
import type { SigningKey } from '../signer/signer.ts';
import { repositoryKey } from '../station/events.ts';
import { keyById } from '../station/key-registry.ts';
import { placeOf, type SignerPlace } from '../station/signers.ts';
import type { OfflineStation } from './station.ts';

/** How one slot is to be filled: with a key that is there, or with one that is generated beside it. */
export interface PlannedFill {
  readonly reading: RepositoryReading;
  readonly repository: string;
  readonly slot: ComputedSlot;
  readonly key: SigningKey | null;
  readonly algorithm: Algorithm;
  readonly place: SignerPlace;
}

/**
 * Chooses keys for the open slots of first roots: the root key is one that the officer generated before; the
 * targets key is one bound to the repository, or one that is still free, or a new one beside the root key (M4).
 *
 * @param named key IDs that the officer gave, for a station that holds several root keys
 * @throws KEY-NONE, KEY-AMBIGUOUS
 */
export function planFills(
  station: OfflineStation,
  readings: readonly RepositoryReading[],
  filled: (repository: string) => ReadonlyMap<string, Uint8Array>,
  named: readonly string[],
): PlannedFill[] {
  const free = [...station.keys.keys.values()].filter(
    (key) => key.role === 'targets' && key.repository === null,
  );
  return readings.flatMap((reading) => {
    const repository = repositoryKey(reading.record);
    const done = filled(repository);
    const slots = reading.record.result.flatMap((role) => role.slots);
    if (slots.length === 0) return [];
    checkStation(station, slots, reading.record.name);
    const root = chooseRoot(station, reading, named);
    return slots
      .filter((slot) => !done.has(slot.id))
      .map((slot) => {
        const key =
          slot.kind === 'certificate'
            ? root
            : (boundKey(station, repository, slot.role) ?? free.shift() ?? null);
        return { reading, repository, slot, key, algorithm: slot.algorithm, place: placeOf(key ?? root) };
      });
  });
}

function checkStation(
  station: OfflineStation,
  slots: readonly { readonly station: string }[],
  where: string,
): void {
  if (slots.every((slot) => slot.station === station.home.identity)) return;
  throw incomplete('KEY-NONE', 'the slots of this repository are for another station', {
    where,
    hint: 'take the request to that station first',
  });
}

function chooseRoot(
  station: OfflineStation,
  reading: RepositoryReading,
  named: readonly string[],
): SigningKey {
  const repository = repositoryKey(reading.record);
  const roots = [...station.keys.keys.values()].filter(
    (key) => key.role === 'root' && (key.repository === null || key.repository === repository),
  );
  const chosen = named.map((text) => keyById(station.keys, text)).filter((key) => roots.includes(key));
  const [key, second] = chosen.length > 0 ? chosen : roots;
  if (!key)
    throw incomplete('KEY-NONE', 'this station has no root key', {
      where: reading.record.name,
      hint: 'countersign key generate root --token URI, or --keyfile',
    });
  if (second)
    throw incomplete('KEY-AMBIGUOUS', 'this station has several root keys', {
      found: roots.map(({ id }) => id.slice(0, 16)).join(' '),
      where: reading.record.name,
      hint: 'name the one to use with --key ID',
    });
  reading.dialect.scheme(key.public.algorithm, 'root');
  return key;
}

function boundKey(station: OfflineStation, repository: string, role: string): SigningKey | undefined {
  return [...station.keys.keys.values()].find((key) => key.role === role && key.repository === repository);
}
