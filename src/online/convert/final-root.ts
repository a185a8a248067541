import type { Change } from '../../change/change.ts';
import { formatTime } from '../../encoding/time.ts';
import { refused } from '../../errors.ts';
import { readDays } from '../staging/stage-refresh.ts';
import { checkChanges, stageChecked, stagingGround, type StagedResult } from '../staging/staging.ts';
import type { OnlineStation } from '../station.ts';
import type { Stores } from '../repositories/stores.ts';

/** The officer's clock may be behind this one, and then sees the bound earlier. */
const MARGIN_DAYS = 1;

/**
 * Stages the last root and targets of a repository: a new version of each, valid as long as policy allows, and the
 * statement that they are the last, which the officer must accept.
 *
 * @param expires `DAYSd` from the export on, for both; as long as policy allows if left out
 * @throws REFRESH-EXPIRES (exit 2), CHANGE-INIT, FINAL-STAGED, CHAIN-*, POLICY-EXPIRY
 */
export async function stageFinalRoot(
  station: OnlineStation,
  stores: Stores,
  name: string,
  expires: string | undefined,
): Promise<StagedResult> {
  const days = expires === undefined ? null : readDays(expires);
  const ground = await stagingGround(station, stores, name);
  const { base, dialect, staged } = ground;
  if (!base) throw refused('CHANGE-INIT', 'the repository does not exist yet', { where: name });
  if (staged.some(({ type }) => type === 'final'))
    throw refused('FINAL-STAGED', 'the last root is staged already', { where: name });
  const roles = dialect.offlineRoles.map(({ role }) => role);
  const changes: Change[] = [
    { type: 'final' },
    ...roles.map((role): Change => {
      return { type: 'refresh', role, days: days ?? dialect.expiry(role).most - MARGIN_DAYS };
    }),
  ];
  const result = stageChecked(station, await checkChanges(station, ground, changes));
  const ends = dialect.certificateEnds(base.root).map(({ notAfter }) => notAfter);
  const first = Math.min(...ends);
  const rootDays = days ?? dialect.expiry('root').most - MARGIN_DAYS;
  const notes =
    first < (station.now + rootDays * 86_400) * 1000
      ? [
          `a root certificate ends on ${formatTime(Math.floor(first / 1000))}, before this root does: clients refuse the repository from then on. To go on longer, publish key renew or key rotate before`,
        ]
      : [];
  return { ...result, notes: [...result.notes, ...notes] };
}
