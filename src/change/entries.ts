import { refused } from '../errors.ts';
import type { Dialect } from '../metadata/dialect.ts';
import type { TargetEntry } from '../metadata/document.ts';
import type { Change } from './change.ts';

/** Net effect of changes on one role's targets: the entry that a name ends with, null where it is removed. */
export type EntryChanges = ReadonlyMap<string, TargetEntry | null>;

/**
 * Replays the changes in order over the current entries, role by role. The last word on a name counts.
 *
 * @throws CHANGE-ABSENT where a target is removed that is not there
 */
export function entryChanges(
  dialect: Dialect,
  current: (role: string) => ReadonlyMap<string, TargetEntry>,
  changes: readonly Change[],
): ReadonlyMap<string, EntryChanges> {
  const roles = new Map<string, Map<string, TargetEntry | null>>();
  for (const change of changes) {
    if (change.type !== 'add' && change.type !== 'remove') continue;
    dialect.checkTargetsRole(change.role);
    let entries = roles.get(change.role);
    if (!entries) roles.set(change.role, (entries = new Map<string, TargetEntry | null>()));
    if (change.type === 'add') {
      dialect.checkTarget(change.name);
      entries.set(change.name, { length: change.length, hashes: change.hashes });
    } else {
      const present = entries.has(change.name)
        ? entries.get(change.name) !== null
        : current(change.role).has(change.name);
      if (!present)
        throw refused('CHANGE-ABSENT', 'a target is to be removed that is not there', {
          found: change.name,
          where: change.role,
          hint: 'take the change back with reset, or see list for what is published',
        });
      if (current(change.role).has(change.name)) entries.set(change.name, null);
      else entries.delete(change.name);
    }
  }
  return roles;
}
