import type { AddChange } from '../../change/change.ts';
import { sameJson } from '../../encoding/json.ts';
import { refused } from '../../errors.ts';
import { customFault } from '../../metadata/custom.ts';
import type { Dialect } from '../../metadata/dialect.ts';
import type { TargetEntry } from '../../metadata/document.ts';
import { addAgain } from '../staging/add-again.ts';
import { countTargets } from '../staging/count-targets.ts';

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
    let behind = 0;
    for (const [name, found] of targets) {
      const entry = sayable(into, found);
      if (entry !== found) behind += 1;
      const other = entries.get(name);
      if (other && !isSame(other, entry))
        throw refused(
          'CONVERT-CLASH',
          'two roles that become one hold a name with different content or custom data',
          {
            found: JSON.stringify(name.slice(0, 120)),
            where: `${repository} ${from}`,
            hint: 'remove the target from one of them before, or do not merge the role',
          },
        );
      entries.set(name, entry);
    }
    if (behind > 0)
      notes.push(
        `${from}: custom data of ${countTargets(behind)} that cannot be said in the new repository stays behind, in the archive`,
      );
  }
  const differing = differences(roles);
  notes.push(...differing.slice(0, LISTED));
  if (differing.length > LISTED)
    notes.push(`${String(differing.length - LISTED)} more names differ between roles`);
  return [...roles].flatMap(([role, entries]) =>
    [...entries].map(([name, entry]) => {
      into.checkTarget(name);
      return addAgain(repository, role, name, entry);
    }),
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

function isSame(one: TargetEntry, other: TargetEntry): boolean {
  return (
    one.length === other.length &&
    one.hashes['sha256'] === other.hashes['sha256'] &&
    sameJson(one.custom, other.custom)
  );
}

/** The target without custom data that cannot be said in the new repository. */
function sayable(into: Dialect, entry: TargetEntry): TargetEntry {
  const { custom, ...rest } = entry;
  return custom === undefined || customFault(into, custom) === null ? entry : rest;
}
