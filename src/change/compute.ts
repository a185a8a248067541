import { refused } from '../errors.ts';
import { canonicalBytes } from '../encoding/canonical-json.ts';
import type { JsonObject } from '../encoding/json.ts';
import type { Dialect, KeyContext } from '../metadata/dialect.ts';
import type { SignedDocument, TargetEntry } from '../metadata/document.ts';
import { keysOf, type VerifiedRepository } from '../metadata/repository.ts';
import type { Change } from './change.ts';
import { entryChanges } from './entries.ts';

/** Version and expiry that one role is to have. */
export interface RolePlan {
  readonly role: string;
  readonly version: number;
  /** `YYYY-MM-DDTHH:MM:SSZ` */
  readonly expires: string;
}

/** Everything that the unsigned metadata depends on (R3). */
export interface ChangeInputs {
  /** Null where the repository does not exist yet. */
  readonly base: VerifiedRepository | null;
  readonly changes: readonly Change[];
  readonly plan: readonly RolePlan[];
  /** Keys that a server or the online half holds: role and raw key object. */
  readonly onlineKeys: readonly { readonly role: string; readonly value: Uint8Array }[];
  /** What offline stations filled in, by slot ID. */
  readonly fills: ReadonlyMap<string, Uint8Array>;
  readonly context: KeyContext;
}

export interface ComputedSlot {
  readonly id: string;
  readonly kind: 'key' | 'certificate';
  readonly role: string;
}

export interface ComputedSigner {
  /** Key ID, or the slot ID while the key is not known. */
  readonly keyid: string;
  readonly quorum: 'old' | 'new' | 'both';
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
  readonly needs: { readonly old: number; readonly new: number };
}

/**
 * The change function: from verified metadata, changes, plan, online keys and fills to unsigned metadata.
 * Deterministic; both halves compute it and bytes that differ are refused (R3).
 *
 * @throws CHANGE-INIT, CHANGE-PLAN, CHANGE-ABSENT, NAME-*
 */
export function computeRoles(dialect: Dialect, inputs: ChangeInputs): ComputedRole[] {
  const { base, changes } = inputs;
  const creates = changes.some((change) => change.type === 'init');
  if (creates !== (base === null))
    throw refused(
      'CHANGE-INIT',
      creates ? 'the repository exists already' : 'the repository does not exist yet',
      {
        where: inputs.context.repository,
        hint: creates ? 'reset the staged init' : 'stage init first',
      },
    );
  const entries = entryChanges(dialect, (role) => currentEntries(dialect, base, role), changes);
  const names = creates ? ['root', ...new Set(['targets', ...entries.keys()])] : [...entries.keys()];
  const roles = names.sort().map((role) => {
    const plan = inputs.plan.find((planned) => planned.role === role);
    if (!plan) throw refused('CHANGE-PLAN', 'no version and expiry for a role that changes', { where: role });
    return role === 'root'
      ? firstRoot(dialect, inputs, plan)
      : targetsRole(dialect, inputs, plan, entries.get(role));
  });
  if (roles.length !== inputs.plan.length)
    throw refused('CHANGE-PLAN', 'a role is planned that nothing changes', {
      where: inputs.context.repository,
    });
  return roles;
}

/**
 * The same roles with the slots filled: only what a fill enters is computed again, the others keep their documents.
 *
 * @param inputs those that the roles were computed from, and the fills
 */
export function fillRoles(
  dialect: Dialect,
  inputs: ChangeInputs,
  roles: readonly ComputedRole[],
): ComputedRole[] {
  const slots = new Map(firstSlots(dialect).map(({ id, role }) => [id, role]));
  return roles.map((role) => {
    if (role.slots.length > 0) return firstRoot(dialect, inputs, role);
    const signers = role.signers.map(({ keyid, quorum }) => {
      const slot = slots.get(keyid);
      return { keyid: slot === undefined ? keyid : filledId(dialect, inputs, keyid, slot), quorum };
    });
    return { ...role, signers };
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

function firstRoot(dialect: Dialect, inputs: ChangeInputs, plan: RolePlan): ComputedRole {
  const slots = firstSlots(dialect);
  const keys = slots.map(({ id, role }) => ({ role, slot: id, value: inputs.fills.get(id) ?? null }));
  const signed = dialect.newRoot({ ...plan, keys, onlineKeys: inputs.onlineKeys });
  const signers = slots
    .filter(({ role }) => role === 'root')
    .map(({ id, role }) => ({ keyid: filledId(dialect, inputs, id, role), quorum: 'new' as const }));
  return finish(plan, signed, {
    open: keys.some((key) => key.value === null),
    slots,
    signers,
    needs: { old: 0, new: 1 },
  });
}

/** The slots of a repository's first root, in the order of the dialect. */
function firstSlots(dialect: Dialect): ComputedSlot[] {
  return dialect.firstRootSlots.map(({ role, kind }) => ({ id: `${role}.${kind}`, kind, role }));
}

function filledId(dialect: Dialect, inputs: ChangeInputs, slot: string, role: string): string {
  const value = inputs.fills.get(slot);
  return value ? dialect.readKey(role, value, inputs.context).id : slot;
}

function targetsRole(
  dialect: Dialect,
  inputs: ChangeInputs,
  plan: RolePlan,
  entries: ReadonlyMap<string, TargetEntry | null> | undefined,
): ComputedRole {
  const { base, context } = inputs;
  const before = base?.targets.get(plan.role);
  if (base && !before && plan.role === 'targets')
    throw refused('CHAIN-TARGETS', 'the repository has a root but no targets', { where: context.repository });
  const signed = dialect.withTargets(
    before?.signed ?? dialect.newTargets(),
    entries ?? new Map<string, null>(),
    plan.version,
    plan.expires,
  );
  if (!base) {
    const slot = firstSlots(dialect).find(({ role }) => role === plan.role);
    if (!slot)
      throw refused('CHAIN-TARGETS', 'a new repository does not delegate to this role', {
        where: `${context.repository} ${plan.role}`,
      });
    const signer = { keyid: filledId(dialect, inputs, slot.id, slot.role), quorum: 'new' as const };
    return finish(plan, signed, { open: false, slots: [], signers: [signer], needs: { old: 0, new: 1 } });
  }
  const keys = keysOf(dialect, base.root, base.targets, plan.role, context);
  const signers = keys.keys.map(({ id }) => ({ keyid: id, quorum: 'both' as const }));
  return finish(plan, signed, {
    open: false,
    slots: [],
    signers,
    needs: { old: keys.threshold, new: keys.threshold },
  });
}

function finish(
  plan: RolePlan,
  signed: JsonObject,
  rest: Pick<ComputedRole, 'open' | 'slots' | 'signers' | 'needs'>,
): ComputedRole {
  const { role, version, expires } = plan;
  return { role, version, expires, signed, document: canonicalBytes(signed), ...rest };
}
