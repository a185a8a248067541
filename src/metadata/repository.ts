import { CountersignError, refused } from '../errors.ts';
import { sha256Hex } from '../encoding/hash.ts';
import type { Dialect, KeyContext } from './dialect.ts';
import type { RoleKeys, SignedDocument } from './document.ts';
import { verifyRootChain } from './root-chain.ts';
import { countSigners, requireThreshold } from './threshold.ts';

/** Files of a repository as they were fetched; nothing of them is trusted yet. */
export interface RepositoryFiles {
  /** Consecutive versions, oldest first. */
  readonly roots: readonly Uint8Array[];
  readonly timestamp: Uint8Array | null;
  readonly snapshot: Uint8Array | null;
  /** `targets` and delegated roles. */
  readonly targets: ReadonlyMap<string, Uint8Array>;
}

/** A repository whose every file follows from its root chain. */
export interface VerifiedRepository {
  readonly roots: readonly SignedDocument[];
  readonly root: SignedDocument;
  readonly timestamp: SignedDocument | null;
  readonly snapshot: SignedDocument | null;
  readonly targets: ReadonlyMap<string, SignedDocument>;
  /** `role keyid` of signatures that do not count. */
  readonly strays: readonly string[];
  /** Delegated roles that are not signed as their parents say; empty unless they were to be set apart. */
  readonly broken: readonly BrokenRole[];
}

/** A delegated role that no client reads, and nothing below it. */
export interface BrokenRole {
  readonly role: string;
  readonly check: string;
  readonly message: string;
  /** What the snapshot lists under its name: the right file, but nobody vouches for what it says. */
  readonly document: SignedDocument;
}

/**
 * What becomes of a delegated role whose signatures do not count: the repository is refused with it, or the role is
 * set apart, as the stock clients pass over it with a warning. Files that are not the listed ones are refused always.
 */
export type BrokenDelegations = 'refuse' | 'set-apart';

/**
 * Verifies a repository from a pinned root, or, at first contact, from its oldest given root: root chain,
 * timestamp, snapshot, then each targets role by the keys that its parent declares (TUF 1.0 section 5;
 * notary client update). Hashes and lengths hold down to every file. Expiry is not judged here.
 *
 * @param delegations what becomes of delegated roles that are not signed as they must be
 * @throws CHAIN-ROOT, CHAIN-TIMESTAMP, CHAIN-SNAPSHOT, CHAIN-TARGETS, METADATA-FORM
 */
export function verifyRepository(
  dialect: Dialect,
  files: RepositoryFiles,
  pinned: SignedDocument | null,
  context: KeyContext,
  delegations: BrokenDelegations = 'refuse',
): VerifiedRepository {
  const roots = files.roots.map((file) => dialect.parse('root', file));
  const root = verifyRootChain(dialect, roots, pinned, context);
  const timestamp = files.timestamp && dialect.parse('timestamp', files.timestamp);
  if (timestamp)
    requireThreshold(dialect, dialect.roleKeys(root, 'timestamp', context), timestamp, 'CHAIN-TIMESTAMP');
  const snapshot = files.snapshot && dialect.parse('snapshot', files.snapshot);
  if (snapshot) {
    requireThreshold(dialect, dialect.roleKeys(root, 'snapshot', context), snapshot, 'CHAIN-SNAPSHOT');
    if (timestamp) requireListed(dialect, timestamp, 'snapshot', snapshot.file, 'CHAIN-SNAPSHOT');
    requireListed(dialect, snapshot, 'root', root.file, 'CHAIN-SNAPSHOT');
  }
  const broken: BrokenRole[] = [];
  const setApart = delegations === 'set-apart' ? broken : null;
  const { strays: own } = countSigners(dialect, dialect.roleKeys(root, 'root', context), root);
  const strays = own.map((id) => `root ${id}`);
  const targets = verifyTargets(dialect, files.targets, { root, snapshot, context }, strays, setApart);
  return { roots, root, timestamp, snapshot, targets, strays, broken };
}

function verifyTargets(
  dialect: Dialect,
  files: ReadonlyMap<string, Uint8Array>,
  above: { root: SignedDocument; snapshot: SignedDocument | null; context: KeyContext },
  strays: string[],
  setApart: BrokenRole[] | null,
): Map<string, SignedDocument> {
  const { root, snapshot, context } = above;
  const targets = new Map<string, SignedDocument>();
  // Parents before children: a parent's name is a prefix of its child's.
  for (const role of [...files.keys()].sort()) {
    const file = files.get(role) as Uint8Array;
    const document = dialect.parse(role, file);
    if (snapshot) requireListed(dialect, snapshot, role, file, 'CHAIN-TARGETS');
    try {
      const keys = keysOf(dialect, root, targets, role, context);
      const count = requireThreshold(dialect, keys, document, 'CHAIN-TARGETS');
      strays.push(...count.strays.map((id) => `${role} ${id}`));
      targets.set(role, document);
    } catch (error) {
      if (!setApart || !role.includes('/')) throw error;
      if (!(error instanceof CountersignError) || error.check !== 'CHAIN-TARGETS') throw error;
      setApart.push({ role, check: error.check, message: error.message, document });
    }
  }
  return targets;
}

/** Who may sign a role, as the verified documents above it say. @throws CHAIN-TARGETS if nothing declares it */
export function keysOf(
  dialect: Dialect,
  root: SignedDocument,
  targets: ReadonlyMap<string, SignedDocument>,
  role: string,
  context: KeyContext,
): RoleKeys {
  if (!role.includes('/')) return dialect.roleKeys(root, role, context);
  const parent = targets.get(role.slice(0, role.lastIndexOf('/')));
  const keys = parent && dialect.delegatedKeys(parent, role);
  if (!keys)
    throw refused('CHAIN-TARGETS', 'the repository does not delegate to this role', {
      where: `${context.repository} ${role}`,
    });
  return keys;
}

function requireListed(
  dialect: Dialect,
  list: SignedDocument,
  role: string,
  file: Uint8Array,
  check: string,
): void {
  const listed = dialect.listed(list).get(role);
  const found = sha256Hex(file);
  // Notary writes the exact length, but readers take it as a cap only.
  if (listed?.sha256 !== found || file.length > listed.length)
    throw refused(check, `${role} is not the file that ${list.role} lists`, {
      expected: listed?.sha256 ?? 'an entry',
      found,
      where: `${list.role} version ${String(list.version)}`,
    });
}
