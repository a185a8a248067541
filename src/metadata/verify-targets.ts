import { CountersignError, refused } from '../errors.ts';
import type { Delegation, Dialect, KeyContext } from './dialect.ts';
import type { RoleKeys, SignedDocument } from './document.ts';
import { mayDeclare } from './hierarchy.ts';
import { requireListed } from './listed.ts';
import type { BrokenRole, VerifiedRepository } from './verified.ts';
import { isDelegated } from './roles.ts';
import { requireThreshold } from './threshold.ts';

/** What stands above the targets roles. */
export interface AboveTargets {
  readonly root: SignedDocument;
  readonly snapshot: SignedDocument | null;
  readonly context: KeyContext;
}

/**
 * Verifies the targets roles from the top down, each by the keys that whoever delegates to it declares: all of them,
 * where several do.
 *
 * @param strays gets `role keyid` of signatures that do not count
 * @param setApart gets delegated roles that are not signed as they must be; null where those are refused
 * @throws CHAIN-TARGETS, METADATA-*
 */
export function verifyTargets(
  dialect: Dialect,
  files: ReadonlyMap<string, Uint8Array>,
  { root, snapshot, context }: AboveTargets,
  strays: string[],
  setApart: BrokenRole[] | null,
): Pick<VerifiedRepository, 'targets' | 'parents'> {
  const targets = new Map<string, SignedDocument>();
  const parents = new Map<string, string>();
  const seen = new Set<string>();
  const waiting: { role: string; keys: RoleKeys }[] = [];
  if (files.has('targets'))
    waiting.push({ role: 'targets', keys: dialect.roleKeys(root, 'targets', context) });
  for (const { role, keys } of waiting) {
    const known = targets.get(role);
    const document = known ?? dialect.parse(role, files.get(role) as Uint8Array);
    seen.add(role);
    if (snapshot && !known) requireListed(dialect, snapshot, document, 'CHAIN-TARGETS');
    try {
      const count = requireThreshold(dialect, keys, document, 'CHAIN-TARGETS');
      if (known) continue;
      strays.push(...count.strays.map((id) => `${role} ${id}`));
    } catch (error) {
      if (!setApart || !isDelegated(role)) throw error;
      if (!(error instanceof CountersignError) || error.check !== 'CHAIN-TARGETS') throw error;
      if (!known) setApart.push({ role, check: error.check, message: error.message, document });
      continue;
    }
    targets.set(role, document);
    waiting.push(...declaredIn(dialect, document, files, parents));
  }
  for (const [role, file] of files) {
    if (seen.has(role)) continue;
    const error = undeclared(context, role);
    if (!setApart) throw error;
    const document = dialect.parse(role, file);
    if (snapshot) requireListed(dialect, snapshot, document, 'CHAIN-TARGETS');
    setApart.push({ role, check: error.check, message: error.message, document });
  }
  return { targets: new Map([...targets].sort(([a], [b]) => (a < b ? -1 : 1))), parents };
}

/** The roles that one document delegates to and that have a file; who declares a role first is its parent. */
function declaredIn(
  dialect: Dialect,
  document: SignedDocument,
  files: ReadonlyMap<string, Uint8Array>,
  parents: Map<string, string>,
): { role: string; keys: Delegation }[] {
  return dialect.delegations(document).flatMap((delegation) => {
    const { role } = delegation;
    if (!mayDeclare(dialect, document.role, role)) return [];
    if (!parents.has(role)) parents.set(role, document.role);
    return files.has(role) ? [{ role, keys: delegation }] : [];
  });
}

/** Who may sign a role, as the verified documents above it say. @throws CHAIN-TARGETS if nothing declares it */
export function keysOf(
  dialect: Dialect,
  { root, targets, parents }: Pick<VerifiedRepository, 'root' | 'targets' | 'parents'>,
  role: string,
  context: KeyContext,
): RoleKeys {
  if (!isDelegated(role)) return dialect.roleKeys(root, role, context);
  const parent = targets.get(parents.get(role) ?? '');
  const keys = parent && dialect.delegatedKeys(parent, role);
  if (!keys) throw undeclared(context, role);
  return keys;
}

function undeclared({ repository }: KeyContext, role: string): CountersignError {
  return refused('CHAIN-TARGETS', 'the repository does not delegate to this role', {
    where: `${repository} ${role}`,
  });
}
