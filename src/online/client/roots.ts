import type { SignedDocument } from '../../metadata/document.ts';
import { verifyRootChain } from '../../metadata/root-chain.ts';
import { requireUnexpired } from '../../metadata/expiry.ts';
import { missing } from '../reading/fetch-targets.ts';
import type { Client } from './client.ts';

/**
 * The roots from the trusted one to the newest, one version after the other, each kept before the next is asked for; the
 * newest must not have expired (specification 5.2 and 5.3). Null if there is no repository.
 *
 * @throws CHAIN-ROOT, READ-EXPIRED, METADATA-*, SERVER-*, DIRECTORY-*
 */
export async function followRoots(client: Client): Promise<SignedDocument[] | null> {
  const { dialect, store, context, trusted } = client;
  const start = (await trusted.root()) ?? (await firstRoot(client));
  if (!start) return null;
  const roots = [start];
  for (let newest = start; ;) {
    const file = await store.rootVersion(newest.version + 1);
    if (!file) break;
    const next = dialect.parse('root', file);
    verifyRootChain(dialect, [newest, next], newest, context);
    await trusted.keep(next);
    roots.push(next);
    newest = next;
  }
  requireUnexpired(roots.at(-1) as SignedDocument, context);
  return roots;
}

async function firstRoot({ dialect, store, context, trusted }: Client): Promise<SignedDocument | null> {
  const file = await store.rootVersion(1);
  if (!file) {
    if (await store.current('root')) throw missing(store, 'root version 1');
    return null;
  }
  const root = dialect.parse('root', file);
  verifyRootChain(dialect, [root], null, context);
  await trusted.keep(root);
  return root;
}
