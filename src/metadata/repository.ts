import type { Dialect, KeyContext } from './dialect.ts';
import type { SignedDocument } from './document.ts';
import { verifyRootChain } from './root-chain.ts';
import { countSigners } from './threshold.ts';
import type { BrokenDelegations, BrokenRole, RepositoryFiles, VerifiedRepository } from './verified.ts';
import { verifySnapshot, verifyTimestamp } from './verify-online-roles.ts';
import { verifyTargets } from './verify-targets.ts';

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
  if (timestamp) verifyTimestamp(dialect, root, timestamp, context);
  const snapshot = files.snapshot && dialect.parse('snapshot', files.snapshot);
  if (snapshot) verifySnapshot(dialect, { root, timestamp }, snapshot, context);
  const broken: BrokenRole[] = [];
  const setApart = delegations === 'set-apart' ? broken : null;
  const { strays: own } = countSigners(dialect, dialect.roleKeys(root, 'root', context), root);
  const strays = own.map((id) => `root ${id}`);
  const { targets, parents } = verifyTargets(
    dialect,
    files.targets,
    { root, snapshot, context },
    strays,
    setApart,
  );
  return { roots, root, timestamp, snapshot, targets, parents, strays, broken };
}
