import { sha256Hex } from '../encoding/hash.ts';
import { resultDocument, type ComputedRole } from '../change/computed-role.ts';
import type { RepositoryReading } from '../exchange/read-request.ts';
import { documentOf } from '../exchange/request.ts';
import type { Dialect } from '../metadata/dialect.ts';
import type { SignedDocument, TargetEntry } from '../metadata/document.ts';
import {
  delegationDifferences,
  quorumDifferences,
  type DelegationDifference,
  type QuorumDifference,
} from './key-difference.ts';
import { targetChanges, type TargetChange } from './target-change.ts';

/** What differs between two documents of one role. */
export interface ContentDifference {
  readonly role: string;
  readonly fromVersion: number;
  readonly toVersion: number;
  /** Milliseconds since 1970; null where the role is new. */
  readonly fromExpires: number | null;
  readonly toExpires: number;
  /** Number of targets in the later one. */
  readonly total: number;
  readonly targets: readonly TargetChange[];
  /** Of a root: the roles whose keys or thresholds change. */
  readonly quorums: readonly QuorumDifference[];
  /** Of targets: the delegations that change. */
  readonly delegations: readonly DelegationDifference[];
}

/** What would change in one role, computed from base bytes and result bytes, without the change list (R3, R8). */
export interface RoleDifference extends ContentDifference {
  /** SHA-256 of the bytes to be signed; null while open. */
  readonly payload: string | null;
  /** Members of the document that this program has no idea of, and that would be signed with it: JSON pointers. */
  readonly notUnderstood: readonly string[];
}

const NONE: ReadonlyMap<string, TargetEntry> = new Map();

/** What was computed of the same repository before its slots were filled. */
interface Before {
  readonly roles: readonly ComputedRole[];
  readonly differences: readonly RoleDifference[];
}

/**
 * The difference of each role of a repository, old to new.
 *
 * @param open what was computed before: a document that the fills left alone is not compared again
 */
export function differencesOf(
  reading: RepositoryReading,
  roles: readonly ComputedRole[],
  open?: Before,
): RoleDifference[] {
  return roles.map((role, index) => {
    const known = open?.differences[index];
    if (known && open.roles[index]?.document === role.document) return known;
    const before = reading.base && documentOf(reading.base, role.role);
    const after = resultDocument(role);
    return {
      ...contentDifference(reading.dialect, before, after),
      payload: role.open ? null : sha256Hex(role.document),
      notUnderstood: reading.dialect.notUnderstood(after),
    };
  });
}

/** What differs between two documents of one role, the first of which may be missing. */
export function contentDifference(
  dialect: Dialect,
  before: SignedDocument | null,
  after: SignedDocument,
): ContentDifference {
  const isRoot = after.role === 'root';
  const entries = isRoot ? NONE : dialect.targets(after, before ?? undefined);
  const old = before && !isRoot ? dialect.targets(before, after) : NONE;
  return {
    role: after.role,
    fromVersion: before?.version ?? 0,
    toVersion: after.version,
    fromExpires: before?.expires ?? null,
    toExpires: after.expires,
    total: after.entries.size,
    targets: targetChanges(old, entries),
    quorums: isRoot ? quorumDifferences(dialect, before, after) : [],
    delegations: isRoot ? [] : delegationDifferences(dialect, before, after),
  };
}
