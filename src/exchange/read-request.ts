import type { RepositoryRequest, ResultRole } from '../bundle/manifest.ts';
import type { Change } from '../change/change.ts';
import { computeRoles, fillRoles } from '../change/compute.ts';
import type { ComputedRole } from '../change/computed-role.ts';
import type { ComputedSlot } from '../change/quorum.ts';
import { changedOnlineRoles } from '../change/root.ts';
import { deriveOperation } from '../change/operation.ts';
import { canonicalText } from '../encoding/canonical-json.ts';
import { sha256Hex } from '../encoding/hash.ts';
import type { Json } from '../encoding/json.ts';
import { refused } from '../errors.ts';
import type { Dialect } from '../metadata/dialect.ts';
import { dialectOf } from '../metadata/dialects.ts';
import type { SignedDocument } from '../metadata/document.ts';
import { verifyRepository } from '../metadata/repository.ts';
import type { RepositoryFiles, VerifiedRepository } from '../metadata/verified.ts';
import { readChanges } from './read-changes.ts';
import { baseList, restarts } from './request.ts';

/** One repository of a request, verified and recomputed (R3). Nothing of it is believed any more. */
export interface RepositoryReading {
  readonly dialect: Dialect;
  readonly record: RepositoryRequest;
  /** SHA-256 of the record's bytes: binds answers to it. */
  readonly recordDigest: string;
  readonly base: VerifiedRepository | null;
  /** The root that this station pinned, which need not be among those that travel; null at first contact. */
  readonly pinned: SignedDocument | null;
  readonly changes: readonly Change[];
  readonly onlineKeys: readonly { readonly role: string; readonly value: Uint8Array }[];
  readonly roles: readonly ComputedRole[];
  /** Milliseconds since 1970, at which certificates were judged. */
  readonly now: number;
}

/** Reads one entry of the bundle, checked against the manifest's SHA-256. */
export type ReadFile = (name: string) => Uint8Array;

/**
 * Verifies one repository of a request from the pinned root and computes its unsigned metadata anew.
 *
 * @param pinned the root that this station pinned, null at first contact
 * @throws CHAIN-*, METADATA-*, REQUEST-* and CHANGE-* refusals
 */
export function readRepository(
  record: RepositoryRequest,
  read: ReadFile,
  pinned: SignedDocument | null,
  now: number,
): RepositoryReading {
  const dialect = dialectOf(record.dialect);
  dialect.checkRepository(record.name);
  const context = { repository: record.name, now };
  const files = repositoryFiles(record, read);
  const base = files && verifyRepository(dialect, files, pinned, context);
  if (!base && pinned)
    throw refused('CHAIN-LINEAGE', 'a first root is asked for a repository that has one', {
      found: record.operation,
      where: record.name,
      hint: 'ask the online half whether the repository was deleted; a restart is its own operation',
    });
  const changes = readChanges(read(record.changes));
  const onlineKeys = record.serverKeys.map(({ role, key }) => ({ role, value: read(key) }));
  const plan = record.result.map(({ role, version, expires }) => ({ role, version, expires }));
  const roles = computeRoles(dialect, { base, changes, plan, onlineKeys, fills: new Map(), context });
  checkRecord(dialect, record, { base, changes, roles }, read);
  checkEvidence(record, changes, read);
  const recordDigest = recordDigestOf(record);
  return { dialect, record, recordDigest, base, pinned, changes, onlineKeys, roles, now };
}

/** SHA-256 of a repository record's canonical bytes, as the manifest holds them. */
export function recordDigestOf(record: RepositoryRequest): string {
  return sha256Hex(Buffer.from(canonicalText(record as unknown as Json)));
}

/** The documents with the fills in place: what is shown for consent, signed and posted. */
export function closeRoles(
  reading: RepositoryReading,
  fills: ReadonlyMap<string, Uint8Array>,
): ComputedRole[] {
  if (fills.size === 0) return [...reading.roles];
  const { dialect, base, changes, onlineKeys, record, now } = reading;
  const context = { repository: record.name, now };
  return fillRoles(dialect, { base, changes, plan: [], onlineKeys, fills, context }, reading.roles);
}

function repositoryFiles(record: RepositoryRequest, read: ReadFile): RepositoryFiles | null {
  const present = new Map(
    record.base.flatMap(({ role, file }) => (file ? [[role, read(file)] as const] : [])),
  );
  if (present.size === 0 && record.roots.length === 0) return null;
  const newest = record.roots.at(-1);
  if (newest === undefined || record.base.find(({ role }) => role === 'root')?.file !== newest)
    throw refused('REQUEST-BASE', 'the current root is not the newest of the roots', { where: record.name });
  const targets = new Map([...present].filter(([role]) => !['root', 'snapshot', 'timestamp'].includes(role)));
  return {
    roots: record.roots.map(read),
    timestamp: present.get('timestamp') ?? null,
    snapshot: present.get('snapshot') ?? null,
    targets,
  };
}

interface Computed {
  readonly base: VerifiedRepository | null;
  readonly changes: readonly Change[];
  readonly roles: readonly ComputedRole[];
}

/** What the request says of itself must be what was computed (R3); only claims about holders are left as claims. */
function checkRecord(
  dialect: Dialect,
  record: RepositoryRequest,
  { base, changes, roles }: Computed,
  read: ReadFile,
): void {
  const operation = deriveOperation(dialect, base, roles, restarts(changes));
  requireSame(
    'POLICY-OPERATION',
    'the request is not the operation that it names',
    operation,
    record.operation,
    record.name,
  );
  requireSame(
    'REQUEST-KEYS',
    'the online keys are not those that the operation needs',
    changedOnlineRoles(dialect, { base, changes }).join(' '),
    record.serverKeys.map(({ role }) => role).join(' '),
    record.name,
  );
  const expectedBase = baseList(
    dialect,
    base,
    changes,
    roles,
    (document) => `files/${sha256Hex(document.file)}`,
  );
  requireSame(
    'REQUEST-BASE',
    'the base is not what the files say',
    canonicalText(expectedBase as unknown as Json),
    canonicalText(record.base as unknown as Json),
    record.name,
  );
  roles.forEach((role, index) => {
    const claimed = record.result[index];
    const where = `${record.name} ${role.role}`;
    requireSame(
      'REQUEST-RESULT',
      'the roles are not in the computed order',
      role.role,
      claimed?.role ?? 'none',
      where,
    );
    if (!claimed) return;
    const payload = sha256Hex(role.document);
    requireSame(
      'REQUEST-RECOMPUTED',
      'the unsigned metadata does not follow from the changes',
      payload,
      sha256Hex(read(claimed.document)),
      where,
    );
    requireSame(
      'REQUEST-RECOMPUTED',
      "the payload digest is not the document's",
      role.open ? 'null' : payload,
      claimed.payload ?? 'null',
      where,
    );
    requireSame(
      'REQUEST-SIGNERS',
      'the signers are not those that the base and the changes demand',
      signersText(role),
      signersText(claimed),
      where,
    );
  });
}

/** Signers, thresholds and slots without what is only claimed: who holds a key, and who is to fill. */
function signersText({ signers, needs, slots }: Pick<ResultRole, 'needs'> & SignersAndSlots): string {
  return canonicalText({
    signers: signers.map(({ keyid, quorum }) => ({ keyid, quorum })),
    needs: { ...needs },
    slots: slots.map(({ id, kind, role, keyid }) => ({ id, kind, role, keyid })),
  });
}

interface SignersAndSlots {
  readonly signers: readonly { readonly keyid: string; readonly quorum: string }[];
  readonly slots: readonly Omit<ComputedSlot, 'key'>[];
}

function requireSame(check: string, message: string, expected: string, found: string, where: string): void {
  if (expected !== found) throw refused(check, message, { expected, found, where });
}

/** Manifests that travel along are hashed and measured again (R3). */
function checkEvidence(record: RepositoryRequest, changes: readonly Change[], read: ReadFile): void {
  const wanted = changes.flatMap((change) => (change.type === 'add' && change.evidence ? [change] : []));
  if (wanted.length !== record.evidence.length)
    throw refused('REQUEST-EVIDENCE', 'the manifests are not those that the changes name', {
      where: record.name,
    });
  wanted.forEach((change, index) => {
    const { role, target, file } = record.evidence[index] as RepositoryRequest['evidence'][number];
    const where = `${record.name} ${change.role} ${change.name}`;
    const bytes = read(file);
    requireSame(
      'REQUEST-EVIDENCE',
      'a manifest belongs to another target',
      `${change.role} ${change.name}`,
      `${role} ${target}`,
      where,
    );
    requireSame(
      'REQUEST-EVIDENCE',
      'a manifest is not the one behind the hash',
      change.hashes.sha256,
      sha256Hex(bytes),
      where,
    );
    requireSame(
      'REQUEST-EVIDENCE',
      'a manifest has another length',
      String(change.length),
      String(bytes.length),
      where,
    );
    requireSame(
      'REQUEST-EVIDENCE',
      'a manifest is not the one that the change names',
      change.evidence ?? '',
      sha256Hex(bytes),
      where,
    );
  });
}
