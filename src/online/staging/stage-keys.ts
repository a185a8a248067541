import type { Change, KeySource } from '../../change/change.ts';
import { isDelegated } from '../../metadata/roles.ts';
import { refused, usage } from '../../errors.ts';
import type { Dialect } from '../../metadata/dialect.ts';
import { keySource } from './key-source.ts';
import { replacementKey } from '../publishing/online-keys.ts';
import {
  checkChanges,
  keyNamed,
  keysNow,
  stageChecked,
  stagingGround,
  type StagedResult,
  type StagingGround,
} from './staging.ts';
import type { OnlineStation } from '../station.ts';
import type { Stores } from '../repositories/stores.ts';

/** @throws CHANGE-ROLE, NAME-ROLE unless an offline station or a delegate holds the role's keys */
export function checkKeyRole(dialect: Dialect, role: string): void {
  if (isDelegated(role)) dialect.checkTargetsRole(role);
  else if (!dialect.offlineRoles.some((offline) => offline.role === role))
    throw refused('CHANGE-ROLE', 'the change is not for that role', {
      expected: `${dialect.offlineRoles.map((offline) => offline.role).join(', ')} or a delegated role`,
      found: role,
    });
}

/** @throws CHANGE-THRESHOLD (exit 2) for what is no number of signatures */
export function readThreshold(text: string): number {
  if (!/^[1-9][0-9]?$/.test(text) || Number(text) > 64)
    throw usage('CHANGE-THRESHOLD', 'not a number of signatures', { expected: '1 to 64', found: text });
  return Number(text);
}

/** Sources of keys for a role, each checked as everybody will check it. */
export function keySources(
  station: OnlineStation,
  { dialect, context }: StagingGround,
  role: string,
  texts: readonly string[],
): KeySource[] {
  return texts.map((text) => keySource(station, { dialect, context, role }, text));
}

export interface RotateOptions {
  readonly role: string;
  /** Sources of the new keys; one new key if empty. */
  readonly keys: readonly string[];
  /** What Notary's users say for roles whose keys the server holds; root and targets cannot be such. */
  readonly serverManaged: boolean;
}

/**
 * Stages other keys for a top-level role: for root and targets those of the sources instead of all that there are,
 * for snapshot and timestamp a new one from where they are held.
 *
 * @throws ROTATE-KEYS (exit 2), CHANGE-ROLE, KEY-*, CHANGE-*
 */
export async function stageRotation(
  station: OnlineStation,
  stores: Stores,
  name: string,
  { role, keys, serverManaged }: RotateOptions,
): Promise<StagedResult> {
  const ground = await stagingGround(station, stores, name);
  const { dialect, entry } = ground;
  const online = dialect.onlineRoles.includes(role);
  if (!online) checkKeyRole(dialect, role);
  if (isDelegated(role))
    throw usage('ROTATE-KEYS', 'keys of a delegated role are added and removed one by one', {
      where: role,
      hint: `threshold ${name} ${role} N --add CERT --remove KEYID does it in one go`,
    });
  if (online ? keys.length > 0 : serverManaged)
    throw usage(
      'ROTATE-KEYS',
      `a ${role} key is ${online ? 'never given by hand' : 'never held by a server'}`,
      {
        where: name,
        hint: online ? 'leave --key out: it is taken from where it is held' : 'leave --server-managed out',
      },
    );
  if (online && ground.base && entry.place.kind === 'directory')
    replacementKey(station, entry, role, dialect.declaredKeys(ground.base.root, role));
  const change: Change = online
    ? { type: 'online-key', role }
    : {
        type: 'key-rotate',
        role,
        keys: keySources(station, ground, role, keys.length > 0 ? keys : ['new']),
      };
  return stageChecked(station, await checkChanges(station, ground, [change]));
}

export interface ThresholdOptions {
  readonly role: string;
  readonly threshold: string;
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/**
 * Stages how many signatures a role needs, with keys that join or leave in one go.
 *
 * @throws CHANGE-THRESHOLD, CHANGE-ROLE, KEY-*, CHANGE-*
 */
export async function stageThreshold(
  station: OnlineStation,
  stores: Stores,
  name: string,
  { role, threshold, add, remove }: ThresholdOptions,
): Promise<StagedResult> {
  const wanted = readThreshold(threshold);
  const ground = await stagingGround(station, stores, name);
  checkKeyRole(ground.dialect, role);
  const changes: Change[] = [
    ...keyRemovals(ground, role, remove),
    ...keySources(station, ground, role, add).map((key): Change => ({ type: 'key-add', role, key })),
    { type: 'threshold', role, threshold: wanted },
  ];
  return stageChecked(station, await checkChanges(station, ground, changes));
}

/** Removals of published keys, each once. */
export function keyRemovals(ground: StagingGround, role: string, texts: readonly string[]): Change[] {
  const ids = new Set(texts.map((text) => keyNamed(ground, role, text).id));
  return [...ids].map((keyid) => ({ type: 'key-remove', role, keyid }));
}

export interface RemoveOptions {
  readonly role: string;
  readonly keys: readonly string[];
  readonly threshold: string | undefined;
}

/**
 * Stages the removal of keys that somebody else may have: they are not asked to sign what removes them.
 *
 * @throws CHANGE-ROLE, CHANGE-KEY, CHANGE-QUORUM where the others are too few, CHANGE-THRESHOLD
 */
export async function stageCompromised(
  station: OnlineStation,
  stores: Stores,
  name: string,
  { role, keys, threshold }: RemoveOptions,
): Promise<StagedResult> {
  const wanted = threshold === undefined ? null : readThreshold(threshold);
  const ground = await stagingGround(station, stores, name);
  checkKeyRole(ground.dialect, role);
  const changes: Change[] = keyRemovals(ground, role, keys);
  if (wanted !== null) changes.push({ type: 'threshold', role, threshold: wanted });
  return stageChecked(station, await checkChanges(station, ground, changes));
}

/**
 * Stages a new certificate over a root key.
 *
 * @param key which one, where the root has several
 * @throws KEY-AMBIGUOUS (exit 2), CHANGE-KEY, CHANGE-INIT
 */
export async function stageRenewal(
  station: OnlineStation,
  stores: Stores,
  name: string,
  key: string | undefined,
): Promise<StagedResult> {
  const ground = await stagingGround(station, stores, name);
  const keyid = key === undefined ? onlyRootKey(ground) : keyNamed(ground, 'root', key).id;
  return stageChecked(station, await checkChanges(station, ground, [{ type: 'renew-certificate', keyid }]));
}

function onlyRootKey(ground: StagingGround): string {
  const keys = keysNow(ground, 'root');
  const [key, second] = keys;
  if (key && !second) return key.id;
  throw usage('KEY-AMBIGUOUS', 'the root has several keys', {
    found: keys.map(({ id }) => id).join(' '),
    where: ground.entry.name,
    hint: 'say which: key renew GUN KEYID',
  });
}
