import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fileName, quoteRole, versionedName } from '../../src/online/tuf-repository/file-name.ts';
import { targetPaths } from '../../src/online/tuf-repository/target-files.ts';

const anyText = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 });

test('a role of any text becomes one segment that no other role becomes, and that leads nowhere else', () => {
  fc.assert(
    fc.property(anyText, fc.option(fc.integer({ min: 1, max: 2 ** 40 })), (role, version) => {
      fc.pre(role.isWellFormed());
      const quoted = quoteRole(role);
      expect(quoted).toMatch(/^(?:[A-Za-z0-9_.~-]|%[0-9A-F]{2})+$/);
      expect(decodeURIComponent(quoted)).toBe(role);
      if (quoted.length > 200) return;
      const name = fileName(role, version);
      expect(['.', '..']).not.toContain(name);
      if (version !== null) expect(versionedName(name)).toEqual({ version, quoted });
    }),
  );
});

test.each([
  ['root', null, 'root.json'],
  ['root', 12, '12.root.json'],
  ['..', null, '...json'],
  ['a/b', 1, '1.a%2Fb.json'],
  ['../../etc/passwd', null, '..%2F..%2Fetc%2Fpasswd.json'],
  ["~!'()* %", null, '~%21%27%28%29%2A%20%25.json'],
  ['\u00fc', 3, '3.%C3%BC.json'],
])('python-tuf writes %j in version %j as %s', (role, version, name) => {
  expect(fileName(role, version)).toBe(name);
});

test.each(['', '\ud800', 'a'.repeat(251), '\u00fc'.repeat(42)])('DIRECTORY-ROLE: %j is refused', (role) => {
  expect(() => fileName(role)).toThrow(
    expect.objectContaining({ check: 'DIRECTORY-ROLE', exit: 2 }) as Error,
  );
});

test.each([0, -1, 1.5, 2 ** 53, Number.NaN])('DIRECTORY-VERSION-NUMBER: %d is refused', (version) => {
  expect(() => fileName('root', version)).toThrow(
    expect.objectContaining({ check: 'DIRECTORY-VERSION-NUMBER', exit: 2 }) as Error,
  );
});

const entry = { length: 1, hashes: { sha512: 'b'.repeat(128), sha256: 'a'.repeat(64), md5: 'c' } };

test('a target is under its SHA-256, then its SHA-512, or under its own name', () => {
  expect(targetPaths('d/e/f', entry, true).map((path) => path.join('/'))).toEqual([
    `d/e/${'a'.repeat(64)}.f`,
    `d/e/${'b'.repeat(128)}.f`,
  ]);
  expect(targetPaths('d/e/f', entry, false)).toEqual([['d', 'e', 'f']]);
  expect(targetPaths('f', { length: 1, hashes: { sha256: '../x' } }, true)).toEqual([]);
});

test('TARGET-PATH: what is accepted stays below the folder', () => {
  const piece = fc.constantFrom(
    '..',
    '.',
    '/',
    'a',
    '\0',
    '\n',
    '\\',
    '.countersign-x',
    ' ',
    '%2e',
    '\ud800',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, anyText), { maxLength: 6 }), fc.boolean(), (pieces, consistent) => {
      const path = pieces.join('');
      const accepted = (): string[][] => targetPaths(path, entry, consistent);
      const hostile =
        path.split('/').some((one) => ['', '.', '..'].includes(one)) ||
        /[\0\n]/.test(path) ||
        !path.isWellFormed();
      if (hostile)
        expect(accepted).toThrow(expect.objectContaining({ check: 'TARGET-PATH', exit: 2 }) as Error);
      else {
        let paths: string[][] = [];
        try {
          paths = accepted();
        } catch (cause) {
          expect(cause).toMatchObject({ check: 'TARGET-PATH' });
        }
        for (const segment of paths.flat()) expect(segment).not.toMatch(/^\.{0,2}$|\//);
      }
    }),
  );
});
