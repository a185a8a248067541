import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  type KeyObject,
} from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { identityOf, preAuthentication, type SealedKind } from '../../bundle/seal.ts';
import type { Environment } from '../../bundle/manifest.ts';
import { canonicalBytes } from '../../encoding/canonical-json.ts';
import { parseCanonicalJson } from '../../encoding/strict-json.ts';
import { formatTime } from '../../encoding/time.ts';
import { refused, usage } from '../../errors.ts';
import { createDurably, syncFolder } from '../files/durable.ts';
import { GENESIS } from '../ledger/ledger-chain.ts';
import { openLedger, type Ledger, type LedgerDisk } from '../ledger/ledger.ts';
import { removeLeftovers } from '../files/leftovers.ts';
import { takeLock } from './lock.ts';

export type Side = 'online' | 'offline';

export interface StationIdentity {
  readonly name: string;
  readonly side: Side;
  readonly environment: Environment;
}

/** A station's home, open for one command. */
export interface Home extends StationIdentity {
  readonly dir: string;
  /** SHA-256 of the raw transport key, hex. */
  readonly identity: string;
  /** Raw Ed25519 transport key, 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly ledger: Ledger;
  /** Signs a pre-authentication encoding with the transport key. */
  sign(message: Uint8Array): Uint8Array;
  /** Seals bytes of one kind. */
  seal(kind: SealedKind, body: Uint8Array): Uint8Array;
  close(): void;
}

const STATION = 'station.json';
const KEY = 'transport.key';
const LEDGER = 'ledger.jsonl';
const NAME = /^[a-z0-9][a-z0-9-]{0,39}$/;

const seconds = (): number => Math.floor(Date.now() / 1000);

/**
 * Makes a home: folder of mode 0700, transport key, ledger with its first line. What it will be, online or
 * offline, production or rehearsal, it stays (S26).
 *
 * @throws HOME-EXISTS, HOME-NAME (exit 2)
 */
export async function initHome(folder: string, station: StationIdentity): Promise<void> {
  const dir = resolve(folder);
  if (!NAME.test(station.name))
    throw usage('HOME-NAME', "a station's name has 1 to 40 characters of a-z, 0-9 and -", {
      found: station.name,
    });
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  checkFolder(dir);
  const release = await takeLock(dir);
  try {
    if (existsSync(join(dir, STATION)))
      throw usage('HOME-EXISTS', 'there is a station in this home', {
        where: dir,
        hint: 'station show says which; choose another --home',
      });
    // Whatever an interrupted run left is without a station.json, so nothing was ever done with it.
    removeLeftovers(dir);
    rmSync(join(dir, KEY), { force: true });
    rmSync(join(dir, LEDGER), { force: true });
    for (const folder of ['keys', 'inbox']) mkdirSync(join(dir, folder), { recursive: true, mode: 0o700 });
    const { privateKey } = generateKeyPairSync('ed25519');
    createDurably(join(dir, KEY), Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' })));
    createDurably(join(dir, LEDGER), genesis(station, rawPublicKey(privateKey)));
    createDurably(join(dir, STATION), canonicalBytes({ ...station }));
    syncFolder(dirname(dir));
  } finally {
    release();
  }
}

function genesis(station: StationIdentity, publicKey: Uint8Array): Uint8Array {
  const data = { ...station, key: identityOf(publicKey), random: randomBytes(16).toString('hex') };
  const line = { v: 1, line: 1, time: formatTime(seconds()), event: 'genesis', data, prev: GENESIS };
  return Buffer.concat([canonicalBytes(line), Buffer.from('\n')]);
}

/**
 * Opens a home for one command; for writing it holds the lock until it is closed.
 *
 * @param options.lock holds the lock for reading too, where files from outside are copied into the home
 * @param options.disk how the ledger gets to disk; tests make it fail
 * @throws HOME-NONE (exit 2), HOME-MODE, HOME-DAMAGED, LEDGER-CHAIN (exit 3), LOCK-HELD (exit 6)
 */
export async function openHome(
  folder: string,
  options: { readonly write: boolean; readonly lock?: boolean; readonly disk?: LedgerDisk },
): Promise<Home> {
  // Without a trailing slash, behind which a link would be followed.
  const dir = resolve(folder);
  if (!existsSync(join(dir, STATION)))
    throw usage('HOME-NONE', 'there is no station in this home', {
      where: dir,
      hint: 'countersign station init --side online|offline --name NAME',
    });
  checkFolder(dir);
  const release = options.write || options.lock ? await takeLock(dir) : () => undefined;
  try {
    const { station, privateKey } = readParts(dir);
    const publicKey = rawPublicKey(privateKey);
    const ledger = openLedger(join(dir, LEDGER), options.write, seconds, options.disk);
    checkGenesis(dir, ledger, station, publicKey);
    return {
      ...station,
      dir,
      identity: identityOf(publicKey),
      publicKey,
      ledger,
      sign: (message) => sign(null, message, privateKey),
      seal: (kind, body) => sign(null, preAuthentication(kind, body), privateKey),
      close() {
        ledger.close();
        release();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}

function readParts(dir: string): { station: StationIdentity; privateKey: KeyObject } {
  let where = join(dir, LEDGER);
  try {
    if (!lstatSync(where).isFile()) throw new TypeError('not a file');
    where = join(dir, STATION);
    const station = parseCanonicalJson(readFileSync(where)) as unknown as StationIdentity;
    where = join(dir, KEY);
    const privateKey = createPrivateKey(readFileSync(where));
    if (privateKey.asymmetricKeyType !== 'ed25519') throw new TypeError('not an Ed25519 key');
    return { station, privateKey };
  } catch (cause) {
    throw refused('HOME-DAMAGED', 'a part of the home is missing or damaged', {
      where,
      hint: 'restore the whole home from its backup, never single files',
      cause,
    });
  }
}

/** The home must be ours alone: what is in it decides what is signed. */
function checkFolder(dir: string): void {
  const status = lstatSync(dir);
  if (!status.isDirectory() || status.uid !== process.geteuid?.() || (status.mode & 0o077) !== 0)
    throw refused('HOME-MODE', 'the home is not a folder that only this user can enter', {
      expected: 'a folder of this user, mode 700',
      found: `mode ${(status.mode & 0o777).toString(8)}, user ${String(status.uid)}`,
      where: dir,
      hint: 'chmod 700 it, and find out who could have changed it',
    });
}

function checkGenesis(dir: string, ledger: Ledger, station: StationIdentity, publicKey: Uint8Array): void {
  const first = ledger.lines()[0];
  const { name, side, environment } = station;
  const expected = JSON.stringify([name, side, environment, identityOf(publicKey)]);
  const found = JSON.stringify(
    first ? ['name', 'side', 'environment', 'key'].map((member) => first.data[member]) : [],
  );
  if (expected !== found)
    throw refused('HOME-DAMAGED', "the home's parts do not belong together", {
      expected,
      found,
      where: dir,
      hint: 'restore the whole home from its backup, never single files',
    });
}

function rawPublicKey(privateKey: KeyObject): Uint8Array {
  return createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).subarray(-32);
}

/** @throws HOME-SIDE (exit 2) where a command belongs to the other half */
export function requireSide(home: Home, side: Side, command: string): void {
  if (home.side === side) return;
  throw usage('HOME-SIDE', `${command} is a command of the ${side} half, and this station is ${home.side}`, {
    expected: side,
    found: `${home.side} (${home.name})`,
    where: home.dir,
    hint: `take it to an ${side} station, or name another home with --home`,
  });
}
