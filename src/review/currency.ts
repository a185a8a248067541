import { resultDocument } from '../change/computed-role.ts';
import type { RepositoryReading } from '../exchange/read-request.ts';
import type { KnownKeys } from './key-anomalies.ts';

/** Whose word it is that what a request builds on is the newest there is. */
export interface Currency {
  /** Name of the online station, as it is called here. */
  readonly holder: string;
  /** Roles whose keys it holds itself. */
  readonly roles: readonly string[];
}

/**
 * The online stations that hold keys of snapshot or timestamp themselves, as their pinned cards prove (M12, M16): no
 * third party says then that a base is current. Keys of the root as it is, and as it will be.
 */
export function currencyOf(
  { base, dialect, roles }: RepositoryReading,
  { holders, vouched }: Pick<KnownKeys, 'holders' | 'vouched'>,
): Currency[] {
  const next = roles.find(({ role }) => role === 'root');
  const roots = [...(base ? [base.root] : []), ...(next ? [resultDocument(next)] : [])];
  const words = new Map<string, Set<string>>();
  for (const role of dialect.onlineRoles)
    for (const { canonicalId } of roots.flatMap((root) => dialect.declaredKeys(root, role).keys)) {
      const holder = holders.get(canonicalId);
      if (holder === undefined || vouched.has(canonicalId)) continue;
      words.set(holder, (words.get(holder) ?? new Set()).add(role));
    }
  return [...words].map(([holder, held]) => ({ holder, roles: [...held] }));
}
