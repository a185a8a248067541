import { addAgain } from './add-again.ts';
import type { Change } from '../../change/change.ts';
import { isDelegated } from '../../metadata/roles.ts';
import { refused, usage } from '../../errors.ts';
import type { BrokenRole } from '../../metadata/verified.ts';
import {
  checkChanges,
  stageChecked,
  stagingGround,
  type StagedResult,
  type StagingGround,
} from './staging.ts';
import { checkKeyRole } from './stage-keys.ts';
import type { OnlineStation } from '../station.ts';
import type { Stores } from '../repositories/stores.ts';

/**
 * Stages a new version and expiry, and nothing else.
 *
 * @param roles those that offline stations hold if empty
 * @param expires `DAYSd` from the export on; the usual validity if left out
 * @throws REFRESH-EXPIRES (exit 2), REFRESH-ROLE, CHANGE-*, POLICY-EXPIRY
 */
export async function stageRefresh(
  station: OnlineStation,
  stores: Stores,
  name: string,
  roles: readonly string[],
  expires: string | undefined,
): Promise<StagedResult> {
  const days = expires === undefined ? null : readDays(expires);
  const ground = await stagingGround(station, stores, name);
  const all = roles.length > 0 ? [...new Set(roles)] : ground.dialect.offlineRoles.map(({ role }) => role);
  for (const role of all) checkRole(ground, role);
  const changes = all.map((role): Change => ({ type: 'refresh', role, days }));
  return stageChecked(station, await checkChanges(station, ground, changes));
}

/**
 * Stages that targets roles are signed anew, as `notary witness` means it: also one whose file is not signed by its
 * present keys. Nobody vouches for such a file, so each of its targets is staged and shown as a new one.
 *
 * @throws REFRESH-ROLE, WITNESS-DELEGATIONS, CHANGE-*
 */
export async function stageWitness(
  station: OnlineStation,
  stores: Stores,
  name: string,
  roles: readonly string[],
): Promise<StagedResult> {
  const ground = await stagingGround(station, stores, name);
  const changes = [...new Set(roles)].flatMap((role): Change[] => {
    if (role === 'root')
      throw usage('REFRESH-ROLE', 'a root is refreshed, not witnessed', {
        hint: `countersign refresh ${name} root`,
      });
    const broken = ground.broken.find((one) => one.role === role);
    if (broken) return againOf(ground, broken);
    checkRole(ground, role);
    return [{ type: 'refresh', role, days: null }];
  });
  return stageChecked(station, await checkChanges(station, ground, changes));
}

function checkRole(ground: StagingGround, role: string): void {
  const { base, broken, dialect, entry } = ground;
  if (dialect.onlineRoles.includes(role))
    throw refused('REFRESH-ROLE', `${role} is signed anew with every publication`, { where: entry.name });
  checkKeyRole(dialect, role);
  if (!base || !isDelegated(role) || base.targets.has(role) || ground.outstanding !== null) return;
  const unsigned = broken.some((one) => one.role === role);
  throw refused(
    'REFRESH-ROLE',
    unsigned ? 'the role has a file that its keys did not sign' : 'the role has no file yet',
    {
      found: role,
      where: entry.name,
      hint: unsigned ? `countersign witness ${entry.name} ${role}` : 'addhash -r signs something into it',
    },
  );
}

/** The targets of a file that is not signed by its keys, to be signed anew. */
function againOf({ dialect, entry }: StagingGround, { role, document }: BrokenRole): Change[] {
  if (dialect.delegations(document).length > 0)
    throw refused('WITNESS-DELEGATIONS', 'the role delegates further, in a file that its keys did not sign', {
      found: role,
      where: entry.name,
      hint: 'sign its targets again with addhash -r, and its delegations with delegation add',
    });
  return [...dialect.targets(document)].map(([target, found]) => addAgain(entry.name, role, target, found));
}

/** Whole days. @throws REFRESH-EXPIRES (exit 2) */
export function readDays(text: string): number {
  const [, digits] = /^([1-9][0-9]{0,4})d$/.exec(text) ?? [];
  const days = Number(digits);
  if (digits === undefined || days > 36_500)
    throw usage('REFRESH-EXPIRES', 'not a validity in days', { expected: '1d to 36500d', found: text });
  return days;
}
