import type { Dialect, KeyContext } from './dialect.ts';
import type { SignedDocument } from './document.ts';
import { requireListed } from './listed.ts';
import { requireThreshold } from './threshold.ts';

/** A timestamp is signed by the keys of the root (specification 5.4.2). @throws CHAIN-TIMESTAMP */
export function verifyTimestamp(
  dialect: Dialect,
  root: SignedDocument,
  timestamp: SignedDocument,
  context: KeyContext,
): void {
  requireThreshold(dialect, dialect.roleKeys(root, 'timestamp', context), timestamp, 'CHAIN-TIMESTAMP');
}

/**
 * A snapshot is signed by the keys of the root, is the file that the timestamp lists, and lists the root where the
 * dialect has it do so (specification 5.5.2 to 5.5.4).
 *
 * @throws CHAIN-SNAPSHOT
 */
export function verifySnapshot(
  dialect: Dialect,
  { root, timestamp }: { readonly root: SignedDocument; readonly timestamp: SignedDocument | null },
  snapshot: SignedDocument,
  context: KeyContext,
): void {
  requireThreshold(dialect, dialect.roleKeys(root, 'snapshot', context), snapshot, 'CHAIN-SNAPSHOT');
  if (timestamp) requireListed(dialect, timestamp, snapshot, 'CHAIN-SNAPSHOT');
  if (dialect.snapshotListsRoot) requireListed(dialect, snapshot, root, 'CHAIN-SNAPSHOT');
}
