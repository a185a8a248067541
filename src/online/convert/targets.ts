import type { AddChange } from '../../change/change.ts';
import { refused } from '../../errors.ts';
import type { Dialect } from '../../metadata/dialect.ts';
import type { TargetEntry } from '../../metadata/document.ts';

/** The targets of a Notary role, and the role of the new repository that is to hold them. */
export interface HeldTargets {
  readonly from: string;
  readonly role: string;
  readonly targets: ReadonlyMap<string, TargetEntry>;
}

/** Names that differ between roles, of which each gets a line; the rest is counted. */
const LISTED = 20;

/**
 * The additions that make the new roles hold what the old ones held.
 *
 * @param all in the order in which clients will ask the roles
 * @param notes gets the names that roles hold with different content
 * @throws CONVERT-CLASH, CHANGE-HASH, NAME-TARGET
 */
export function targetChanges(
  repository: string,
  into: Dialect,
  all: readonly HeldTargets[],
  notes: string[],
): AddChange[] {
  const roles = new Map<string, Map<string, TargetEntry>>();
  for (const { from, role, targets } of all) {
    const entries = roles.get(role) ?? new Map<string, TargetEntry>();
    roles.set(role, entries);
    for (const [name, entry] of targets) {
      const other = entries.get(name);
      if (other && !isSame(other, entry))
        throw refused('CONVERT-CLASH', 'two roles that become one hold a name with different content', {
          found: JSON.stringify(name.slice(0, 120)),
          where: `${repository} ${from}`,
          hint: 'remove the target from one of them before, or do not merge the role',
        });
      entries.set(name, entry);
    }
  }
  const differing = differences(roles);
  notes.push(...differing.slice(0, LISTED));
  if (differing.length > LISTED)
    notes.push(`${String(differing.length - LISTED)} more names differ between roles`);
  return [...roles].flatMap(([role, entries]) =>
    [...entries].map(([name, entry]) => addOf(repository, into, role, name, entry)),
  );
}

function differences(roles: ReadonlyMap<string, ReadonlyMap<string, TargetEntry>>): string[] {
  const first = new Map<string, { role: string; entry: TargetEntry }>();
  const found: string[] = [];
  for (const [role, entries] of roles)
    for (const [name, entry] of entries) {
      const known = first.get(name);
      if (!known) first.set(name, { role, entry });
      else if (!isSame(known.entry, entry))
        found.push(
          `${name} differs between ${known.role} and ${role}: TUF clients take that of ${known.role}`,
        );
    }
  return found;
}

function isSame(one: TargetEntry | undefined, other: TargetEntry | undefined): boolean {
  return one?.length === other?.length && one?.hashes['sha256'] === other?.hashes['sha256'];
}

function addOf(repository: string, into: Dialect, role: string, name: string, entry: TargetEntry): AddChange {
  into.checkTarget(name);
  const { sha256, sha512 } = entry.hashes;
  if (sha256 === undefined)
    throw refused('CHANGE-HASH', 'a target has no SHA-256', { found: name, where: `${repository} ${role}` });
  const hashes = sha512 === undefined ? { sha256 } : { sha256, sha512 };
  return { type: 'add', role, name, length: entry.length, hashes, evidence: null };
}
