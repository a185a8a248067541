import { existsSync } from 'node:fs';
import type { KeySource } from '../../change/change.ts';
import { isDelegated } from '../../metadata/roles.ts';
import { toBase64 } from '../../encoding/text.ts';
import { incomplete, usage } from '../../errors.ts';
import type { Dialect, KeyContext } from '../../metadata/dialect.ts';
import { publicKeyFromSpki } from '../../metadata/public-key.ts';
import type { CardKey } from '../../station/cards/card-keys.ts';
import { partners } from '../../station/cards/pairing.ts';
import { readPublicKeyFile, type PublicKeyFile } from './public-key-file.ts';
import type { OnlineStation } from '../station.ts';

/** How a source of a key is written, for help. */
export const SOURCE_HELP = 'new, STATION[:KEYID] or a PEM file';

/** For which role of which repository a key is meant. */
export interface KeyPlace {
  readonly dialect: Dialect;
  readonly context: KeyContext;
  readonly role: string;
}

/** Digits of a key ID that tell it from others. */
const LEAST_DIGITS = 8;

/**
 * The key that somebody named: `new` for one that the filling station chooses or makes, a station's name for a key on
 * its pinned card (`STATION:KEYID` where it has several), or a PEM file with a certificate or a public key.
 *
 * @throws KEY-SOURCE, KEY-FILE, KEY-AMBIGUOUS (exit 2), KEY-NONE (exit 4), KEY-ALGORITHM, KEY-WEAK, CERTIFICATE-*
 */
export function keySource(station: OnlineStation, place: KeyPlace, text: string): KeySource {
  if (text === 'new') {
    if (isDelegated(place.role))
      throw usage('KEY-SOURCE', 'the key of a delegated role is not made at signing', {
        where: place.role,
        hint: 'give the certificate or public key of whoever is to sign it',
      });
    return { form: 'slot', value: null };
  }
  const found = onCard(station, place, text) ?? inFile(text);
  checkUsable(place, found);
  return { form: found.form, value: toBase64(found.value) };
}

/** A key of a station's card; null where no station has that name. */
function onCard(station: OnlineStation, { role }: KeyPlace, text: string): PublicKeyFile | null {
  const [name = '', ...rest] = text.split(':');
  const all = keysAt(station, name);
  if (!all || rest.length > 1) return null;
  const [prefix = ''] = rest;
  const ofRole = all.filter((key) => key.role === role);
  const usable =
    ofRole.length > 0 ? ofRole : all.filter((key) => isDelegated(role) && key.role === 'delegation');
  const keys = usable.filter(({ keyid }) => keyid.startsWith(prefix));
  if (prefix !== '' && prefix.length < LEAST_DIGITS)
    throw usage('KEY-SOURCE', 'too few digits of a key ID', {
      expected: `at least ${String(LEAST_DIGITS)} of them`,
      found: prefix,
      where: name,
    });
  const [key, second] = keys;
  if (!key)
    throw incomplete('KEY-NONE', 'the card of the station has no such key', {
      expected: prefix === '' ? `a ${role} key` : `a ${role} key ${prefix}`,
      found: all.map((one) => `${one.role} ${one.keyid.slice(0, 16)}`).join(', ') || 'no keys',
      where: name,
      hint: 'generate the key there, write a new card (station card) and pair it here',
    });
  if (second)
    throw usage('KEY-AMBIGUOUS', 'the station has several such keys', {
      found: keys.map(({ keyid }) => keyid.slice(0, 16)).join(' '),
      where: name,
      hint: `say which: ${name}:KEYID`,
    });
  return { form: 'public', value: key.public };
}

function keysAt(station: OnlineStation, name: string): readonly Omit<CardKey, 'algorithm'>[] | null {
  if (name === station.home.name)
    return [...station.keys.keys.values()].map(({ id, role, public: { spki } }) => ({
      keyid: id,
      role,
      public: spki,
    }));
  return partners(station.home).find((partner) => partner.name === name)?.keys ?? null;
}

function inFile(text: string): PublicKeyFile {
  if (existsSync(text)) return readPublicKeyFile(text);
  throw usage('KEY-SOURCE', 'neither a paired station nor a file', {
    expected: SOURCE_HELP,
    found: text.slice(0, 300),
    hint: 'station show lists the stations that are paired',
  });
}

/** What whoever signs, and every client later, would refuse is refused now. */
function checkUsable({ dialect, context, role }: KeyPlace, { form, value }: PublicKeyFile): void {
  if (form === 'certificate') dialect.readKey(role, dialect.certificateValue(value, context), context);
  else dialect.scheme(publicKeyFromSpki(value).algorithm, role);
}
