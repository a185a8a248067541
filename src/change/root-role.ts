import { canonicalBytes } from '../encoding/canonical-json.ts';
import { refused } from '../errors.ts';
import type { Dialect } from '../metadata/dialect.ts';
import { finish, newSigner, type ComputedRole, type ComputedSigner } from './computed-role.ts';
import type { ChangeInputs, RolePlan } from './inputs.ts';
import type { NewQuorums } from './root.ts';

/** Old and new quorum sign a root; a key that is removed is not asked, and stays in neither (M18). */
export function rootRole(
  dialect: Dialect,
  { base, context }: ChangeInputs,
  plan: RolePlan,
  quorums: NewQuorums,
): ComputedRole {
  const signed = dialect.withQuorums(
    base?.root.signed ?? dialect.newRoot(),
    quorums,
    plan.version,
    plan.expires,
  );
  const old = base && dialect.roleKeys(base.root, 'root', context);
  const own = quorums.get('root');
  const removed = own?.removed ?? [];
  const oldSigners = (old?.keys ?? []).filter(({ id }) => !removed.includes(id));
  if (old && oldSigners.length < old.threshold)
    throw refused('CHANGE-QUORUM', 'too few of the current root keys are left to sign the next root', {
      expected: `${String(old.threshold)} of them`,
      found: String(oldSigners.length),
      where: context.repository,
      hint: 'a key that is replaced by rotation still signs; one that is removed does not',
    });
  const newSigners: ComputedSigner[] = own
    ? own.keys.map(newSigner)
    : oldSigners.map((key) => ({ keyid: key.id, quorum: 'new', key }));
  const signers = [
    ...newSigners.map((signer): ComputedSigner => {
      const both = oldSigners.some(({ id }) => id === signer.keyid);
      return both ? { ...signer, quorum: 'both' } : signer;
    }),
    ...oldSigners
      .filter(({ id }) => !newSigners.some(({ keyid }) => keyid === id))
      .map((key): ComputedSigner => ({ keyid: key.id, quorum: 'old', key })),
  ];
  const all = [...quorums.values()].flatMap(({ keys }) => keys);
  return {
    ...finish(plan, canonicalBytes(signed), base?.root.outside),
    open: all.some(({ open }) => open),
    slots: all.flatMap(({ slot }) => (slot ? [slot] : [])),
    signers,
    needs: { old: old?.threshold ?? 0, new: own?.threshold ?? old?.threshold ?? 1 },
  };
}
