import type { Delegation, Dialect } from '../metadata/dialect.ts';
import type { MetadataKey, RoleKeys, SignedDocument } from '../metadata/document.ts';
import { SLOT } from '../metadata/open-key.ts';

/** What becomes of one key of a role. `renewed`: the same key under a new certificate. */
export interface KeyDifference {
  readonly keyid: string;
  readonly canonicalId: string;
  /** `unknown` for a kind that nobody can verify with, `open` for a slot. */
  readonly algorithm: string;
  readonly state: 'stays' | 'joins' | 'leaves' | 'renewed';
  /** Name of the station that holds the key, where this one knows. */
  readonly holder?: string;
}

/** Who may sign a role, old to new. */
export interface QuorumDifference {
  readonly role: string;
  /** 0 where the role is new, and after it is gone. */
  readonly thresholdBefore: number;
  readonly thresholdAfter: number;
  readonly keys: readonly KeyDifference[];
}

/** A delegated role, old to new. */
export interface DelegationDifference extends QuorumDifference {
  /** The role that declares it. */
  readonly parent: string;
  /** What its paths are. */
  readonly pathsAre: Dialect['paths'];
  readonly paths: readonly string[];
  readonly pathsAdded: readonly string[];
  readonly pathsRemoved: readonly string[];
  /** Beginnings of the hashes of target names. */
  readonly hashPrefixes: readonly string[];
  readonly hashPrefixesAdded: readonly string[];
  readonly hashPrefixesRemoved: readonly string[];
  /** Whether the search for a name ends with the role; null where the role is not there. */
  readonly terminatingBefore: boolean | null;
  readonly terminatingAfter: boolean | null;
}

/** The top-level roles whose keys or thresholds differ between two roots; all of them where the first is missing. */
export function quorumDifferences(
  dialect: Dialect,
  before: SignedDocument | null,
  after: SignedDocument,
): QuorumDifference[] {
  const roles = [...dialect.offlineRoles.map(({ role }) => role), ...dialect.onlineRoles];
  return roles.flatMap((role) => {
    const difference = compare(
      role,
      before && dialect.declaredKeys(before, role),
      dialect.declaredKeys(after, role),
    );
    return differs(difference) ? [difference] : [];
  });
}

/** The same differences, with whose the keys are, by canonical key ID. */
export function withHolders<D extends QuorumDifference>(
  differences: readonly D[],
  holders: ReadonlyMap<string, string>,
): D[] {
  return differences.map((difference) => ({
    ...difference,
    keys: difference.keys.map((key) => {
      const holder = holders.get(key.canonicalId);
      return holder === undefined ? key : { ...key, holder };
    }),
  }));
}

/** The delegated roles whose declaration differs between two targets documents. */
export function delegationDifferences(
  dialect: Dialect,
  before: SignedDocument | null,
  after: SignedDocument,
): DelegationDifference[] {
  const olds = new Map((before ? dialect.delegations(before) : []).map((one) => [one.role, one]));
  const news = new Map(dialect.delegations(after).map((one) => [one.role, one]));
  return [...new Set([...olds.keys(), ...news.keys()])].flatMap((role) => {
    const names = compareNames(olds.get(role) ?? null, news.get(role) ?? null);
    const quorum = compare(role, olds.get(role) ?? null, news.get(role) ?? null);
    if (!differs(quorum) && !namesDiffer(names)) return [];
    return [{ ...quorum, ...names, parent: after.role, pathsAre: dialect.paths }];
  });
}

/** Which names a delegated role may hold, old to new. */
type NamesDifference = Omit<DelegationDifference, keyof QuorumDifference | 'parent' | 'pathsAre'>;

function compareNames(before: Delegation | null, after: Delegation | null): NamesDifference {
  return {
    paths: after?.paths ?? [],
    pathsAdded: without(after?.paths, before?.paths),
    pathsRemoved: without(before?.paths, after?.paths),
    hashPrefixes: after?.hashPrefixes ?? [],
    hashPrefixesAdded: without(after?.hashPrefixes, before?.hashPrefixes),
    hashPrefixesRemoved: without(before?.hashPrefixes, after?.hashPrefixes),
    terminatingBefore: before?.terminating ?? null,
    terminatingAfter: after?.terminating ?? null,
  };
}

function without(all: readonly string[] = [], others: readonly string[] = []): string[] {
  return all.filter((one) => !others.includes(one));
}

function namesDiffer(difference: NamesDifference): boolean {
  const { pathsAdded, pathsRemoved, hashPrefixesAdded, hashPrefixesRemoved } = difference;
  return (
    [pathsAdded, pathsRemoved, hashPrefixesAdded, hashPrefixesRemoved].some((list) => list.length > 0) ||
    difference.terminatingBefore !== difference.terminatingAfter
  );
}

function compare(role: string, before: RoleKeys | null, after: RoleKeys | null): QuorumDifference {
  const olds = before?.keys ?? [];
  const news = after?.keys ?? [];
  const joined = news.map((key) => line(key, stateOf(key, olds)));
  const left = olds.filter((key) => !news.some(({ canonicalId }) => canonicalId === key.canonicalId));
  return {
    role,
    thresholdBefore: before?.threshold ?? 0,
    thresholdAfter: after?.threshold ?? 0,
    keys: [...joined, ...left.map((key) => line(key, 'leaves'))],
  };
}

function stateOf(key: MetadataKey, olds: readonly MetadataKey[]): KeyDifference['state'] {
  // A foreign key ID need not be a hash: another key under the same ID is another key.
  if (olds.some(({ id, canonicalId }) => id === key.id && canonicalId === key.canonicalId)) return 'stays';
  return olds.some(({ canonicalId }) => canonicalId === key.canonicalId) ? 'renewed' : 'joins';
}

function line(key: MetadataKey, state: KeyDifference['state']): KeyDifference {
  const { id, canonicalId } = key;
  const algorithm = key.public?.algorithm ?? (isUnverifiable(key) ? 'unknown' : 'open');
  return { keyid: id, canonicalId, algorithm, state };
}

/** Whether a key is of a kind that nothing here verifies signatures with; one that is still to be made is not. */
export function isUnverifiable({ id, public: key }: MetadataKey): boolean {
  return key === null && !id.startsWith(SLOT);
}

function differs({ keys, thresholdBefore, thresholdAfter }: QuorumDifference): boolean {
  return thresholdBefore !== thresholdAfter || keys.some(({ state }) => state !== 'stays');
}
