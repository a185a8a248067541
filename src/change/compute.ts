import { refused } from '../errors.ts';
import type { Dialect } from '../metadata/dialect.ts';
import type { RoleKeys, TargetEntry } from '../metadata/document.ts';
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
  checkPlan(inputs.plan, names, context.repository);
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
    checkParent(dialect, role, parent, changes);
    below.set(parent, [...(below.get(parent) ?? []), role]);
  }
  const results = new Map<string, ComputedRole>();
  for (const name of names) {
    const plan = inputs.plan.find(({ role }) => role === name) as RolePlan;
    const role =
      name === 'root'
        ? rootRole(dialect, inputs, plan, quorums)
        : targetsRole(dialect, inputs, {
            plan,
            quorums,
            results,
            parents,
            below: below.get(name) ?? [],
            entries: entries.get(name) ?? NO_ENTRIES,
          });
    results.set(name, role);
  }
  return [...results.values()];
}

const NO_ENTRIES: ReadonlyMap<string, TargetEntry | null> = new Map();

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
function checkParent(dialect: Dialect, role: string, parent: string, changes: readonly Change[]): void {
  const named = dialect.ancestry(role) !== null;
  for (const change of changes)
    if (change.type === 'delegation-add' && change.role === role && change.parent !== (named ? null : parent))
      throw refused('CHANGE-DELEGATION', 'the role is declared by another role than the change says', {
        expected: named ? 'no role, since the name says it' : parent,
        found: change.parent ?? 'no role',
        where: role,
      });
}

function checkPlan(plan: readonly RolePlan[], names: readonly string[], where: string): void {
  const planned = plan.map(({ role }) => role);
  if (planned.length === names.length && names.every((name) => planned.includes(name))) return;
  throw refused('CHANGE-PLAN', 'the planned roles are not those that change', {
    expected: names.join(' '),
    found: planned.join(' '),
    where,
  });
}

interface TargetsWork {
  readonly plan: RolePlan;
  readonly quorums: NewQuorums;
  /** Roles above this one that change too. */
  readonly results: ReadonlyMap<string, ComputedRole>;
  readonly parents: RoleParents;
  /** Roles that it declares, and whose declaration the changes touch. */
  readonly below: readonly string[];
  readonly entries: ReadonlyMap<string, TargetEntry | null>;
}

function targetsRole(dialect: Dialect, inputs: ChangeInputs, work: TargetsWork): ComputedRole {
  const { base, changes, context } = inputs;
  const { plan, quorums, below, entries } = work;
  const before = base?.targets.get(plan.role);
  if (base && !before && plan.role === 'targets')
    throw refused('CHAIN-TARGETS', 'the repository has a root but no targets', { where: context.repository });
  if (base && !before && changes.some((change) => change.type === 'refresh' && change.role === plan.role))
    throw refused('CHANGE-ABSENT', 'a role is to be refreshed that has no metadata which its keys signed', {
      found: plan.role,
      where: context.repository,
    });
  const start = before?.signed ?? dialect.newTargets();
  const edits = delegationEdits(dialect, before ? dialect.delegations(before) : [], below, changes, inputs);
  const delegated = dialect.withDelegations(start, edits);
  const signed = dialect.withTargets(delegated, entries, plan.version, plan.expires);
  const document = finish(plan, signed, before?.outside);
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
