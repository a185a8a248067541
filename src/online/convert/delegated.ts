import type { Delegation, Dialect } from '../../metadata/dialect.ts';
import type { SignedDocument, TargetEntry } from '../../metadata/document.ts';
import { mayDeclare } from '../../metadata/hierarchy.ts';
import type { VerifiedRepository } from '../../metadata/verified.ts';

/** A targets role as clients see it: with the names that all above it let it hold, and those of its targets that count. */
export interface SeenRole {
  readonly role: string;
  /** Null for `targets`. */
  readonly parent: string | null;
  /** With its names as far as the roles above it have them; null for `targets`. */
  readonly delegation: Delegation | null;
  readonly targets: ReadonlyMap<string, TargetEntry>;
  /** Targets of its file that no client takes from it, since they are outside its names. */
  readonly outside: number;
  /** Null where the role is declared and has no file. */
  readonly document: SignedDocument | null;
}

/** `targets` and every role below it, each after its parent, in the order in which parents declare them. */
export function seenRoles(dialect: Dialect, verified: VerifiedRepository): SeenRole[] {
  const roles: SeenRole[] = [];
  const walk = (role: string, parent: string | null, delegation: Delegation | null): void => {
    if (roles.some((one) => one.role === role)) return;
    const document = verified.targets.get(role) ?? null;
    const all = document ? dialect.targets(document) : new Map<string, TargetEntry>();
    const targets = delegation ? new Map([...all].filter(([name]) => dialect.covers(delegation, name))) : all;
    const outside = all.size - targets.size;
    roles.push({ role, parent, delegation, targets, outside, document });
    if (!document) return;
    for (const below of dialect.delegations(document))
      if (mayDeclare(dialect, role, below.role))
        walk(below.role, role, delegation ? dialect.within(below, delegation) : below);
  };
  walk('targets', null, null);
  return roles;
}

/** Whether a role is one of these, or below one. */
export function isAtOrBelow(dialect: Dialect, role: string, these: readonly string[]): boolean {
  return these.includes(role) || (dialect.ancestry(role) ?? []).some((above) => these.includes(above));
}
