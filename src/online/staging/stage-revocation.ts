import type { Change } from '../../change/change.ts';
import { refused, usage } from '../../errors.ts';
import { keysOf } from '../../metadata/verify-targets.ts';
import { keyHolders } from '../../station/keys/key-holders.ts';
import { splitTag } from '../reading/repository-and-tag.ts';
import { checkChanges, stageChecked, stagingGround, type StagedResult } from './staging.ts';
import type { OnlineStation } from '../station.ts';
import type { Stores } from '../repositories/stores.ts';

export interface RevokeOptions {
  /** `GUN` or `GUN:TAG`. */
  readonly reference: string;
  /** Only out of these roles; out of every one that holds it if empty. */
  readonly roles: readonly string[];
  /** Whether all tags may go, where none is named. */
  readonly all: boolean;
}

/**
 * Stages that a tag, or every tag, goes out of every role that holds it: `docker trust revoke`, which leaves those
 * roles out that it has no key for.
 *
 * @throws REVOKE-ALL (exit 2), READ-TARGET, NAME-ROLE, CHANGE-*
 */
export async function stageRevocation(
  station: OnlineStation,
  stores: Stores,
  { reference, roles, all }: RevokeOptions,
): Promise<StagedResult> {
  const { name, tag } = splitTag(station.home, reference);
  const ground = await stagingGround(station, stores, name);
  const { base, dialect, context } = ground;
  for (const role of roles) dialect.checkTargetsRole(role);
  const held = [...(base?.targets ?? [])]
    .filter(([role]) => roles.length === 0 || roles.includes(role))
    .flatMap(([role, document]) =>
      [...dialect.targets(document).keys()]
        .filter((target) => tag === null || target === tag)
        .map((target) => ({ role, target })),
    );
  if (held.length === 0)
    throw refused('READ-TARGET', tag === null ? 'there is nothing to revoke' : 'no role holds such a tag', {
      ...(tag === null ? {} : { found: tag }),
      where: name,
    });
  if (tag === null && !all)
    throw usage('REVOKE-ALL', 'every tag of the repository would be revoked', {
      found: `${String(new Set(held.map(({ target }) => target)).size)} tags`,
      where: name,
      hint: `name one, as ${name}:TAG, or say -y`,
    });
  const changes = held.map(({ role, target }): Change => ({ type: 'remove', role, name: target }));
  const checked = await checkChanges(station, ground, changes);
  const holders = keyHolders(station.home);
  const notes = [...new Set(held.map(({ role }) => role))].flatMap((role) => {
    if (!base) return [];
    const { keys, threshold } = keysOf(dialect, base, role, context);
    const known = keys.filter(
      ({ canonicalId }) => holders.has(canonicalId) || station.holders.has(canonicalId),
    );
    if (known.length >= threshold) return [];
    const ids = keys.map(({ canonicalId }) => canonicalId.slice(0, 16)).join(', ');
    return [
      `no station known here can sign ${role} (keys ${ids || 'none'}): have it revoked by whoever can, and stage the rest with -r`,
    ];
  });
  return stageChecked(station, { ...checked, notes: [...checked.notes, ...notes] });
}
