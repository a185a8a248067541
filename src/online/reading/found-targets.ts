import { refused } from '../../errors.ts';
import type { TargetEntry } from '../../metadata/document.ts';
import { searchTargets, type SearchedRole } from '../../metadata/search.ts';
import type { ReadRepository, UnreadRole } from './read.ts';

/** A target and the role that it comes from. */
export interface FoundTarget {
  readonly name: string;
  readonly role: string;
  readonly entry: TargetEntry;
}

/**
 * Every target that the stock client would list: of all roles, or of the given ones and those below them, in the
 * given order. The first role that names a target wins, and a role's targets outside its paths do not count.
 *
 * @throws NAME-ROLE for a role that cannot be one
 */
export function listTargets(repository: ReadRepository, roles: readonly string[] = []): FoundTarget[] {
  const found = new Map<string, FoundTarget>();
  for (const { role, document, holds } of walks(repository, roles, null))
    for (const [name, entry] of repository.dialect.targets(document))
      if (!found.has(name) && holds(name)) found.set(name, { name, role, entry });
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * One target, by the same rules; null if no role that may hold it does.
 *
 * @throws NAME-ROLE for a role that cannot be one
 */
export function findTarget(
  repository: ReadRepository,
  name: string,
  roles: readonly string[],
): FoundTarget | null {
  for (const { role, document } of walks(repository, roles, name)) {
    const entry = repository.dialect.target(document, name);
    if (entry) return { name, role, entry };
  }
  return null;
}

/** As {@link findTarget}. @throws READ-TARGET (exit 3) if there is no such target */
export function lookupTarget(
  repository: ReadRepository,
  name: string,
  roles: readonly string[] = [],
): FoundTarget {
  const found = findTarget(repository, name, roles);
  if (found) return found;
  throw noSuchTarget(repository.name, name, repository.broken);
}

/** @returns READ-TARGET (exit 3) */
export function noSuchTarget(repository: string, name: string, broken: readonly UnreadRole[]): Error {
  return refused('READ-TARGET', 'no such target is published', {
    found: name,
    where: repository,
    ...(broken.length > 0
      ? { hint: `roles that cannot be read: ${broken.map(({ role }) => role).join(', ')}` }
      : {}),
  });
}

/** Roles in the order in which they are asked: each given one with what is below it, but for other given ones. */
function* walks(
  { dialect, verified }: ReadRepository,
  given: readonly string[],
  target: string | null,
): Generator<SearchedRole> {
  for (const role of given) dialect.checkTargetsRole(role);
  const roles = given.length > 0 ? [...new Set(given)] : ['targets'];
  for (const below of roles) {
    const without = new Set(roles.filter((role) => role !== below));
    yield* searchTargets(dialect, verified.targets, { target, below, without });
  }
}
