import { refused } from '../errors.ts';
import type { Dialect } from '../metadata/dialect.ts';
import type { ChangeInputs } from './inputs.ts';
import { changesQuorum, quorumAfter, underListedId, type NewQuorum } from './quorum.ts';

/** The quorums of top-level roles that a new root declares otherwise than the one before it. */
export type NewQuorums = ReadonlyMap<string, NewQuorum>;

/**
 * Every top-level role whose keys or threshold change; all of them where the repository is new.
 *
 * @throws CHANGE-KEY, CHANGE-THRESHOLD, CHANGE-QUORUM, REQUEST-KEYS
 */
export function newQuorums(dialect: Dialect, inputs: ChangeInputs): NewQuorums {
  const { base, changes, context } = inputs;
  const quorums = new Map<string, NewQuorum>();
  const roles = [...dialect.offlineRoles.map(({ role }) => role), ...dialect.onlineRoles];
  const listed = base ? roles.flatMap((role) => dialect.declaredKeys(base.root, role).keys) : [];
  for (const { role } of dialect.offlineRoles) {
    if (base && !changes.some((change) => changesQuorum(change, role))) continue;
    const current = base && dialect.declaredKeys(base.root, role);
    quorums.set(role, quorumAfter(dialect, role, current, changes, inputs, listed));
  }
  for (const role of changedOnlineRoles(dialect, inputs)) {
    const held = inputs.onlineKeys.find((key) => key.role === role);
    if (!held)
      throw refused('REQUEST-KEYS', 'the key of a role that is held online is missing', {
        expected: role,
        where: context.repository,
      });
    const key = dialect.readKey(role, held.value, context);
    const { id, canonicalId } = key;
    const added = { id, canonicalId, value: held.value, open: false, key, slot: null };
    quorums.set(role, { threshold: 1, keys: [underListedId(dialect, added, listed)], removed: [] });
  }
  return quorums;
}

/** Roles whose online keys the request brings, in the dialect's order. */
export function changedOnlineRoles(
  dialect: Dialect,
  { base, changes }: Pick<ChangeInputs, 'base' | 'changes'>,
): string[] {
  return dialect.onlineRoles.filter(
    (role) => !base || changes.some((change) => change.type === 'online-key' && change.role === role),
  );
}
