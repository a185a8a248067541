import type { Dialect } from './dialect.ts';

/** Whether a document of one role may declare another: in Notary the names say so, in TUF any may declare any. */
export function mayDeclare(dialect: Dialect, parent: string, role: string): boolean {
  const ancestry = dialect.ancestry(role);
  return ancestry === null || ancestry.at(-1) === parent;
}

/** Whether a role may be found at or below another one. */
export function mayLeadTo(dialect: Dialect, above: string, role: string): boolean {
  const ancestry = dialect.ancestry(role);
  return ancestry === null || ancestry.includes(above);
}

/** A role and those above it, outermost first, as verified documents declare them. */
export function withAncestors(parents: ReadonlyMap<string, string>, role: string): string[] {
  const chain = [role];
  for (
    let above = parents.get(role);
    above !== undefined && !chain.includes(above);
    above = parents.get(above)
  )
    chain.unshift(above);
  return chain;
}
