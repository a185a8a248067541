import { refused } from '../../errors.ts';
import { finalFile } from '../../exchange/final.ts';
import type { MergedRepository } from '../../exchange/merge-responses.ts';
import type { Dialect, KeyContext } from '../../metadata/dialect.ts';
import { verifyRepository } from '../../metadata/repository.ts';
import type { VerifiedRepository } from '../../metadata/verified.ts';

/**
 * Walks what will be published as clients would, before anything is posted: an old one from every root there was to
 * the new one, each certificate valid now, and a fresh one down to every role that is replaced.
 *
 * @throws CHAIN-ROOT, CHAIN-TARGETS
 */
export function checkFollowed(
  dialect: Dialect,
  current: VerifiedRepository | null,
  files: ReadonlyMap<string, Uint8Array>,
  context: KeyContext,
): void {
  const root = files.get('root');
  const roots = [...(current?.roots ?? []).map(({ file }) => file), ...(root ? [root] : [])];
  const kept = [...(current?.targets ?? [])].map(([role, { file }]) => [role, file] as const);
  const replaced = [...files].filter(([role]) => role !== 'root');
  const targets = new Map([...kept, ...replaced]);
  const after = { roots, timestamp: null, snapshot: null, targets };
  const { broken, parents } = verifyRepository(dialect, after, null, context, 'set-apart');
  // A role that nothing declares any more is not read at all.
  const unreadable = broken.find(
    ({ role }) => files.has(role) || (dialect.declaredMustExist && parents.has(role)),
  );
  if (unreadable)
    throw refused(unreadable.check, unreadable.message, {
      where: `${context.repository} ${unreadable.role}`,
      hint: 'no client would read this file: its signatures do not match what declares the role',
    });
}

/** The files of a repository's roles, each parsed and rebuilt once more before it leaves (R16). */
export function finalFiles(repository: MergedRepository): Map<string, Uint8Array> {
  const { dialect } = repository.reading;
  return new Map(
    repository.roles.map(({ role, signatures }) => {
      const file = finalFile(dialect, role.document, signatures, role.outside);
      dialect.parse(role.role, file);
      return [role.role, file];
    }),
  );
}
