import { Metadata, MetadataKind } from '@tufjs/models';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalBytes } from '../../src/encoding/canonical-json.ts';
import type { DelegatedNames } from '../../src/metadata/dialect.ts';
import { tuf } from '../../src/metadata/tuf/dialect.ts';
import { targetsOf } from './documents.ts';

function names(paths: readonly string[], hashPrefixes: readonly string[] = []): DelegatedNames {
  return { paths, hashPrefixes, terminating: false };
}

/** The delegations of a targets document, as tuf-js reads them. */
function delegationsThere(delegations: object) {
  const json = { signatures: [], signed: { ...targetsOf([]), delegations } };
  return Metadata.fromJSON(MetadataKind.Targets, json as never).signed.delegations!;
}

/** What tuf-js says of the same delegation. */
function there(covered: { paths: string[] } | { path_hash_prefixes: string[] }, target: string): boolean {
  const role = { name: 'x', keyids: [], threshold: 1, terminating: false, ...covered };
  return [...delegationsThere({ keys: {}, roles: [role] }).rolesForTarget(target)].length > 0;
}

describe('covers', () => {
  test.each<[string, string, boolean]>([
    ['*', 'a', true],
    ['*', 'a/b', false],
    ['*/*', 'a/b', true],
    ['a/*', 'a/', true],
    ['a/*', 'a', false],
    ['a/*.tgz', 'a/foo-1.0.tgz', true],
    ['a/*.tgz', 'a/b/foo.tgz', false],
    ['a?c', 'abc', true],
    ['a?c', 'a/c', false],
    ['a?c', 'ac', false],
    ['a?c', 'a\u{1f600}c', true],
    ['*a*b*c', 'xxaxxbxxc', true],
    ['*a*b*c', 'xxaxxcxxb', false],
    ['**', 'a/b', false],
    ['[ab]c', 'bc', true],
    ['[!ab]c', 'bc', false],
    ['[!ab]c', 'xc', true],
    ['[a-f0-9]', '7', true],
    ['[a-f0-9]', 'g', false],
    ['[]]', ']', true],
    ['[a', '[a', true],
    ['*', '.hidden', true],
    ['a.c', 'abc', false],
    ['', '', true],
  ])('%s and %s: %s', (pattern, target, expected) => {
    expect(tuf.covers(names([pattern]), target)).toBe(expected);
  });

  test('a delegation without paths covers nothing, one of several is enough', () => {
    expect(tuf.covers(names([]), 'a')).toBe(false);
    expect(tuf.covers(names(['x', 'a']), 'a')).toBe(true);
  });

  test('a delegation that is wider than the one above stays as it is: both are asked on the way', () => {
    const wider = { role: 'x', threshold: 1, keys: [], ...names(['*']) };
    expect(tuf.within(wider, names(['a']))).toBe(wider);
  });

  test('patterns of `*`, `?` and letters mean what tuf-js takes them for', () => {
    const part = fc.constantFrom('a', 'b', '.a', '*', '?', '/', 'ab', '-');
    const pattern = fc.array(part, { minLength: 1, maxLength: 7 }).map((list) => list.join(''));
    const target = fc
      .array(fc.constantFrom('a', 'b', 'c', '/', 'x.a', '-'), { minLength: 1, maxLength: 7 })
      .map((list) => list.join(''));
    // minimatch takes `**` and an empty segment for something else than the specification does.
    const alike = (path: string): boolean =>
      !path.includes('**') && path.split('/').every((segment) => segment !== '' && !segment.startsWith('.'));
    fc.assert(
      fc.property(pattern.filter(alike), target.filter(alike), (path, name) => {
        expect(tuf.covers(names([path]), name)).toBe(there({ paths: [path] }, name));
      }),
      { numRuns: 3_000 },
    );
  });

  test('hash prefixes are of SHA-256 over the UTF-8 path, as tuf-js has them', () => {
    const prefix = fc.string({
      unit: fc.constantFrom(...Array.from('0123456789abcdef')),
      minLength: 1,
      maxLength: 2,
    });
    const target = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => text.isWellFormed());
    fc.assert(
      fc.property(fc.array(prefix, { minLength: 1, maxLength: 20 }), target, (prefixes, name) => {
        expect(tuf.covers(names([], prefixes), name)).toBe(there({ path_hash_prefixes: prefixes }, name));
      }),
      { numRuns: 500 },
    );
  });

  test('a hostile pattern of many stars is answered at once', () => {
    const started = performance.now();
    expect(tuf.covers(names(['*a'.repeat(500) + 'b']), 'a'.repeat(1_000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

describe('succinct roles (TAP 15)', () => {
  const key = { keytype: 'ed25519', keyval: { public: '00' }, scheme: 'ed25519' };

  function parentOf(bit_length: number, more: object = {}) {
    const succinct_roles = { bit_length, keyids: ['k'], name_prefix: 'bin', threshold: 1, ...more };
    const signed = { ...targetsOf([]), delegations: { keys: { k: key }, succinct_roles } };
    return tuf.parse('targets', tuf.write(canonicalBytes(signed), [], {}));
  }

  test.each([1, 3, 4, 5, 8, 10])('%i bits: every target is in the one bin that tuf-js names', (bits) => {
    const parent = parentOf(bits);
    const bins = tuf.delegations(parent);
    const model = delegationsThere(parent.signed['delegations'] as object).succinctRoles!;
    expect(bins.map(({ role }) => role)).toEqual([...model.getRoles()]);
    for (let at = 0; at < 50; at++) {
      const target = `path/${String(at)}`;
      const covering = bins.filter((bin) => tuf.covers(bin, target)).map(({ role }) => role);
      expect(covering).toEqual([model.getRoleForTarget(target)]);
    }
    expect(bins.every(({ terminating, threshold }) => terminating && threshold === 1)).toBe(true);
  });

  test('65,536 bins are found by name without making the others', () => {
    const parent = parentOf(16);
    expect(tuf.delegatedKeys(parent, 'bin-abcd')?.keys.map(({ id }) => id)).toEqual(['k']);
    for (const role of ['bin-abcde', 'bin-ABCD', 'bin-', 'bin', 'bin-0x1f', 'other-0000', 'bin_abcd'])
      expect(tuf.delegatedKeys(parent, role)).toBeNull();
    expect(tuf.delegations(parent)).toHaveLength(65_536);
    expect(tuf.delegations(parent)).toBe(tuf.delegations(parent));
  });

  test.each<[string, number, object]>([
    ['no bits', 0, {}],
    ['too many bits', 17, {}],
    ['no prefix', 4, { name_prefix: 7 }],
    ['a prefix that no file can be called', 4, { name_prefix: 'x'.repeat(250) }],
    ['a key that is not held', 4, { keyids: ['other'] }],
    ['no threshold', 4, { threshold: 0 }],
  ])('METADATA-FORM %s', (_, bits, more) => {
    expect(() => parentOf(bits, more)).toThrow(expect.objectContaining({ check: 'METADATA-FORM' }) as Error);
  });

  test('a bin cannot be changed alone', () => {
    expect(() => tuf.withDelegations(parentOf(4).signed, [{ role: 'bin-0', declared: null }])).toThrow(
      'only counted',
    );
  });
});
