import { sha256Hex } from '../encoding/hash.ts';
import { resultDocument, type ComputedRole } from '../change/computed-role.ts';
import type { RepositoryReading } from '../exchange/read-request.ts';
import { documentOf } from '../exchange/request.ts';
import type { TargetEntry } from '../metadata/document.ts';
import {
  delegationDifferences,
  quorumDifferences,
  type DelegationDifference,
  type QuorumDifference,
} from './key-difference.ts';

export interface TargetChange {
  readonly name: string;
  readonly before: TargetEntry | null;
  readonly after: TargetEntry | null;
}

/** What would change in one role, computed from base bytes and result bytes, without the change list (R3, R8). */
export interface RoleDifference {
  readonly role: string;
  readonly fromVersion: number;
  readonly toVersion: number;
  /** Milliseconds since 1970; null where the role is new. */
  readonly fromExpires: number | null;
  readonly toExpires: number;
  /** SHA-256 of the bytes to be signed; null while open. */
  readonly payload: string | null;
  readonly total: number;
  readonly targets: readonly TargetChange[];
  /** Of a root: the roles whose keys or thresholds change. */
  readonly quorums: readonly QuorumDifference[];
  /** Of targets: the delegations that change. */
  readonly delegations: readonly DelegationDifference[];
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
    const isRoot = role.role === 'root';
    const result = resultDocument(role);
    const after = isRoot ? NONE : reading.dialect.targets(result, before ?? undefined);
    const entries = before && !isRoot ? reading.dialect.targets(before, result) : NONE;
    return {
      role: role.role,
      fromVersion: before?.version ?? 0,
      toVersion: role.version,
      fromExpires: before?.expires ?? null,
      toExpires: Date.parse(role.expires),
      payload: role.open ? null : sha256Hex(role.document),
      total: isRoot ? 0 : Object.keys(role.signed['targets'] ?? {}).length,
      targets: targetChanges(entries, after),
      quorums: isRoot ? quorumDifferences(reading.dialect, before, result) : [],
      delegations: isRoot ? [] : delegationDifferences(reading.dialect, before, result),
    };
  });
}

function targetChanges(
  before: ReadonlyMap<string, TargetEntry>,
  after: ReadonlyMap<string, TargetEntry>,
): TargetChange[] {
  const changes: TargetChange[] = [];
  for (const [name, entry] of before)
    if (!after.has(name)) changes.push({ name, before: entry, after: null });
  for (const [name, entry] of after) {
    const old = before.get(name) ?? null;
    if (!old || !sameEntry(old, entry)) changes.push({ name, before: old, after: entry });
  }
  return changes;
}

/** Whether two entries name the same content in the same terms. */
export function sameEntry(a: TargetEntry, b: TargetEntry): boolean {
  const names = Object.keys(a.hashes);
  return (
    a.length === b.length &&
    names.length === Object.keys(b.hashes).length &&
    names.every((name) => a.hashes[name] === b.hashes[name])
  );
}
