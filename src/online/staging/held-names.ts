import type { Change } from '../../change/change.ts';
import type { StagingGround } from './staging.ts';

/** The names of the targets that a role holds, as what is published and these changes leave it. */
export function heldNames(
  { base, dialect }: Pick<StagingGround, 'base' | 'dialect'>,
  changes: readonly Change[],
): (role: string) => ReadonlySet<string> {
  const known = new Map<string, ReadonlySet<string>>();
  return (role) => {
    const before = known.get(role);
    if (before) return before;
    const document = base?.targets.get(role);
    const names = new Set(document ? dialect.targets(document).keys() : []);
    for (const change of changes)
      if (change.type === 'add' && change.role === role) names.add(change.name);
      else if (change.type === 'remove' && change.role === role) names.delete(change.name);
    known.set(role, names);
    return names;
  };
}
