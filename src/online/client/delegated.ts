import { CountersignError } from '../../errors.ts';
import type { Delegation } from '../../metadata/dialect.ts';
import type { SignedDocument } from '../../metadata/document.ts';
import type { Documents } from '../../metadata/search.ts';
import type { UnreadRole } from '../reading/read.ts';
import type { Client } from './client.ts';
import type { TopLevel } from './refresh.ts';
import { listedTargets, trustTargets } from './targets.ts';

/** The targets roles as far as they were read, each by the delegation that led to it. */
export interface DelegatedRoles {
  readonly documents: Documents;
  /** Whether reading a role by this delegation is yet to be tried. */
  isUnread(delegation: Delegation): boolean;
  /**
   * Reads a role and verifies it by this delegation, whoever else delegated to it before.
   *
   * @throws CHAIN-TARGETS, READ-EXPIRED unless the dialect's clients pass over roles that are broken; METADATA-*,
   *   SERVER-*, DIRECTORY-*
   */
  read(delegation: Delegation): Promise<void>;
  /** Everything that was read, by role. */
  all(): ReadonlyMap<string, SignedDocument>;
  broken(): readonly UnreadRole[];
}

/** Nothing is read before it is asked for. */
export function delegatedRoles(client: Client, top: TopLevel): DelegatedRoles {
  const { dialect } = client;
  const all = new Map([['targets', top.targets]]);
  /** By delegation; null where clients pass over the role. */
  const read = new Map<string, SignedDocument | null>();
  const broken = new Map<string, UnreadRole>();

  const trust = async (delegation: Delegation): Promise<SignedDocument | null> => {
    const { role } = delegation;
    if (!dialect.declaredMustExist && !dialect.listed(top.snapshot).has(role)) return null;
    const found = await listedTargets(client, top, role, delegation);
    try {
      await trustTargets(client, found, delegation);
    } catch (error) {
      if (dialect.declaredMustExist || !(error instanceof CountersignError)) throw error;
      broken.set(role, { role, check: error.check, message: error.message });
      return null;
    }
    all.set(role, found.document);
    return found.document;
  };

  return {
    documents: {
      get: (role, by) => (by ? (read.get(nameOf(by)) ?? undefined) : all.get(role)),
    },
    isUnread: (delegation) => !read.has(nameOf(delegation)),
    async read(delegation) {
      read.set(nameOf(delegation), await trust(delegation));
    },
    all: () => all,
    broken: () => [...broken.values()].sort((a, b) => (a.role < b.role ? -1 : 1)),
  };
}

/** Two delegations with the same keys vouch for the same file. */
function nameOf({ role, threshold, keys }: Delegation): string {
  return JSON.stringify([role, threshold, keys.map(({ id, canonicalId }) => [id, canonicalId])]);
}
