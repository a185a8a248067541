import { isDelegated } from '../metadata/roles.ts';
import type { ComputedRole } from '../change/computed-role.ts';
import type { RepositoryReading } from '../exchange/read-request.ts';
import { refused } from '../errors.ts';

/**
 * A root key whose certificates name the repository may serve many. Nothing else that it signs names one: as a key of
 * targets it would be bound to this repository with its first signature, and serve no other, or what it signs here
 * would be valid in each of them (M5). It signs no such role.
 *
 * @param isRootKey whether this station holds the key with that canonical ID as a root key
 * @throws KEY-ROOT
 */
export function checkRootKeys(
  { record, dialect }: Pick<RepositoryReading, 'record' | 'dialect'>,
  roles: readonly ComputedRole[],
  isRootKey: (canonicalId: string) => boolean,
): void {
  if (dialect.certificates === null) return;
  for (const { role, signers } of roles) {
    if (role === 'root' || isDelegated(role)) continue;
    const key = signers.find(({ key: signer }) => signer && isRootKey(signer.canonicalId))?.key;
    if (!key) continue;
    throw refused('KEY-ROOT', `a root key of this station would sign ${role}`, {
      expected: `a key of its own for ${role}`,
      found: key.canonicalId,
      where: `${record.name} ${role}`,
      hint: `it would be bound to this repository and serve no other from then on; export: key rotate ${record.name} ${role} takes another key`,
    });
  }
}
