import type { SignedDocument } from '../../metadata/document.ts';
import { requireUnexpired } from '../../metadata/expiry.ts';
import { isListed } from '../../metadata/listed.ts';
import { requireLaterSnapshot, requireLaterTimestamp } from '../../metadata/rollback.ts';
import { verifySnapshot, verifyTimestamp } from '../../metadata/verify-online-roles.ts';
import { fetchListed, missing } from '../reading/fetch-targets.ts';
import type { Client } from './client.ts';
import { followRoots } from './roots.ts';
import { stillTrusted } from './still-trusted.ts';
import { listedTargets, trustTargets } from './targets.ts';

/** The top-level roles as they are now. */
export interface TopLevel {
  /** From the one that was trusted before to the newest. */
  readonly roots: readonly SignedDocument[];
  readonly root: SignedDocument;
  readonly timestamp: SignedDocument;
  readonly snapshot: SignedDocument;
  readonly targets: SignedDocument;
}

/**
 * Brings the top-level roles up to date: root, timestamp, snapshot, targets, each verified, compared with what was
 * trusted before, and kept, before the next one is asked for (specification 5.3 to 5.6). Null if there is no repository.
 *
 * @throws CHAIN-*, READ-ROLLBACK, READ-EXPIRED, METADATA-* (exit 3), SERVER-*, DIRECTORY-*
 */
export async function refresh(client: Client): Promise<TopLevel | null> {
  const { dialect, store, context } = client;
  const roots = await followRoots(client);
  const root = roots?.at(-1);
  if (!roots || !root) return null;
  const timestamp = await currentTimestamp(client, root);
  if (!timestamp) {
    if ((await store.current('root')) === null) return null;
    throw missing(store, 'timestamp');
  }
  const snapshot = await currentSnapshot(client, root, timestamp);
  const keys = dialect.roleKeys(root, 'targets', context);
  const targets = await listedTargets(client, { root, snapshot }, 'targets', keys);
  await trustTargets(client, targets, keys);
  return { roots, root, timestamp, snapshot, targets: targets.document };
}

/** Specification 5.4. A timestamp of the version that is trusted already is not looked at any further. */
async function currentTimestamp(client: Client, root: SignedDocument): Promise<SignedDocument | null> {
  const { dialect, store, context, trusted } = client;
  const keys = dialect.roleKeys(root, 'timestamp', context);
  const before = await stillTrusted(client, 'timestamp', keys);
  const file = await store.current('timestamp');
  if (!file) return null;
  const served = dialect.parse('timestamp', file);
  verifyTimestamp(dialect, root, served, context);
  const same = before?.version === served.version ? before : null;
  if (before && !same) requireLaterTimestamp(dialect, before, served);
  const timestamp = same ?? served;
  requireUnexpired(timestamp, context);
  if (!same) await trusted.keep(timestamp);
  return timestamp;
}

/** Specification 5.5. */
async function currentSnapshot(
  client: Client,
  root: SignedDocument,
  timestamp: SignedDocument,
): Promise<SignedDocument> {
  const { dialect, store, context, trusted } = client;
  const keys = dialect.roleKeys(root, 'snapshot', context);
  const before = await stillTrusted(client, 'snapshot', keys);
  if (before && isListed(dialect, timestamp, before)) {
    requireUnexpired(before, context);
    return before;
  }
  const listed = dialect.listed(timestamp);
  const file = await fetchListed(store, listed, 'snapshot', dialect.consistent(root));
  const snapshot = dialect.parse('snapshot', file);
  verifySnapshot(dialect, { root, timestamp }, snapshot, context);
  if (before) requireLaterSnapshot(dialect, before, snapshot);
  requireUnexpired(snapshot, context);
  await trusted.keep(snapshot);
  return snapshot;
}
