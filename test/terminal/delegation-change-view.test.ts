import { describe, expect, test } from 'vitest';
import type { Delegation, Dialect } from '../../src/metadata/dialect.ts';
import type { SignedDocument } from '../../src/metadata/document.ts';
import { NO_ENTRIES } from '../../src/metadata/entry-table.ts';
import { notary } from '../../src/metadata/notary/dialect.ts';
import { tuf } from '../../src/metadata/tuf/dialect.ts';
import { delegationDifferences } from '../../src/review/key-difference.ts';
import { delegationLines } from '../../src/terminal/views/delegation-change-view.ts';
import { delegationTable } from '../../src/terminal/views/delegation-view.ts';

/** How a review says it where a role's paths become others; null where the role is not there. */
function shown(dialect: Dialect, before: readonly string[] | null, after: readonly string[] | null): string {
  const documents = [before, after].map((paths): SignedDocument => ({
    ...{ role: 'targets', version: 1, expires: 0, signatures: [], outside: {} },
    ...{ payload: new Uint8Array(), file: new Uint8Array() },
    signed: { paths },
    entries: NO_ENTRIES,
  }));
  const [first, second] = documents as [SignedDocument, SignedDocument];
  const delegations = ({ signed }: SignedDocument): Delegation[] =>
    signed['paths'] === null
      ? []
      : [
          {
            ...{ role: 'r', threshold: 1, keys: [], hashPrefixes: [], terminating: false },
            paths: signed['paths'] as string[],
          },
        ];
  const lines = delegationLines(delegationDifferences({ ...dialect, delegations }, first, second), 'open');
  return lines.join('\n').replace(/\s+/g, ' ');
}

describe('R8 the names that a delegated role may hold, as the dialect reads its paths', () => {
  test('Notary: each path is a beginning, whatever it holds, and an empty one means all names', () => {
    expect(shown(notary, null, ['a*/', 'b?', 'c/'])).toContain(
      'for names that begin with "a*/", names that begin with "b?", names that begin with "c/"',
    );
    expect(shown(notary, null, [''])).toContain('for all names');
    const changed = shown(notary, ['a*', 'c/'], ['c/', '']);
    expect(changed).toContain('now also all names');
    expect(changed).toContain('no more names that begin with "a*"');
  });

  test('TUF: a path is a pattern, or the one name that it is', () => {
    expect(shown(tuf, null, ['a/*', 'b/?.bin', 'c/[xy]', 'd/one.bin'])).toContain(
      'for names like "a/*", names like "b/?.bin", names like "c/[xy]", the name "d/one.bin"',
    );
    // No target has the empty name: such a path covers nothing.
    expect(shown(tuf, null, [''])).toContain('for the name ""');
    const changed = shown(tuf, ['a/*', 'd/one.bin'], ['a/*', 'd/two.bin']);
    expect(changed).toContain('now also the name "d/two.bin"');
    expect(changed).toContain('no more the name "d/one.bin"');
  });

  test('a list of delegations calls an empty path all paths only where it is', () => {
    const delegation = {
      ...{ role: 'r', parent: 'targets', order: 1, paths: [''], hashPrefixes: [], terminating: false },
      ...{ threshold: 1, keys: [], version: 1 },
    };
    const table = ({ paths: pathsAre, delegatesByHash }: Dialect): string =>
      delegationTable({ delegations: [delegation], delegatesByHash, pathsAre }).join('\n');
    expect(table(notary)).toContain('"" <all paths>');
    expect(table(tuf)).not.toContain('all paths');
  });
});
