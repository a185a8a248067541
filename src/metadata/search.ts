import type { Dialect } from './dialect.ts';
import type { SignedDocument } from './document.ts';

/** Which roles a walk comes by. */
export interface Walk {
  /** Only roles that may hold this target; null for all. */
  readonly target: string | null;
  /** Only this role and those below it. */
  readonly below: string;
  /** Roles that are left out, with everything below them. */
  readonly without: ReadonlySet<string>;
}

/** A role that the walk came by. */
export interface WalkedRole {
  readonly role: string;
  readonly document: SignedDocument;
  /** Prefixes of the target names that the role may hold; a delegation can only narrow what its parent has. */
  readonly paths: readonly string[];
}

/**
 * The targets roles in the order in which they are asked: breadth first, delegations in the order of their parent's
 * list (Notary: tuf.Repo.WalkTargets). Roles without a document are passed over, with everything below them.
 */
export function* walkTargets(
  dialect: Dialect,
  documents: ReadonlyMap<string, SignedDocument>,
  { target, below, without }: Walk,
): Generator<WalkedRole> {
  const queue: { role: string; paths: readonly string[] }[] = [{ role: 'targets', paths: [''] }];
  for (let next = queue.shift(); next; next = queue.shift()) {
    const { role, paths } = next;
    const document = documents.get(role);
    if (!document) continue;
    const onTheWay = below.startsWith(`${role}/`);
    const inside = role === below || role.startsWith(`${below}/`);
    if (!onTheWay) {
      if (!inside || without.has(role) || (target !== null && !mayHold(paths, target))) continue;
      yield { role, document, paths };
    }
    for (const child of dialect.delegations(document))
      if (isChild(role, child.role))
        queue.push({ role: child.role, paths: child.paths.filter((path) => mayHold(paths, path)) });
  }
}

/** Whether a role with these path prefixes may hold a name, or delegate a path. */
export function mayHold(paths: readonly string[], name: string): boolean {
  return paths.some((path) => name.startsWith(path));
}

function isChild(parent: string, role: string): boolean {
  return role.startsWith(`${parent}/`) && !role.slice(parent.length + 1).includes('/');
}
