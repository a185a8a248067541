import type { RepositoryReading } from '../exchange/read-request.ts';

/** Members of a file that this program has no idea of: JSON pointers, from outside. */
export interface NotUnderstood {
  readonly role: string;
  readonly version: number;
  readonly members: readonly string[];
}

/** What is not understood of the files that travel and are not replaced: each is named once, if there is anything. */
export function notUnderstoodOfBase({ dialect, base, roles }: RepositoryReading): NotUnderstood[] {
  if (!base) return [];
  const replaced = new Set(roles.map(({ role }) => role));
  return [base.root, base.timestamp, base.snapshot, ...base.targets.values()].flatMap((document) => {
    if (!document || replaced.has(document.role)) return [];
    const members = dialect.notUnderstood(document);
    return members.length === 0 ? [] : [{ role: document.role, version: document.version, members }];
  });
}
