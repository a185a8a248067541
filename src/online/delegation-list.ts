import type { Algorithm } from '../metadata/key.ts';
import { readVerified, type ReadRepository } from './read.ts';
import { repositoryNamed } from './repositories.ts';
import type { OnlineStation } from './station.ts';
import type { Stores } from './stores.ts';

/** A delegated role as published. */
export interface ListedDelegation {
  readonly role: string;
  readonly paths: readonly string[];
  readonly threshold: number;
  readonly keys: readonly {
    readonly id: string;
    readonly canonicalId: string;
    readonly algorithm: Algorithm | null;
    /** Name of the station that holds the key, where it is known. */
    readonly holder: string | null;
  }[];
  /** Version of its file; null where there is none, or one that its keys did not sign. */
  readonly version: number | null;
}

/** What delegates to whom. */
export interface DelegationList {
  readonly repository: string;
  /** By name. */
  readonly delegations: readonly ListedDelegation[];
  readonly broken: ReadRepository['broken'];
}

/**
 * Every delegation that a role which can be read declares.
 *
 * @throws REPOSITORY-UNKNOWN (exit 2), READ-NONE (exit 6), CHAIN-*
 */
export async function delegationList(
  station: OnlineStation,
  stores: Stores,
  name: string,
): Promise<DelegationList> {
  const repository = await readVerified(station, stores, repositoryNamed(station.home, name));
  const { dialect, verified, broken } = repository;
  const delegations = [...verified.targets.values()].flatMap((document) =>
    dialect.delegations(document).map(({ role, paths, threshold, keys }): ListedDelegation => ({
      role,
      paths,
      threshold,
      keys: keys.map(({ id, canonicalId, public: key }) => ({
        id,
        canonicalId,
        algorithm: key?.algorithm ?? null,
        holder: station.holders.get(canonicalId) ?? null,
      })),
      version: verified.targets.get(role)?.version ?? null,
    })),
  );
  return { repository: name, delegations: delegations.sort((a, b) => (a.role < b.role ? -1 : 1)), broken };
}
