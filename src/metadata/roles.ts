/** The roles that a root declares; every other role is declared by a targets document (TUF 1.0 section 2.1). */
const TOP_LEVEL: ReadonlySet<string> = new Set(['root', 'targets', 'snapshot', 'timestamp']);

/** Whether a role is declared by a targets document, not by the root. */
export function isDelegated(role: string): boolean {
  return !TOP_LEVEL.has(role);
}
