import type { KeyContext } from '../../metadata/dialect.ts';
import { dialectOf } from '../../metadata/dialects.ts';
import { trustedRoot, type Client } from '../client/client.ts';
import { delegatedRoles } from '../client/delegated.ts';
import { findByReading } from '../client/find.ts';
import { refresh } from '../client/refresh.ts';
import { checkForward } from './forward.ts';
import { lookupTarget, noSuchTarget, type FoundTarget } from './found-targets.ts';
import { nothingPublished, readPublished, type UnreadRole } from './read.ts';
import { repositoryNamed } from '../repositories/repositories.ts';
import { pinOf, type OnlineStation } from '../station.ts';
import type { Stores } from '../repositories/stores.ts';

/** One target that was found as a client finds it. */
export interface ReadTarget {
  readonly target: FoundTarget;
  /** Whether target files are served under names with their hash. */
  readonly consistent: boolean;
  /** Delegated roles on the way that were passed over. */
  readonly broken: readonly UnreadRole[];
}

/**
 * Finds one target as a client does, from this station's pin: of the delegated roles only those are read that may hold
 * the name and are asked before it is found. With roles given, everything is read, and they alone are asked.
 *
 * @throws READ-TARGET, READ-EXPIRED, READ-ROLLBACK, CHAIN-* (exit 3), READ-NONE (exit 6), METADATA-*, SERVER-*
 */
export async function readTarget(
  station: OnlineStation,
  stores: Stores,
  repository: string,
  name: string,
  roles: readonly string[],
): Promise<ReadTarget> {
  if (roles.length > 0) {
    const read = await readPublished(station, stores, repository);
    const consistent = read.dialect.consistent(read.verified.root);
    return { target: lookupTarget(read, name, roles), consistent, broken: read.broken };
  }
  const entry = repositoryNamed(station.home, repository);
  const dialect = dialectOf(entry.dialect);
  const store = stores.open(entry);
  const context: KeyContext = { repository, now: station.now * 1000 };
  const client: Client = { dialect, store, context, trusted: trustedRoot(pinOf(station, entry)) };
  const top = await refresh(client);
  if (!top) throw nothingPublished(entry, store);
  const delegated = delegatedRoles(client, top);
  const target = await findByReading(client, delegated, name);
  checkForward(station, entry, { ...top, targets: delegated.all() });
  const broken = delegated.broken();
  if (!target) throw noSuchTarget(repository, name, broken);
  return { target, consistent: dialect.consistent(top.root), broken };
}
