import type { Change } from '../../change/change.ts';
import { refused, usage } from '../../errors.ts';
import { repositoryKey } from '../../station/ledger/events.ts';
import { marksOf } from '../../station/ledger/marks.ts';
import { keySources, readThreshold } from './stage-keys.ts';
import { checkChanges, newGround, stageChecked, type CheckedChanges, type StagedResult } from './staging.ts';
import type { OnlineStation } from '../station.ts';
import type { Stores } from '../repositories/stores.ts';

/** Who is to sign a role of a new repository. */
export interface InitialQuorum {
  readonly role: string;
  /** Sources of keys; one that the filling station chooses or makes if empty. */
  readonly keys: readonly string[];
  readonly threshold: string | undefined;
}

/**
 * Stages new repositories, all or none.
 *
 * @param restart whether they begin anew under names that had repositories
 * @throws CHANGE-INIT, INIT-KEYS (exit 2), CHAIN-LINEAGE, KEY-*, CERTIFICATE-*, CHANGE-THRESHOLD
 */
export async function stageInit(
  station: OnlineStation,
  stores: Stores,
  names: readonly string[],
  restart: boolean,
  quorums: readonly InitialQuorum[],
): Promise<StagedResult[]> {
  const shared = quorums.find(({ role, keys }) => role !== 'root' && keys.some((key) => key !== 'new'));
  if (shared && names.length > 1)
    throw usage('INIT-KEYS', `one ${shared.role} key would serve several repositories`, {
      hint: 'what one key signs for two is valid in both: stage each repository with a key of its own',
    });
  const checked: CheckedChanges[] = [];
  for (const name of new Set(names)) checked.push(await check(station, stores, name, restart, quorums));
  return checked.map((one) => stageChecked(station, one));
}

async function check(
  station: OnlineStation,
  stores: Stores,
  name: string,
  restart: boolean,
  quorums: readonly InitialQuorum[],
): Promise<CheckedChanges> {
  const ground = newGround(station, stores, name);
  if (ground.staged.some(({ type }) => type === 'init'))
    throw usage('CHANGE-INIT', 'the new repository is staged already', { found: name });
  const { pinned } = marksOf(station.marks, repositoryKey(ground.entry));
  if (pinned && !restart && ground.outstanding === null)
    throw refused('CHAIN-LINEAGE', 'this station knows a repository under this name', {
      found: `root version ${String(pinned.version)}`,
      where: name,
      hint: 'if it was deleted, or its root certificate ended: init --restart',
    });
  const changes: Change[] = [{ type: 'init', restart }];
  for (const { role, keys, threshold } of quorums) {
    if (keys.length > 0)
      changes.push({ type: 'key-rotate', role, keys: keySources(station, ground, role, keys) });
    if (threshold !== undefined)
      changes.push({ type: 'threshold', role, threshold: readThreshold(threshold) });
  }
  // What was staged before goes on top of it, and is tried with it at export.
  return checkChanges(station, { ...ground, staged: [] }, changes);
}
