import type { Delegation, Dialect } from './dialect.ts';
import type { SignedDocument } from './document.ts';
import { mayDeclare, mayLeadTo } from './hierarchy.ts';

/** Which roles a search comes by. */
export interface Search {
  /** Only roles that may hold this target; null for all. */
  readonly target: string | null;
  /** Only this role and those below it. */
  readonly below: string;
  /** Roles that are left out, with everything below them. */
  readonly without: ReadonlySet<string>;
  /** Whether roles are asked too that a terminating delegation hides; left out: no. */
  readonly pastTerminating?: boolean;
}

/** A role that the search came by. */
export interface SearchedRole {
  readonly role: string;
  readonly document: SignedDocument;
  /** The delegation that led here; null for `targets`. */
  readonly declared: Delegation | null;
  /** Whether the delegations that led here let the role hold a name. */
  readonly holds: (target: string) => boolean;
}

/** Documents by role, as far as they are at hand. */
export interface Documents {
  /** @param delegation whose keys the document has to be signed by; undefined for `targets` */
  get(role: string, delegation?: Delegation): SignedDocument | undefined;
}

interface Step {
  readonly role: string;
  /** The delegations that lead here, outermost first. */
  readonly way: readonly Delegation[];
}

/** As many roles as TUF's clients ask for one name before they give up. */
const MAX_VISITED = 32;

/**
 * The targets roles in the order in which clients ask them, each once: Notary breadth first (tuf.Repo.WalkTargets),
 * TUF 1.0 each with everything below it, and nothing after a terminating delegation that may hold the name (section
 * 5.6.7). A delegation can only narrow what its parent has. Roles without a document are passed over, with everything
 * below them.
 *
 * @param absent told of roles that should be asked, but whose document is not at hand
 */
export function* searchTargets(
  dialect: Dialect,
  documents: Documents,
  { target, below, without, pastTerminating = false }: Search,
  absent: (role: string, delegation?: Delegation) => void = () => undefined,
): Generator<SearchedRole> {
  const visited = new Set<string>();
  let steps: Step[] = [{ role: 'targets', way: [] }];
  for (let step = steps.shift(); step; step = steps.shift()) {
    const { role, way } = step;
    const inside = role === below || below === 'targets' || way.some((one) => one.role === below);
    if (visited.has(role) || (inside ? without.has(role) : !mayLeadTo(dialect, role, below))) continue;
    const holds = (name: string): boolean => way.every((delegation) => dialect.covers(delegation, name));
    if (inside && target !== null && !holds(target)) continue;
    visited.add(role);
    const document = documents.get(role, way.at(-1));
    if (!document) {
      absent(role, way.at(-1));
      continue;
    }
    if (inside) yield { role, document, declared: way.at(-1) ?? null, holds };
    if (target !== null && dialect.search === 'depth-first' && visited.size >= MAX_VISITED) return;
    const next = nextSteps(dialect, document, way, inside ? target : null, pastTerminating);
    if (dialect.search === 'breadth-first') steps.push(...next.steps);
    else steps = next.terminated ? next.steps : [...next.steps, ...steps];
  }
}

/** The roles that are asked because of one document, and whether none that waits already is asked after them. */
function nextSteps(
  dialect: Dialect,
  document: SignedDocument,
  way: readonly Delegation[],
  target: string | null,
  pastTerminating: boolean,
): { steps: Step[]; terminated: boolean } {
  const steps: Step[] = [];
  const declared = dialect.delegations(document);
  for (const delegation of target === null ? declared : dialect.covering(declared, target)) {
    if (!mayDeclare(dialect, document.role, delegation.role)) continue;
    const above = way.at(-1);
    steps.push({
      role: delegation.role,
      way: [...way, above ? dialect.within(delegation, above) : delegation],
    });
    if (target !== null && delegation.terminating && !pastTerminating) return { steps, terminated: true };
  }
  return { steps, terminated: false };
}
