import { requireUnexpired } from '../../metadata/expiry.ts';
import type { RoleKeys, SignedDocument } from '../../metadata/document.ts';
import { isListed, requireListed } from '../../metadata/listed.ts';
import { requireThreshold } from '../../metadata/threshold.ts';
import { fetchListed } from '../reading/fetch-targets.ts';
import type { Client } from './client.ts';
import { stillTrusted } from './still-trusted.ts';

/** A targets role's file that the snapshot lists, and whether it was kept from an earlier reading. */
export interface ListedTargets {
  readonly document: SignedDocument;
  readonly kept: boolean;
}

/**
 * The file of a targets role: the kept one where the snapshot still lists it, else the repository's.
 *
 * @param keys of whoever delegates to the role
 * @throws CHAIN-TARGETS, METADATA-*, SERVER-INCOMPLETE (exit 3), SERVER-*, DIRECTORY-* (exit 6)
 */
export async function listedTargets(
  client: Client,
  { root, snapshot }: { readonly root: SignedDocument; readonly snapshot: SignedDocument },
  role: string,
  keys: RoleKeys,
): Promise<ListedTargets> {
  const { dialect, store } = client;
  const before = await stillTrusted(client, role, keys);
  if (before && isListed(dialect, snapshot, before)) return { document: before, kept: true };
  const listed = dialect.listed(snapshot);
  const document = dialect.parse(role, await fetchListed(store, listed, role, dialect.consistent(root)));
  requireListed(dialect, snapshot, document, 'CHAIN-TARGETS');
  return { document, kept: false };
}

/**
 * Takes a targets role for true by the keys of whoever delegates to it (specification 5.6).
 *
 * @throws CHAIN-TARGETS, READ-EXPIRED
 */
export async function trustTargets(
  { dialect, context, trusted }: Client,
  { document, kept }: ListedTargets,
  keys: RoleKeys,
): Promise<void> {
  requireThreshold(dialect, keys, document, 'CHAIN-TARGETS');
  requireUnexpired(document, context);
  if (!kept) await trusted.keep(document);
}
