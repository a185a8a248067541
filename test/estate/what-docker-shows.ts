import type { Agreed } from '../loop/estate.ts';

/** IDs of administrative keys, `Root` or `Repository`. */
export function keysOf({ trust }: Agreed, name: string): readonly string[] {
  return trust.AdministrativeKeys.find(({ Name }) => Name === name)?.Keys.map(({ ID }) => ID) ?? [];
}

/** Names of signers. */
export function signersOf({ trust }: Agreed): readonly string[] {
  return trust.Signers.map(({ Name }) => Name);
}

/** Who signed a tag. */
export function signedBy({ trust }: Agreed, tag: string): readonly string[] | undefined {
  return trust.SignedTags.find(({ SignedTag }) => SignedTag === tag)?.Signers;
}
