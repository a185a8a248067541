import { refused } from '../errors.ts';
import { checkCustom } from '../metadata/custom.ts';
import type { Dialect } from '../metadata/dialect.ts';
import type { TargetEntry } from '../metadata/document.ts';
import { customMember, sameContent } from '../metadata/target-entries.ts';
import type { AddChange, Change } from './change.ts';

/** Net effect of changes on one role's targets: the entry that a name ends with, null where it is removed. */
export type EntryChanges = ReadonlyMap<string, TargetEntry | null>;

/**
 * Replays the changes in order over the current entries, role by role. The last word on a name counts.
 *
 * @param current the entry of a role as it is published; null where there is none
 * @throws CHANGE-ABSENT where a target is removed that is not there, CHANGE-CUSTOM, NAME-TARGET, NAME-ROLE
 */
export function entryChanges(
  dialect: Dialect,
  current: (role: string, name: string) => TargetEntry | null,
  changes: readonly Change[],
): ReadonlyMap<string, EntryChanges> {
  const roles = new Map<string, Map<string, TargetEntry | null>>();
  for (const change of changes) {
    if (change.type !== 'add' && change.type !== 'remove') continue;
    const { role, name } = change;
    dialect.checkTargetsRole(role);
    let entries = roles.get(role);
    if (!entries) roles.set(role, (entries = new Map<string, TargetEntry | null>()));
    const published = current(role, name);
    const before = entries.has(name) ? (entries.get(name) ?? null) : published;
    if (change.type === 'add') entries.set(name, added(dialect, change, before));
    else if (!before)
      throw refused('CHANGE-ABSENT', 'a target is to be removed that is not there', {
        found: name,
        where: role,
        hint: 'take the change back with reset, or see list for what is published',
      });
    else if (published) entries.set(name, null);
    else entries.delete(name);
  }
  return roles;
}

/** Custom data that nobody speaks of stays with a target whose content stays; new content begins without. */
function added(dialect: Dialect, change: AddChange, before: TargetEntry | null): TargetEntry {
  const { role, name, length, hashes, custom } = change;
  dialect.checkTarget(name);
  const entry = { length, hashes };
  if (custom === undefined)
    return before && sameContent(before, entry) ? { ...entry, ...customMember(before.custom) } : entry;
  if (custom === null) return entry;
  checkCustom(dialect, custom, `${role} ${name}`);
  return { ...entry, custom };
}
