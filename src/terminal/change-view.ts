import type { Change } from '../change/change.ts';
import { escapeCut, show } from './escape.ts';

/** Changes of one repository that are listed; the rest is counted. */
const LISTED = 40;

/** Staged changes by repository, as people read them. */
export function changeLines(
  all: readonly { readonly name: string; readonly changes: readonly Change[] }[],
): string[] {
  const staged = all.filter(({ changes }) => changes.length > 0);
  if (staged.length === 0) return ['nothing is staged'];
  return staged.flatMap(({ name, changes }) => [
    `${escapeCut(name, 200)}: ${String(changes.length)} staged`,
    ...changes.slice(0, LISTED).map((change) => `  ${changeLine(change)}`),
    ...(changes.length > LISTED ? [`  ... and ${String(changes.length - LISTED)} more`] : []),
  ]);
}

function changeLine(change: Change): string {
  switch (change.type) {
    case 'init':
      return 'a first root';
    case 'add':
      return `add ${show(change.name, 60)} ${String(change.length)} bytes${intoRole(change.role)}`;
    case 'remove':
      return `remove ${show(change.name, 60)}${intoRole(change.role)}`;
    case 'refresh':
      return `refresh ${escapeCut(change.role, 60)}`;
  }
}

function intoRole(role: string): string {
  return role === 'targets' ? '' : ` (${escapeCut(role, 60)})`;
}
