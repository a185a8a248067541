import type { Change } from '../../change/change.ts';
import { isDelegated } from '../../metadata/roles.ts';
import { refused, usage } from '../../errors.ts';
import type { Delegation } from '../../metadata/dialect.ts';
import { delegationChanges } from './stage-delegations.ts';
import { keySources } from './stage-keys.ts';
import {
  checkChanges,
  delegationsNow,
  stageChecked,
  stagingGround,
  type CheckedChanges,
  type StagedResult,
  type StagingGround,
} from './staging.ts';
import type { OnlineStation } from '../station.ts';
import type { Stores } from '../repositories/stores.ts';

/** What Docker pulls from first: signed by every signer. */
const RELEASES = 'targets/releases';
/** Docker's signers may sign every tag. */
const EVERYTHING = { paths: [''] };
const NAME = /^[a-z0-9][a-z0-9_-]*$/;

/**
 * Stages a signer as `docker trust signer add` does: `targets/NAME` and `targets/releases` with the keys, for every
 * tag. What is there stays; a repository that does not exist yet is begun.
 *
 * @throws SIGNER-NAME (exit 2), KEY-*, CERTIFICATE-*, CHANGE-*; then nothing is staged for any repository
 */
export async function stageSigner(
  station: OnlineStation,
  stores: Stores,
  name: string,
  keys: readonly string[],
  repositories: readonly string[],
): Promise<StagedResult[]> {
  const role = roleOf(name);
  return forEach(station, stores, repositories, (ground) => {
    const sources = keySources(station, ground, role, keys);
    const begun = ground.base !== null || ground.outstanding !== null;
    const begins = !begun && !ground.staged.some(({ type }) => type === 'init');
    return checkChanges(station, ground, [
      ...(begins ? [{ type: 'init', restart: false } satisfies Change] : []),
      ...delegationChanges(ground, role, sources, EVERYTHING),
      ...delegationChanges(ground, RELEASES, sources, EVERYTHING),
    ]);
  });
}

/**
 * Stages that a signer goes: `targets/NAME`, and its keys in `targets/releases` that no other signer has.
 *
 * @param last whether it may be the last one; then `targets/releases` goes too
 * @throws SIGNER-NAME (exit 2), SIGNER-LAST, CHANGE-DELEGATION, CHANGE-THRESHOLD; then nothing is staged
 */
export async function stageSignerRemoval(
  station: OnlineStation,
  stores: Stores,
  name: string,
  repositories: readonly string[],
  last: boolean,
): Promise<StagedResult[]> {
  const role = roleOf(name);
  return forEach(station, stores, repositories, (ground) =>
    checkChanges(station, ground, removal(ground, role, last)),
  );
}

function removal(ground: StagingGround, role: string, last: boolean): Change[] {
  const { entry } = ground;
  const all = delegationsNow(ground, 'targets');
  const signer = all.find((one) => one.role === role);
  if (!signer)
    throw refused('CHANGE-DELEGATION', 'the repository has no such signer', {
      expected: signersOf(all).map(nameOf).join(', ') || 'none: it has no signers',
      found: nameOf({ role }),
      where: entry.name,
    });
  const releases = all.find((one) => one.role === RELEASES);
  const others = signersOf(all).filter((one) => one !== signer);
  const elsewhere = new Set(others.flatMap(({ keys }) => keys.map(({ canonicalId }) => canonicalId)));
  const own = new Set(signer.keys.map(({ canonicalId }) => canonicalId));
  const gone = (releases?.keys ?? []).filter(
    ({ canonicalId }) => own.has(canonicalId) && !elsewhere.has(canonicalId),
  );
  const isLast = releases?.keys.length === gone.length;
  if (isLast && !last)
    throw refused('SIGNER-LAST', 'without the last signer nobody can sign what Docker pulls', {
      found: nameOf(signer),
      where: entry.name,
      hint: 'add another signer first; or say --last, and targets/releases goes too: what targets holds is left',
    });
  return [
    { type: 'delegation-remove', role },
    ...(isLast
      ? [{ type: 'delegation-remove', role: RELEASES } satisfies Change]
      : gone.map(({ id }): Change => ({ type: 'key-remove', role: RELEASES, keyid: id }))),
  ];
}

/** Docker's signers: the roles directly below `targets`, but for the one that all share. */
function signersOf(all: readonly Delegation[]): Delegation[] {
  return all.filter(({ role }) => isDelegated(role) && role !== RELEASES);
}

function nameOf({ role }: Pick<Delegation, 'role'>): string {
  return role.slice('targets/'.length);
}

/** @throws SIGNER-NAME (exit 2) */
function roleOf(name: string): string {
  if (!NAME.test(name) || name === 'releases')
    throw usage('SIGNER-NAME', 'not the name of a signer', {
      expected: 'a-z 0-9 _ -, beginning with a letter or digit, and not "releases"',
      found: name,
    });
  return `targets/${name}`;
}

/** Every repository is checked before the first change is staged. */
async function forEach(
  station: OnlineStation,
  stores: Stores,
  repositories: readonly string[],
  check: (ground: StagingGround) => Promise<CheckedChanges>,
): Promise<StagedResult[]> {
  const checked: CheckedChanges[] = [];
  for (const name of new Set(repositories))
    checked.push(await check(await stagingGround(station, stores, name)));
  return checked.map((one) => stageChecked(station, one));
}
