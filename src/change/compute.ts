import { refused } from '../errors.ts';
import { canonicalBytes } from '../encoding/canonical-json.ts';
import type { JsonObject } from '../encoding/json.ts';
import type { Dialect } from '../metadata/dialect.ts';
import type { MetadataKey, RoleKeys, SignedDocument, TargetEntry } from '../metadata/document.ts';
import { keysOf, type VerifiedRepository } from '../metadata/repository.ts';
import { changedRoles } from './changed-roles.ts';
import { delegationEdits, isDelegated, parentOf, touchedDelegations } from './delegations.ts';
import { entryChanges } from './entries.ts';
import type { ChangeInputs, RolePlan } from './inputs.ts';
import type { ComputedSlot } from './quorum.ts';
import { newQuorums, type NewQuorums } from './root.ts';

/** One key that is to sign a role. */
export interface ComputedSigner {
  /** Key ID, or the slot ID while the key is not known. */
  readonly keyid: string;
  readonly quorum: 'old' | 'new' | 'both';
  /** Null while the key is not known. */
  readonly key: MetadataKey | null;
}

/** One role's unsigned metadata. */
export interface ComputedRole extends RolePlan {
  readonly signed: JsonObject;
  /** Canonical form of `signed`, with slots while open. */
  readonly document: Uint8Array;
  /** True while a slot of this document is not filled: it can be neither shown for consent nor signed. */
  readonly open: boolean;
  readonly slots: readonly ComputedSlot[];
  readonly signers: readonly ComputedSigner[];
  /** How many distinct keys of each quorum must sign. */
  readonly needs: { readonly old: number; readonly new: number };
}

/**
 * The change function: from verified metadata, changes, plan, online keys and fills to unsigned metadata.
 * Deterministic; both halves compute it and bytes that differ are refused (R3).
 *
 * @throws CHANGE-INIT, CHANGE-PLAN, CHANGE-ABSENT, CHANGE-KEY, CHANGE-THRESHOLD, CHANGE-QUORUM,
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
  const names = changedRoles(dialect, changes);
  checkPlan(inputs.plan, names, context.repository);
  const entries = entryChanges(dialect, (role) => currentEntries(dialect, base, role), changes);
  const quorums = newQuorums(dialect, inputs);
  const results = new Map<string, ComputedRole>();
  for (const name of names) {
    const plan = inputs.plan.find(({ role }) => role === name) as RolePlan;
    const role =
      name === 'root'
        ? rootRole(dialect, inputs, plan, quorums)
        : targetsRole(dialect, inputs, { plan, quorums, results, entries: entries.get(name) ?? NO_ENTRIES });
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

function checkPlan(plan: readonly RolePlan[], names: readonly string[], where: string): void {
  const planned = plan.map(({ role }) => role);
  if (planned.length === names.length && names.every((name) => planned.includes(name))) return;
  throw refused('CHANGE-PLAN', 'the planned roles are not those that change', {
    expected: names.join(' '),
    found: planned.join(' '),
    where,
  });
}

function currentEntries(
  dialect: Dialect,
  base: VerifiedRepository | null,
  role: string,
): ReadonlyMap<string, TargetEntry> {
  const document = base?.targets.get(role);
  return document ? cached(dialect, document) : new Map<string, TargetEntry>();
}

const entriesOf = new WeakMap<SignedDocument, ReadonlyMap<string, TargetEntry>>();

/** A document of a hundred thousand targets is decoded once, not once for each change. */
function cached(dialect: Dialect, document: SignedDocument): ReadonlyMap<string, TargetEntry> {
  let entries = entriesOf.get(document);
  if (!entries) entriesOf.set(document, (entries = dialect.targets(document)));
  return entries;
}

/** Old and new quorum sign a root; a key that is removed is not asked, and stays in neither (M18). */
function rootRole(
  dialect: Dialect,
  { base, context }: ChangeInputs,
  plan: RolePlan,
  quorums: NewQuorums,
): ComputedRole {
  const signed = dialect.withQuorums(
    base?.root.signed ?? dialect.newRoot(),
    quorums,
    plan.version,
    plan.expires,
  );
  const old = base && dialect.roleKeys(base.root, 'root', context);
  const own = quorums.get('root');
  const removed = own?.removed ?? [];
  const oldSigners = (old?.keys ?? []).filter(({ id }) => !removed.includes(id));
  if (old && oldSigners.length < old.threshold)
    throw refused('CHANGE-QUORUM', 'too few of the current root keys are left to sign the next root', {
      expected: `${String(old.threshold)} of them`,
      found: String(oldSigners.length),
      where: context.repository,
      hint: 'a key that is replaced by rotation still signs; one that is removed does not',
    });
  const newSigners: ComputedSigner[] = own
    ? own.keys.map(newSigner)
    : oldSigners.map((key) => ({ keyid: key.id, quorum: 'new', key }));
  const signers = [
    ...newSigners.map((signer): ComputedSigner => {
      const both = oldSigners.some(({ id }) => id === signer.keyid);
      return both ? { ...signer, quorum: 'both' } : signer;
    }),
    ...oldSigners
      .filter(({ id }) => !newSigners.some(({ keyid }) => keyid === id))
      .map((key): ComputedSigner => ({ keyid: key.id, quorum: 'old', key })),
  ];
  const all = [...quorums.values()].flatMap(({ keys }) => keys);
  return {
    ...finish(plan, signed),
    open: all.some(({ open }) => open),
    slots: all.flatMap(({ slot }) => (slot ? [slot] : [])),
    signers,
    needs: { old: old?.threshold ?? 0, new: own?.threshold ?? old?.threshold ?? 1 },
  };
}

function newSigner({ id, key }: { readonly id: string; readonly key: MetadataKey | null }): ComputedSigner {
  return { keyid: id, quorum: 'new', key };
}

interface TargetsWork {
  readonly plan: RolePlan;
  readonly quorums: NewQuorums;
  /** Roles above this one that change too. */
  readonly results: ReadonlyMap<string, ComputedRole>;
  readonly entries: ReadonlyMap<string, TargetEntry | null>;
}

function targetsRole(dialect: Dialect, inputs: ChangeInputs, work: TargetsWork): ComputedRole {
  const { base, changes, context } = inputs;
  const { plan, quorums, results, entries } = work;
  const before = base?.targets.get(plan.role);
  if (base && !before && plan.role === 'targets')
    throw refused('CHAIN-TARGETS', 'the repository has a root but no targets', { where: context.repository });
  if (base && !before && changes.some((change) => change.type === 'refresh' && change.role === plan.role))
    throw refused('CHANGE-ABSENT', 'a role is to be refreshed that has no metadata which its keys signed', {
      found: plan.role,
      where: context.repository,
    });
  const start = before?.signed ?? dialect.newTargets();
  const below = touchedDelegations(changes).filter((role) => parentOf(role) === plan.role);
  const edits = delegationEdits(dialect, before ? dialect.delegations(before) : [], below, changes, inputs);
  const delegated = dialect.withDelegations(start, edits);
  const signed = dialect.withTargets(delegated, entries, plan.version, plan.expires);
  const document = finish(plan, signed);
  const quorum = quorums.get(plan.role);
  if (quorum) {
    const signers = quorum.keys.map(newSigner);
    return { ...document, ...CLOSED, signers, needs: { old: 0, new: quorum.threshold } };
  }
  const keys = keysAfter(dialect, inputs, results, plan.role);
  const signers = keys.keys.map((key): ComputedSigner => ({ keyid: key.id, quorum: 'new', key }));
  return { ...document, ...CLOSED, signers, needs: { old: 0, new: keys.threshold } };
}

const CLOSED = { open: false, slots: [] };

/** Who signs a role once the changes are published: as its parent then says. */
function keysAfter(
  dialect: Dialect,
  { base, context }: ChangeInputs,
  results: ReadonlyMap<string, ComputedRole>,
  role: string,
): RoleKeys {
  const parent = isDelegated(role) ? results.get(parentOf(role)) : undefined;
  const keys = parent && dialect.delegatedKeys(resultDocument(parent), role);
  if (keys) return keys;
  if (base && !parent) return keysOf(dialect, base.root, base.targets, role, context);
  throw refused('CHAIN-TARGETS', 'nothing delegates to this role', {
    where: `${context.repository} ${role}`,
  });
}

function finish(plan: RolePlan, signed: JsonObject): RolePlan & { signed: JsonObject; document: Uint8Array } {
  const { role, version, expires } = plan;
  return { role, version, expires, signed, document: canonicalBytes(signed) };
}

/** An unsigned role as a document that can be asked about. */
export function resultDocument(role: ComputedRole): SignedDocument {
  const { version, signed, document } = role;
  const expires = Date.parse(role.expires);
  return { role: role.role, version, expires, signed, payload: document, signatures: [], file: document };
}
