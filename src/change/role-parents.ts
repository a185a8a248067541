import type { Dialect } from '../metadata/dialect.ts';
import type { VerifiedRepository } from '../metadata/verified.ts';
import { isDelegated } from '../metadata/roles.ts';
import { refused } from '../errors.ts';
import type { Change } from './change.ts';

/** Who declares each delegated role, as verified documents and changes say. */
export class RoleParents {
  readonly #dialect: Dialect;
  readonly #base: VerifiedRepository | null;
  readonly #added = new Map<string, string>();

  constructor(dialect: Dialect, base: VerifiedRepository | null, changes: readonly Change[]) {
    this.#dialect = dialect;
    this.#base = base;
    for (const change of changes)
      if (change.type === 'delegation-add' && change.parent !== null && !this.#added.has(change.role))
        this.#added.set(change.role, change.parent);
  }

  /** The role whose document declares a delegated role; null where none does. */
  find(role: string): string | null {
    const named = this.#dialect.ancestry(role)?.at(-1);
    return named ?? this.#base?.parents.get(role) ?? this.#added.get(role) ?? null;
  }

  /**
   * The role whose document declares a delegated role.
   *
   * @throws CHANGE-DELEGATION where nothing does
   */
  of(role: string): string {
    const parent = this.find(role);
    if (parent !== null) return parent;
    throw refused('CHANGE-DELEGATION', 'nothing delegates to this role', {
      found: role,
      hint: 'delegation list shows the roles that there are; delegation add makes one',
    });
  }

  /** A role and those above it, outermost first. @throws CHANGE-DELEGATION */
  chain(role: string): string[] {
    const chain = [role];
    for (let above = role; isDelegated(above) && chain.length <= MAX_DEPTH; chain.unshift(above))
      above = this.of(above);
    if (chain.length <= MAX_DEPTH) return chain;
    throw refused('CHANGE-DELEGATION', 'the delegations above this role are too deep, or go in a circle', {
      expected: `at most ${String(MAX_DEPTH)} roles`,
      found: role,
    });
  }
}

/** Deeper than any client goes. */
const MAX_DEPTH = 32;
