import { refused } from '../errors.ts';
import type { Dialect } from '../metadata/dialect.ts';
import type { RoleKeys, TargetEntry } from '../metadata/document.ts';
import { NO_ENTRIES } from '../metadata/entry-table.ts';
import { isDelegated } from '../metadata/roles.ts';
import { keysOf } from '../metadata/verify-targets.ts';
import { changedRoles } from './changed-roles.ts';
import { delegationEdits, touchedDelegations } from './delegations.ts';
import {
  finish,
  newSigner,
  resultDocument,
  type ComputedRole,
  type ComputedSigner,
} from './computed-role.ts';
import { entryChanges } from './entries.ts';
import type { Change } from './change.ts';
import type { ChangeInputs, RolePlan } from './inputs.ts';
import { RoleParents } from './role-parents.ts';
import { newQuorums, type NewQuorums } from './root.ts';
import { rootRole } from './root-role.ts';

/**
 * The change function: from verified metadata, changes, plan, online keys and fills to unsigned metadata.
 * Deterministic; both halves compute it and bytes that differ are refused (R3).
 *
 * @throws CHANGE-INIT, CHANGE-PLAN, CHANGE-ABSENT, CHANGE-CUSTOM, CHANGE-KEY, CHANGE-THRESHOLD, CHANGE-QUORUM,
 *   CHANGE-DELEGATION, CHANGE-ROLE, NAME-*
 */
export function computeRoles(dialect: Dialect, inputs: ChangeInputs): ComputedRole[] {
  const { base, changes, context } = inputs;
  const creates = changes.some((change) => change.type === 'init');
  if (creates !== (base === null))
    throw refused(
      'CHANGE-INIT',
      creates ? 'the repository exists already' : 'the repository does not exist yet',
      { where: context.repository, hint: creates ? 'reset the staged init' : 'stage init first' },
    );
  const names = changedRoles(dialect, base, changes);
  const plans = plansOf(inputs.plan, names, context.repository);
  const entries = entryChanges(
    dialect,
    (role, name) => {
      const document = base?.targets.get(role);
      return document ? dialect.target(document, name) : null;
    },
    changes,
  );
  const quorums = newQuorums(dialect, inputs);
  const parents = new RoleParents(dialect, base, changes);
  const below = new Map<string, string[]>();
  for (const role of touchedDelegations(changes)) {
    const parent = parents.of(role);
    const list = below.get(parent);
    if (list) list.push(role);
    else below.set(parent, [role]);
  }
  checkParents(dialect, parents, changes);
  const refreshed = new Set(changes.flatMap((change) => (change.type === 'refresh' ? [change.role] : [])));
  const results = new Map<string, ComputedRole>();
  for (const plan of plans) {
    const name = plan.role;
    const role =
      name === 'root'
        ? rootRole(dialect, inputs, plan, quorums)
        : targetsRole(dialect, inputs, {
            plan,
            quorums,
            refreshed,
            results,
            parents,
            below: below.get(name) ?? [],
            entries: entries.get(name) ?? NOTHING,
          });
    results.set(name, role);
  }
  return [...results.values()];
}

const NOTHING: ReadonlyMap<string, TargetEntry | null> = new Map();

/**
 * The same roles with the slots filled: only what a fill enters is computed again, the others keep their documents.
 *
 * @param inputs those that the roles were computed from, and the fills
 * @throws EXCHANGE-FILL
 */
export function fillRoles(
  dialect: Dialect,
  inputs: ChangeInputs,
  roles: readonly ComputedRole[],
): ComputedRole[] {
  const quorums = newQuorums(dialect, inputs);
  return roles.map((role) => {
    if (role.role === 'root') return rootRole(dialect, inputs, role, quorums);
    const quorum = quorums.get(role.role);
    return quorum ? { ...role, signers: quorum.keys.map(newSigner) } : role;
  });
}

/** Where a name says who declares the role, no change says it; where it does not, one must. */
function checkParents(dialect: Dialect, parents: RoleParents, changes: readonly Change[]): void {
  for (const change of changes) {
    if (change.type !== 'delegation-add') continue;
    const expected = dialect.ancestry(change.role) === null ? parents.of(change.role) : null;
    if (change.parent !== expected)
      throw refused('CHANGE-DELEGATION', 'the role is declared by another role than the change says', {
        expected: expected ?? 'no role, since the name says it',
        found: change.parent ?? 'no role',
        where: change.role,
      });
  }
}

/** The plan of each role that changes, in their order. @throws CHANGE-PLAN */
function plansOf(plan: readonly RolePlan[], names: readonly string[], where: string): RolePlan[] {
  const byRole = new Map(plan.map((one) => [one.role, one]));
  const plans = names.flatMap((name) => byRole.get(name) ?? []);
  if (plans.length === names.length && plan.length === names.length) return plans;
  throw refused('CHANGE-PLAN', 'the planned roles are not those that change', {
    expected: names.join(' '),
    found: plan.map(({ role }) => role).join(' '),
    where,
  });
}

interface TargetsWork {
  readonly plan: RolePlan;
  readonly quorums: NewQuorums;
  /** Roles that a change refreshes. */
  readonly refreshed: ReadonlySet<string>;
  /** Roles above this one that change too. */
  readonly results: ReadonlyMap<string, ComputedRole>;
  readonly parents: RoleParents;
  /** Roles that it declares, and whose declaration the changes touch. */
  readonly below: readonly string[];
  readonly entries: ReadonlyMap<string, TargetEntry | null>;
}

function targetsRole(dialect: Dialect, inputs: ChangeInputs, work: TargetsWork): ComputedRole {
  const { base, changes, context } = inputs;
  const { plan, quorums, refreshed, below, entries } = work;
  const before = base?.targets.get(plan.role);
  if (base && !before && plan.role === 'targets')
    throw refused('CHAIN-TARGETS', 'the repository has a root but no targets', { where: context.repository });
  if (base && !before && refreshed.has(plan.role))
    throw refused('CHANGE-ABSENT', 'a role is to be refreshed that has no metadata which its keys signed', {
      found: plan.role,
      where: context.repository,
    });
  const start = before ?? { signed: dialect.newTargets(), entries: NO_ENTRIES };
  const edits = delegationEdits(dialect, before ? dialect.delegations(before) : [], below, changes, inputs);
  const delegated = { signed: dialect.withDelegations(start.signed, edits), entries: start.entries };
  const payload = dialect.withTargets(delegated, entries, plan.version, plan.expires);
  const document = finish(plan, payload, before?.outside);
  const quorum = quorums.get(plan.role);
  if (quorum) {
    const signers = quorum.keys.map(newSigner);
    return { ...document, ...CLOSED, signers, needs: { old: 0, new: quorum.threshold } };
  }
  const keys = keysAfter(dialect, inputs, work);
  const signers = keys.keys.map((key): ComputedSigner => ({ keyid: key.id, quorum: 'new', key }));
  return { ...document, ...CLOSED, signers, needs: { old: 0, new: keys.threshold } };
}

const CLOSED = { open: false, slots: [] };

/** Who signs a role once the changes are published: as its parent then says. */
function keysAfter(
  dialect: Dialect,
  { base, context }: ChangeInputs,
  { plan: { role }, results, parents }: TargetsWork,
): RoleKeys {
  const parent = isDelegated(role) ? results.get(parents.of(role)) : undefined;
  const keys = parent && dialect.delegatedKeys(resultDocument(parent), role);
  if (keys) return keys;
  if (base && !parent) return keysOf(dialect, base, role, context);
  throw refused('CHAIN-TARGETS', 'nothing delegates to this role', {
    where: `${context.repository} ${role}`,
  });
}
