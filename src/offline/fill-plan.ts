import type { ComputedSlot } from '../change/quorum.ts';
import { incomplete } from '../errors.ts';
import type { Algorithm, PublicKey } from '../metadata/key.ts';
import type { RepositoryReading } from '../exchange/read-request.ts';
import type { SigningKey } from '../signer/signer.ts';
import { pinnedRoot } from '../station/files/archive.ts';
import { repositoryKey } from '../station/ledger/events.ts';
import { keyById } from '../station/keys/key-registry.ts';
import { marksOf } from '../station/ledger/marks.ts';
import { placeBeside, placeOf, type SignerPlace } from '../station/keys/signers.ts';
import type { OfflineStation } from './station.ts';

/** How one slot is to be filled. */
export interface PlannedFill {
  readonly reading: RepositoryReading;
  readonly repository: string;
  readonly slot: ComputedSlot;
  /** The key that goes in: one that is here or is known from elsewhere; null for one to be generated. */
  readonly public: PublicKey | null;
  /** The key of this station that goes in, or that signs the certificate of another's. */
  readonly key: SigningKey | null;
  readonly algorithm: Algorithm;
  /** Where the key is, or is to be generated. */
  readonly place: SignerPlace;
}

/**
 * Chooses keys for the open slots. A certificate is for a root key that the officer generated before, and that the
 * root does not list yet, or for the key that the request names, which may be another station's (M4). Other keys
 * are one bound to the repository, or one that is still free, or a new one beside the root key.
 *
 * @param named key IDs that the officer gave, for a station that holds several root keys
 * @throws KEY-NONE, KEY-AMBIGUOUS (exit 4)
 */
export function planFills(
  station: OfflineStation,
  readings: readonly RepositoryReading[],
  filled: (repository: string) => ReadonlySet<string>,
  named: readonly string[],
): PlannedFill[] {
  const taken = new Set<string>();
  return readings.flatMap((reading) => {
    const repository = repositoryKey(reading.record);
    const done = filled(repository);
    const slots = reading.roles.flatMap((role) => role.slots).filter(({ id }) => !done.has(id));
    if (slots.length === 0) return [];
    checkStation(station, reading);
    const chosen = new Set<string>();
    return slots.map((slot): PlannedFill => {
      const choice = { station, reading, repository, slot, named, chosen, taken };
      const plan = slot.kind === 'certificate' ? certificatePlan(choice) : keyPlan(choice);
      if (plan.key) chosen.add(plan.key.id);
      return plan;
    });
  });
}

interface Choice {
  readonly station: OfflineStation;
  readonly reading: RepositoryReading;
  readonly repository: string;
  readonly slot: ComputedSlot;
  readonly named: readonly string[];
  /** Keys that went into other slots of this repository. */
  readonly chosen: ReadonlySet<string>;
  /** Free keys that went to other repositories of this request. */
  readonly taken: Set<string>;
}

function checkStation(station: OfflineStation, { record }: RepositoryReading): void {
  const slots = record.result.flatMap((role) => role.slots);
  if (slots.every((slot) => slot.station === station.home.identity)) return;
  throw incomplete('KEY-NONE', 'the slots of this repository are for another station', {
    where: record.name,
    hint: 'take the request to that station first, and bring its response along: sign REQUEST RESPONSE',
  });
}

function certificatePlan(choice: Choice): PlannedFill {
  const { station, reading, repository, slot } = choice;
  const known = slot.key?.public ?? null;
  const own = known && station.keys.keys.get(slot.keyid ?? '');
  const key = own ?? (known ? issuer(choice) : chooseRoot(choice));
  reading.dialect.scheme((known ?? key.public).algorithm, slot.role);
  return {
    ...{ reading, repository, slot, key },
    public: known ?? key.public,
    algorithm: (known ?? key.public).algorithm,
    place: placeOf(key),
  };
}

/** Root keys of this station that may serve the repository. */
function rootKeys({ station, repository }: Choice): SigningKey[] {
  return [...station.keys.keys.values()].filter(
    (key) => key.role === 'root' && (key.repository === null || key.repository === repository),
  );
}

/** The key that signs another station's certificate: nobody verifies it, but it says who made it (M4). */
function issuer(choice: Choice): SigningKey {
  const keys = rootKeys(choice);
  const key = keys.find(({ id }) => choice.chosen.has(id)) ?? keys[0];
  if (key) return key;
  throw noRootKey(choice);
}

function noRootKey({ reading }: Choice): Error {
  return incomplete('KEY-NONE', 'this station has no root key that could be put in', {
    where: reading.record.name,
    hint: 'countersign key generate root --token URI, or --keyfile',
  });
}

function chooseRoot(choice: Choice): SigningKey {
  const { station, reading, named, chosen } = choice;
  const listed = currentKeys(choice);
  const roots = rootKeys(choice).filter(({ id }) => !listed.has(id) && !chosen.has(id));
  const given = named.map((text) => keyById(station.keys, text)).filter((key) => roots.includes(key));
  const [key, second] = given.length > 0 ? given : roots;
  if (!key) throw noRootKey(choice);
  if (second)
    throw incomplete('KEY-AMBIGUOUS', 'this station has several root keys', {
      found: roots.map(({ id }) => id.slice(0, 16)).join(' '),
      where: reading.record.name,
      hint: 'name the one to use with --key ID',
    });
  return key;
}

/**
 * Canonical IDs of the keys that the slot's role has now, or had before a repository begins anew: a new key is none
 * of them, unless the request names it.
 */
function currentKeys({ station, reading, repository, slot }: Choice): ReadonlySet<string> {
  const { base, dialect, record } = reading;
  const root =
    base?.root ??
    (record.operation === 'restart'
      ? pinnedRoot(station.home, marksOf(station.marks, repository), record)
      : null);
  const keys = root ? dialect.declaredKeys(root, slot.role).keys : [];
  return new Set(keys.map(({ canonicalId }) => canonicalId));
}

function keyPlan(choice: Choice): PlannedFill {
  const { station, reading, repository, slot, chosen, taken } = choice;
  const listed = currentKeys(choice);
  const all = [...station.keys.keys.values()].filter(({ role }) => role === slot.role);
  const usable = all.filter(({ id }) => !listed.has(id) && !chosen.has(id) && !taken.has(id));
  const key =
    usable.find((one) => one.repository === repository) ??
    usable.find((one) => one.repository === null) ??
    null;
  if (key?.repository === null) taken.add(key.id);
  const beside = all.find(({ id }) => listed.has(id)) ?? rootKeys(choice)[0];
  const neighbour = key ?? beside;
  if (!neighbour) throw noRootKey(choice);
  const { algorithm } = reading.record.result
    .flatMap(({ slots }) => slots)
    .find(({ id }) => id === slot.id) as { algorithm: Algorithm };
  return {
    ...{ reading, repository, slot, key },
    public: key?.public ?? null,
    algorithm: key?.public.algorithm ?? algorithm,
    place: key ? placeOf(key) : placeBeside(neighbour, slot.role),
  };
}
