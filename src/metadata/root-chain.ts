import { refused } from '../errors.ts';
import type { Dialect, KeyContext } from './dialect.ts';
import type { SignedDocument } from './document.ts';
import { requireThreshold } from './threshold.ts';

/**
 * Verifies consecutive roots, oldest first, each by its predecessor's keys and its own (TUF 1.0 section 5.3;
 * Notary: notary/tuf root rotation). From a pinned root the chain must hold exactly that root and go on from it;
 * roots below it are history and prove nothing. Expiry is left to the caller: it is shown, never refused, since
 * refreshing an expired root must work.
 *
 * @throws CHAIN-ROOT
 */
export function verifyRootChain(
  dialect: Dialect,
  roots: readonly SignedDocument[],
  pinned: SignedDocument | null,
  context: KeyContext,
): SignedDocument {
  const newest = roots.at(-1);
  if (!newest) throw refused('CHAIN-ROOT', 'no root was given', { where: context.repository });
  roots.forEach((root, index) => {
    const before = roots[index - 1];
    if (before && root.version !== before.version + 1)
      throw chainFault(
        context,
        root,
        `version ${String(before.version + 1)}`,
        `version ${String(root.version)}`,
      );
  });
  const trusted = pinned ? afterPin(roots, pinned, context) : roots;
  let previous = pinned;
  for (const root of trusted) {
    if (previous && previous !== root)
      requireThreshold(dialect, dialect.roleKeys(previous, 'root', context), root, 'CHAIN-ROOT');
    requireThreshold(dialect, dialect.roleKeys(root, 'root', context), root, 'CHAIN-ROOT');
    previous = root;
  }
  return newest;
}

/** The roots that come after the pinned one, which must itself be among those given or directly before them. */
function afterPin(
  roots: readonly SignedDocument[],
  pinned: SignedDocument,
  context: KeyContext,
): readonly SignedDocument[] {
  const first = roots[0] as SignedDocument;
  const newest = roots.at(-1) as SignedDocument;
  if (newest.version < pinned.version)
    throw chainFault(
      context,
      newest,
      `the pinned version ${String(pinned.version)} or later`,
      `version ${String(newest.version)}`,
    );
  if (first.version > pinned.version + 1)
    throw chainFault(
      context,
      first,
      `every root from ${String(pinned.version)}`,
      `version ${String(first.version)} first`,
    );
  const same = roots.find((root) => root.version === pinned.version);
  if (same && Buffer.compare(same.payload, pinned.payload) !== 0)
    throw chainFault(context, same, 'the pinned root', 'another root of the same version');
  return roots.filter((root) => root.version > pinned.version);
}

function chainFault(context: KeyContext, root: SignedDocument, expected: string, found: string): Error {
  return refused('CHAIN-ROOT', 'the root does not follow from the pinned one', {
    expected,
    found,
    where: `${context.repository} root ${String(root.version)}`,
    hint: 'if the repository was really started anew, both halves must say so: ask the online half what happened',
  });
}
