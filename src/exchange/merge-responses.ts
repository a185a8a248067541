import type { ComputedRole } from '../change/computed-role.ts';
import { sha256Hex } from '../encoding/hash.ts';
import { refused } from '../errors.ts';
import type { Signature } from '../metadata/document.ts';
import { closeRoles, type RepositoryReading } from './read-request.ts';
import { missingSignatures, type RepositoryResponseReading } from './read-response.ts';

/** One role with the signatures of all answers. */
export interface MergedRole {
  readonly role: ComputedRole;
  /** Why an officer or a check refused it; null where none did. */
  readonly refused: string | null;
  readonly signatures: readonly Signature[];
  /** IDs of keys whose signature no station gave: it was brought in as a file of another tool. */
  readonly elsewhere: readonly string[];
  /** Signatures by distinct keys that are still missing. */
  readonly missing: number;
}

/** One repository of a request with what was answered so far: a function of the set of answers (M17). */
export interface MergedRepository {
  readonly reading: RepositoryReading;
  readonly fills: ReadonlyMap<string, Uint8Array>;
  readonly roles: readonly MergedRole[];
}

/**
 * Brings the answers of several stations together. Each was verified by itself before.
 *
 * @throws EXCHANGE-FILL where two answers fill in otherwise
 */
export function mergeResponses(
  reading: RepositoryReading,
  answers: readonly RepositoryResponseReading[],
): MergedRepository {
  const fills = mergeFills(reading, answers);
  const roles = closeRoles(reading, fills).map((role, index): MergedRole => {
    const own = answers.flatMap(({ roles: answered }) => answered[index] ?? []);
    const refusal = own.find(({ outcome }) => outcome === 'refused');
    const signatures = own.flatMap((one) => one.signatures);
    return {
      role,
      refused: refusal ? (refusal.check ?? 'OFFICER') : null,
      signatures,
      elsewhere: [],
      missing: missingSignatures(role, signatures),
    };
  });
  return { reading, fills, roles };
}

/** The repository with more signatures on its roles, by role; each was verified by whoever made it. */
export function withSignatures(
  repository: MergedRepository,
  added: ReadonlyMap<string, readonly Signature[]>,
): MergedRepository {
  const roles = repository.roles.map((merged): MergedRole => {
    const own = added.get(merged.role.role);
    if (!own) return merged;
    const signatures = [...merged.signatures, ...own];
    return { ...merged, signatures, missing: missingSignatures(merged.role, signatures) };
  });
  return { ...repository, roles };
}

function mergeFills(
  { record }: RepositoryReading,
  answers: readonly RepositoryResponseReading[],
): ReadonlyMap<string, Uint8Array> {
  let merged: ReadonlyMap<string, Uint8Array> = new Map();
  for (const { fills } of answers) {
    if (fills.size === 0) continue;
    if (merged.size > 0 && fillsText(merged) !== fillsText(fills))
      throw refused('EXCHANGE-FILL', 'two answers fill in the slots of the request otherwise', {
        expected: fillsText(merged),
        found: fillsText(fills),
        where: record.name,
        hint: 'two roots of one version were signed: only one of them may ever be published',
      });
    merged = fills;
  }
  return merged;
}

function fillsText(fills: ReadonlyMap<string, Uint8Array>): string {
  return [...fills]
    .map(([slot, value]) => `${slot} ${sha256Hex(value)}`)
    .sort()
    .join(', ');
}
