import type { AddChange } from '../../change/change.ts';
import { refused } from '../../errors.ts';
import type { TargetEntry } from '../../metadata/document.ts';

/**
 * The change that adds a target as it stands elsewhere.
 *
 * @param repository where it stands, for whoever reads a refusal
 * @throws CHANGE-HASH where it has no SHA-256
 */
export function addAgain(repository: string, role: string, name: string, entry: TargetEntry): AddChange {
  const { length, hashes, custom } = entry;
  const { sha256, sha512 } = hashes;
  if (sha256 === undefined)
    throw refused('CHANGE-HASH', 'a target has no SHA-256', { found: name, where: `${repository} ${role}` });
  return {
    ...{ type: 'add', role, name, length, evidence: null },
    hashes: sha512 === undefined ? { sha256 } : { sha256, sha512 },
    ...(custom === undefined ? {} : { custom }),
  };
}
