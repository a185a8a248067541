import type { MergedRole } from './merge-responses.ts';

/** One key that is to sign a role, and whether it has. */
export interface TrackedSigner {
  /** Key ID, or the slot ID while the key is not known. */
  readonly keyid: string;
  readonly canonicalId: string | null;
  readonly quorum: 'old' | 'new' | 'both';
  readonly signed: boolean;
  /** Whether it signed with another tool, and no station of ours answered for it. */
  readonly elsewhere: boolean;
  /** False for a key of a kind that nothing here verifies signatures with: none of it ever counts. */
  readonly verifiable: boolean;
  /** Who holds the key, as far as this station knows. */
  readonly holder: string;
}

/** Where the signatures of one role stand. */
export interface TrackedRole {
  readonly role: string;
  readonly version: number;
  readonly needs: { readonly old: number; readonly new: number };
  readonly missing: number;
  readonly signers: readonly TrackedSigner[];
}

/**
 * Which keys signed a role, which are missing and whose they are, for the old and the new quorum.
 *
 * @param holderOf the name of the station that holds a key, by its canonical ID or the one in the metadata
 */
export function trackRole(merged: MergedRole, holderOf: (canonicalId: string) => string | null): TrackedRole {
  const { role, signatures, elsewhere, missing } = merged;
  const signed = new Set(signatures.map(({ keyid }) => keyid));
  return {
    role: role.role,
    version: role.version,
    needs: role.needs,
    missing,
    signers: role.signers.map(({ keyid, quorum, key }) => ({
      keyid,
      canonicalId: key?.canonicalId ?? null,
      quorum,
      signed: signed.has(keyid),
      elsewhere: elsewhere.includes(keyid),
      verifiable: key?.public !== null,
      holder: (key && holderOf(key.canonicalId)) ?? holderOf(keyid) ?? 'unknown',
    })),
  };
}
