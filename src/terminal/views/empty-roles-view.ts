import type { RoleDifference } from '../../review/difference.ts';
import { capped } from './capped.ts';
import { day } from './day.ts';
import { escapeCut } from '../escape.ts';

/** A first file without anything, as delegated roles begin with in some dialects. */
export function isEmpty(difference: RoleDifference): boolean {
  const { fromVersion, total, targets, delegations, notUnderstood, role } = difference;
  const parts = [targets, delegations, notUnderstood];
  return fromVersion === 0 && role !== 'root' && total === 0 && parts.every(({ length }) => length === 0);
}

/** Bins begin alike, by the thousand: those with the very same bytes are one entry. */
export function emptyLines(differences: readonly RoleDifference[], most: number): string[] {
  const alike = new Map<string, RoleDifference[]>();
  for (const one of differences) {
    const key = `${String(one.toVersion)} ${String(one.toExpires)} ${one.payload ?? one.role}`;
    alike.set(key, [...(alike.get(key) ?? []), one]);
  }
  return capped([...alike.values()], most, (group) => {
    const [first, last] = [group[0], group.at(-1)];
    if (!first || !last) return [];
    const { role, toVersion, toExpires, payload } = first;
    const names =
      group.length === 1
        ? escapeCut(role, 60)
        : `${String(group.length)} roles ${escapeCut(role, 60)}..${escapeCut(last.role, 60)}`;
    return [
      `  ${names}: new -> version ${String(toVersion)}, expires ${day(toExpires)}`,
      ...(payload ? [`    sha256 ${payload}`] : []),
      '    no targets',
    ];
  });
}
