import type { Change } from '../../change/change.ts';
import { hashBins, MAX_BINS } from '../../change/hash-bins.ts';
import { refused, usage } from '../../errors.ts';
import { checkDelegatedRole, checkParentOption, delegationChanges } from './stage-delegations.ts';
import { heldNames } from './held-names.ts';
import { keySources, readThreshold } from './stage-keys.ts';
import {
  checkChanges,
  delegationsNow,
  stageChecked,
  stagingGround,
  type StagedResult,
  type StagingGround,
} from './staging.ts';
import type { OnlineStation } from '../station.ts';
import type { Stores } from '../repositories/stores.ts';

export interface BinsOptions {
  /** Sources of the keys that all bins have. */
  readonly keys: readonly string[];
  readonly count: string;
  /** The role that is to declare them; left out: `targets`. */
  readonly parent: string | undefined;
  /** What the names of the bins begin with. */
  readonly prefix: string;
  readonly threshold: string | undefined;
  readonly terminating: boolean;
}

/**
 * Stages hash bins: roles with the same keys, between which all target names are shared out by their hashes.
 *
 * @throws BINS-COUNT, BINS-KEYS, DELEGATION-PARENT (exit 2), BINS-DIALECT, BINS-EXIST, NAME-ROLE, KEY-*, CHANGE-*
 */
export async function stageBins(
  station: OnlineStation,
  stores: Stores,
  name: string,
  options: BinsOptions,
): Promise<StagedResult> {
  const bins = hashBins(readCount(options.count), options.prefix);
  const threshold = options.threshold === undefined ? null : readThreshold(options.threshold);
  if (options.keys.length === 0)
    throw usage('BINS-KEYS', 'nobody could sign the bins', {
      where: name,
      hint: 'give keys that are held online: the name of this station, or a PEM file',
    });
  const ground = await stagingGround(station, stores, name);
  if (!ground.dialect.delegatesByHash)
    throw refused('BINS-DIALECT', 'this repository cannot delegate by hashes of names', {
      expected: 'a repository that was added with --dialect tuf',
      found: ground.dialect.name,
      where: name,
    });
  const parent = options.parent ?? 'targets';
  const [first] = bins;
  if (first) checkParentOption(ground, first.role, parent);
  checkNone(ground, parent);
  const { terminating } = options;
  const keys = keySources(station, ground, first?.role ?? '', options.keys);
  const changes = bins.flatMap(({ role, hashPrefixes }): Change[] => {
    checkDelegatedRole(ground, role);
    return [
      ...delegationChanges(ground, role, keys, { paths: [], hashPrefixes, terminating, parent }),
      ...(threshold === null ? [] : [{ type: 'threshold', role, threshold } satisfies Change]),
    ];
  });
  const checked = await checkChanges(station, ground, changes);
  const own = [...notes(ground, parent), ...numbered(bins.map(({ role }) => role))];
  return stageChecked(station, { ...checked, notes: [...checked.notes, ...own] });
}

/** Two sets of bins in one role would put each name into two of them. @throws BINS-EXIST */
function checkNone(ground: StagingGround, parent: string): void {
  const found = delegationsNow(ground, parent).find(({ hashPrefixes }) => hashPrefixes.length > 0);
  if (!found) return;
  throw refused('BINS-EXIST', 'the role delegates by hashes already', {
    found: found.role,
    where: `${ground.entry.name} ${parent}`,
    hint: 'remove those delegations first, or give another --parent',
  });
}

function notes(ground: StagingGround, parent: string): string[] {
  const names = heldNames(ground, ground.staged)(parent);
  const targets = names.size === 1 ? 'the 1 target' : `the ${String(names.size)} targets`;
  const stay = names.size === 1 ? 'stays there, and clients find it' : 'stay there, and clients find them';
  return names.size === 0 ? [] : [`${targets} of ${parent}, published or staged, ${stay} there first`];
}

/** Some clients keep delegations in an object, where JavaScript puts names that are numbers first. */
function numbered(roles: readonly string[]): string[] {
  const role = roles.find((name) => /^(?:0|[1-9][0-9]*)$/.test(name));
  return role === undefined
    ? []
    : [`tuf-js takes roles out of their order that are named by a number, such as ${role}: give a --prefix`];
}

function readCount(text: string): number {
  const count = /^[1-9][0-9]{0,5}$/.test(text) ? Number(text) : 0;
  if (count >= 2 && count <= MAX_BINS && (count & (count - 1)) === 0) return count;
  throw usage('BINS-COUNT', 'not a number of bins', {
    expected: `a power of two from 2 to ${String(MAX_BINS)}`,
    found: text,
  });
}
