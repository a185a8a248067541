import type { RepositoryRequest, RequestManifest, ResultRole } from '../bundle/manifest.ts';
import type { Change } from '../change/change.ts';
import { computeRoles } from '../change/compute.ts';
import type { ComputedRole } from '../change/computed-role.ts';
import type { RolePlan } from '../change/inputs.ts';
import { touchedDelegations } from '../change/delegations.ts';
import { deriveOperation } from '../change/operation.ts';
import { RoleParents } from '../change/role-parents.ts';
import { canonicalBytes, compareUtf8 } from '../encoding/canonical-json.ts';
import { sha256Hex } from '../encoding/hash.ts';
import type { Json } from '../encoding/json.ts';
import { incomplete } from '../errors.ts';
import type { Dialect, KeyContext } from '../metadata/dialect.ts';
import type { MetadataKey, SignedDocument } from '../metadata/document.ts';
import type { RepositoryFiles, VerifiedRepository } from '../metadata/verified.ts';
import { Contents } from './contents.ts';

/** Version 0 and this digest stand for a file that does not exist. */
export const ABSENT = '0'.repeat(64);

/** One repository's part of a request, before it is written down. */
export interface RepositoryPlan {
  readonly dialect: Dialect;
  readonly context: KeyContext;
  readonly files: RepositoryFiles;
  readonly base: VerifiedRepository | null;
  readonly changes: readonly Change[];
  readonly roles: readonly RolePlan[];
  readonly onlineKeys: readonly { readonly role: string; readonly value: Uint8Array }[];
  /** Manifests that travel along, by SHA-256. */
  readonly evidence: ReadonlyMap<string, Uint8Array>;
  /** Identity of the station that is to fill slots; null while nobody said which. */
  readonly filler: string | null;
  /** Who is known to hold a key: key ID, as listed or canonical, to identity, or `online`. */
  readonly holders: ReadonlyMap<string, string>;
  readonly supersedes: readonly string[];
}

export type RequestHead = Omit<RequestManifest, 'format' | 'kind' | 'repositories' | 'files'>;

/** Algorithm of keys that an offline station makes for a slot. */
const SLOT_ALGORITHM = 'ecdsa-p256';

/** Writes a request down: manifest without its file list, and the files. */
export function buildRequest(
  head: RequestHead,
  plans: readonly RepositoryPlan[],
): { manifest: Omit<RequestManifest, 'files'>; contents: Contents } {
  const contents = new Contents();
  const repositories = [...plans]
    .sort((a, b) => compareRepositories(repositoryOf(a), repositoryOf(b)))
    .map((plan) => writeRecord(plan, contents));
  return { manifest: { format: 'countersign-1', kind: 'request', ...head, repositories }, contents };
}

function repositoryOf(plan: RepositoryPlan): { dialect: string; name: string } {
  return { dialect: plan.dialect.name, name: plan.context.repository };
}

/** Order of repositories in a request: by dialect, then name. */
export function compareRepositories(
  a: { readonly dialect: string; readonly name: string },
  b: { readonly dialect: string; readonly name: string },
): number {
  return compareUtf8(a.dialect, b.dialect) || compareUtf8(a.name, b.name);
}

function writeRecord(plan: RepositoryPlan, contents: Contents): RepositoryRequest {
  const { dialect, base, context } = plan;
  const roles = computeRoles(dialect, {
    base,
    changes: plan.changes,
    plan: plan.roles,
    onlineKeys: plan.onlineKeys,
    fills: new Map(),
    context,
  });
  const evidence = plan.changes.flatMap((change) =>
    change.type === 'add' && change.evidence
      ? [{ role: change.role, target: change.name, file: contents.add(evidenceOf(plan, change.evidence)) }]
      : [],
  );
  return {
    dialect: dialect.name,
    name: context.repository,
    operation: deriveOperation(dialect, base, roles, restarts(plan.changes)),
    supersedes: [...plan.supersedes].sort(),
    roots: plan.files.roots.map((file) => contents.add(file)),
    base: baseList(dialect, base, plan.changes, roles, (document) => contents.add(document.file)),
    serverKeys: plan.onlineKeys.map(({ role, value }) => ({
      role: role as 'snapshot' | 'timestamp',
      key: contents.add(value),
    })),
    changes: contents.add(canonicalBytes(plan.changes as unknown as Json)),
    evidence,
    result: roles.map((role) => resultRole(role, contents.add(role.document), plan)),
  };
}

function evidenceOf(plan: RepositoryPlan, sha256: string): Uint8Array {
  const bytes = plan.evidence.get(sha256);
  if (!bytes) throw new Error(`evidence ${sha256} was not kept`);
  return bytes;
}

/** Whether the changes begin a repository anew under a name that had one. */
export function restarts(changes: readonly Change[]): boolean {
  return changes.some((change) => change.type === 'init' && change.restart);
}

/**
 * The state that the request builds on: root, every role that it replaces or whose declaration it touches, the
 * roles that delegate to them, snapshot and timestamp; by role. It is what the server is compared with before
 * anything is posted (M14).
 */
export function baseList(
  dialect: Dialect,
  base: VerifiedRepository | null,
  changes: readonly Change[],
  roles: readonly ComputedRole[],
  file: (document: SignedDocument) => string,
): RepositoryRequest['base'] {
  const names = new Set(['root']);
  const parents = new RoleParents(dialect, base, changes);
  for (const role of [...roles.map((one) => one.role), ...touchedDelegations(changes)])
    for (const name of parents.chain(role)) names.add(name);
  // A request without changes only shows what there is: all of it.
  if (roles.length === 0) for (const role of base?.targets.keys() ?? []) names.add(role);
  if (base?.snapshot) names.add('snapshot');
  if (base?.timestamp) names.add('timestamp');
  return [...names].sort(compareUtf8).map((role) => {
    const document = base && documentOf(base, role);
    if (!document) return { role, version: 0, sha256: ABSENT, file: null };
    return { role, version: document.version, sha256: sha256Hex(document.payload), file: file(document) };
  });
}

/** A verified repository's document of any role; null if it has none. */
export function documentOf(
  base: Pick<VerifiedRepository, 'root' | 'snapshot' | 'timestamp' | 'targets'>,
  role: string,
): SignedDocument | null {
  if (role === 'root') return base.root;
  if (role === 'snapshot') return base.snapshot;
  if (role === 'timestamp') return base.timestamp;
  return base.targets.get(role) ?? null;
}

function resultRole(role: ComputedRole, document: string, plan: RepositoryPlan): ResultRole {
  return {
    role: role.role,
    version: role.version,
    expires: role.expires,
    payload: role.open ? null : sha256Hex(role.document),
    document,
    slots: role.slots.map(({ id, kind, role: held, keyid }) => ({
      ...{ id, kind, role: held, keyid },
      station: fillerOf(plan),
      algorithm: SLOT_ALGORITHM,
    })),
    signers: role.signers.map(({ keyid, quorum, key }) => ({
      keyid,
      quorum,
      holder: holderOf(plan, keyid, key),
    })),
    needs: role.needs,
  };
}

/** Who is known to hold a key; what is not known yet is the filling station's. A claim, shown as one (M17). */
function holderOf(plan: RepositoryPlan, keyid: string, key: MetadataKey | null): string {
  if (!key) return fillerOf(plan);
  return plan.holders.get(keyid) ?? plan.holders.get(key.canonicalId) ?? 'unknown';
}

/** @throws EXPORT-FILLER (exit 4) where several stations are addressed and none was named */
function fillerOf({ filler, context }: RepositoryPlan): string {
  if (filler !== null) return filler;
  throw incomplete(
    'EXPORT-FILLER',
    'one station must fill in the new keys and certificates, and sign first',
    {
      where: context.repository,
      hint: 'name it: export --fill STATION',
    },
  );
}
