import type { ComputedRole, ComputedSigner } from '../../change/computed-role.ts';
import { isDelegated } from '../../metadata/roles.ts';
import { sha256Hex } from '../../encoding/hash.ts';
import { toHex } from '../../encoding/text.ts';
import type { Dialect } from '../../metadata/dialect.ts';
import type { SigningKey } from '../../signer/signer.ts';
import { checkBinding, type KeyRegistry } from './key-registry.ts';
import { placeOf, type SignerPlace } from './signers.ts';
import type { WantedSignature } from './signatures.ts';

/** One signature that a key of this station can give. */
export interface OwnSignature extends WantedSignature {
  readonly dialect: Dialect;
  readonly role: ComputedRole;
  readonly place: SignerPlace;
}

/**
 * Which signatures this station's keys can give on the roles of a repository: every key that a quorum names, once in
 * each. A role that is still open is left out: nobody knows yet what would be signed.
 *
 * @param keys the station's keys, from {@link keysByPublic}
 * @param bound repositories that earlier signatures of the same command bind keys to, by the key's ID
 * @throws KEY-REPOSITORY
 */
export function ownSignatures(
  keys: ReadonlyMap<string, SigningKey>,
  repository: { readonly key: string; readonly dialect: Dialect; readonly roles: readonly ComputedRole[] },
  bound: Map<string, string>,
): OwnSignature[] {
  const { dialect } = repository;
  return repository.roles.flatMap((role) => {
    if (role.open) return [];
    return signingIds(role.signers).flatMap(({ keyid, key: signer }): OwnSignature[] => {
      const key = signer?.public && keys.get(toHex(signer.public.spki));
      if (!key) return [];
      const exclusive = isExclusive(dialect, role.role);
      const before = key.repository ?? bound.get(key.id) ?? null;
      if (exclusive) checkBinding({ ...key, repository: before }, repository.key);
      const bind = exclusive && before === null ? key.id : null;
      if (bind) bound.set(bind, repository.key);
      return [
        {
          repository: repository.key,
          dialect,
          role,
          keyid,
          payload: sha256Hex(role.document),
          task: { key, scheme: dialect.scheme(key.public.algorithm, role.role), message: role.document },
          place: placeOf(key),
          bind,
        },
      ];
    });
  });
}

/**
 * The IDs that sign. An estate may hold two certificates over one key: they are one key within each quorum (R10), which
 * signs there once, under the ID that is in both quorums if there is one.
 */
function signingIds(signers: readonly ComputedSigner[]): readonly ComputedSigner[] {
  const byKey = new Map<string, ComputedSigner[]>();
  for (const signer of signers)
    if (signer.key?.public) {
      const spki = toHex(signer.key.public.spki);
      byKey.set(spki, [...(byKey.get(spki) ?? []), signer]);
    }
  return [...byKey.values()].flatMap((ids) => {
    const both = ids.find(({ quorum }) => quorum === 'both');
    if (both) return [both];
    return (['old', 'new'] as const).flatMap((quorum) => ids.find((one) => one.quorum === quorum) ?? []);
  });
}

/**
 * Where the keys of this station are that will sign roles which are still open, as far as the keys are known: their
 * secrets are asked for together with those of the slots (R12).
 */
export function openRolePlaces(
  keys: ReadonlyMap<string, SigningKey>,
  roles: readonly ComputedRole[],
): SignerPlace[] {
  return roles
    .filter(({ open }) => open)
    .flatMap(({ signers }) => signers)
    .flatMap(({ key }) => {
      const own = key?.public && keys.get(toHex(key.public.spki));
      return own ? [placeOf(own)] : [];
    });
}

/**
 * Whether a key that signs the role serves one repository alone, since nothing in the metadata names it (M5). A
 * Notary root's certificate does; and a delegate is a person, whom Docker's users let sign in many repositories.
 */
function isExclusive(dialect: Dialect, role: string): boolean {
  return !isDelegated(role) && (role !== 'root' || dialect.certificates === null);
}

/** Keys by their public part: what metadata names a signer by. */
export function keysByPublic({ keys }: KeyRegistry): ReadonlyMap<string, SigningKey> {
  return new Map([...keys.values()].map((key) => [toHex(key.public.spki), key]));
}
