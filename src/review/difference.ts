import { sha256Hex } from '../encoding/hash.ts';
import type { ComputedRole } from '../change/compute.ts';
import type { RepositoryReading } from '../exchange/read-request.ts';
import { documentOf } from '../exchange/request.ts';
import type { SignedDocument, TargetEntry } from '../metadata/document.ts';

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
  readonly keys: readonly KeyLine[];
}

/** Who may sign a role of a new root. */
export interface KeyLine {
  readonly role: string;
  readonly threshold: number;
  readonly keyid: string;
  readonly canonicalId: string;
  readonly algorithm: string;
}

const NONE: ReadonlyMap<string, TargetEntry> = new Map();

/** The difference of each role of a repository, old to new. */
export function differencesOf(reading: RepositoryReading, roles: readonly ComputedRole[]): RoleDifference[] {
  return roles.map((role) => {
    const before = reading.base && documentOf(reading.base, role.role);
    const isRoot = role.role === 'root';
    const result = asDocument(role);
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
      keys: isRoot && !role.open ? keyLines(reading, role) : [],
    };
  });
}

function asDocument(role: ComputedRole): SignedDocument {
  const { version, signed, document } = role;
  return { role: role.role, version, expires: 0, signed, payload: document, signatures: [], file: document };
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

function keyLines(reading: RepositoryReading, role: ComputedRole): KeyLine[] {
  const context = { repository: reading.record.name, now: reading.now };
  return ['root', 'targets', ...reading.dialect.onlineRoles].flatMap((name) => {
    const { keys, threshold } = reading.dialect.roleKeys(asDocument(role), name, context);
    return keys.map((key) => ({
      role: name,
      threshold,
      keyid: key.id,
      canonicalId: key.canonicalId,
      algorithm: key.public?.algorithm ?? 'unknown',
    }));
  });
}
