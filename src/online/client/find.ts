import type { Delegation } from '../../metadata/dialect.ts';
import { searchTargets } from '../../metadata/search.ts';
import { atOnce } from '../transport/at-once.ts';
import type { FoundTarget } from '../reading/found-targets.ts';
import type { Client } from './client.ts';
import type { DelegatedRoles } from './delegated.ts';

/** Files that are read at once. */
const PARALLEL = 8;

/**
 * One target as a client finds it (specification 5.6.7): roles are read in the order of the search, and only those that
 * may hold the name and are asked before it is found. Null if there is none.
 *
 * @throws as {@link DelegatedRoles.read}
 */
export async function findByReading(
  { dialect }: Client,
  roles: DelegatedRoles,
  name: string,
): Promise<FoundTarget | null> {
  const search = { target: name, below: 'targets', without: new Set<string>() };
  for (;;) {
    const unread: Delegation[] = [];
    const absent = (_role: string, by?: Delegation): void => {
      if (by && roles.isUnread(by)) unread.push(by);
    };
    for (const { role, document } of searchTargets(dialect, roles.documents, search, absent)) {
      // who was to be asked before is read before
      if (unread.length > 0) break;
      const entry = dialect.target(document, name);
      if (entry) return { name, role, entry };
    }
    if (unread.length === 0) return null;
    // of one depth all are asked, where that is the order; else only the first one, and then those below it
    const next = dialect.search === 'breadth-first' ? unread : unread.slice(0, 1);
    await atOnce(next, PARALLEL, (delegation) => roles.read(delegation));
  }
}
