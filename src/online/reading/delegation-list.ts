import type { Dialect } from '../../metadata/dialect.ts';
import type { Algorithm } from '../../metadata/key.ts';
import { readVerified, type ReadRepository } from './read.ts';
import { repositoryNamed } from '../repositories/repositories.ts';
import type { OnlineStation } from '../station.ts';
import type { Stores } from '../repositories/stores.ts';

/** A delegated role as published. */
export interface ListedDelegation {
  readonly role: string;
  /** The role that declares it, and its place among those that it declares, from 1 on: clients ask in that order. */
  readonly parent: string;
  readonly order: number;
  readonly paths: readonly string[];
  /** Beginnings of the SHA-256 of target names. */
  readonly hashPrefixes: readonly string[];
  /** Whether the search for a name ends with the role. */
  readonly terminating: boolean;
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
  /** Whether its dialect has hash prefixes, terminating delegations and free names of roles. */
  readonly delegatesByHash: boolean;
  /** What the paths of its delegations are. */
  readonly pathsAre: Dialect['paths'];
  /** By name where names say who delegates to whom; else document by document, in the order of their lists. */
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
    dialect.delegations(document).map((one, at): ListedDelegation => ({
      role: one.role,
      parent: document.role,
      order: at + 1,
      paths: one.paths,
      hashPrefixes: one.hashPrefixes,
      terminating: one.terminating,
      threshold: one.threshold,
      keys: one.keys.map(({ id, canonicalId, public: key }) => ({
        id,
        canonicalId,
        algorithm: key?.algorithm ?? null,
        holder: station.holders.get(canonicalId) ?? null,
      })),
      version: verified.targets.get(one.role)?.version ?? null,
    })),
  );
  const named = delegations.some(({ role }) => dialect.ancestry(role) !== null);
  if (named) delegations.sort((a, b) => (a.role < b.role ? -1 : 1));
  const { delegatesByHash, paths: pathsAre } = dialect;
  return { repository: name, delegatesByHash, pathsAre, delegations, broken };
}
