import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  depthOf,
  meansItself,
  namesFromNotary,
  roleNameFromNotary,
} from '../../src/metadata/tuf/from-notary.ts';
import { notary } from '../../src/metadata/notary/dialect.ts';
import { tuf } from '../../src/metadata/tuf/dialect.ts';

const part = fc.stringMatching(/^[-a-z0-9_]{1,6}$/);
const roles = fc.oneof(
  fc.array(fc.oneof(part, fc.constantFrom('root', 'targets', 'snapshot', 'timestamp', '1')), {
    minLength: 1,
    maxLength: 3,
  }),
);

describe('names of roles', () => {
  test.each([
    ['targets/releases', 'releases'],
    ['targets/a/b', 'a.b'],
    ['targets/root', 'targets.root'],
    ['targets/targets/root', 'targets.targets.root'],
    ['targets/snapshot/x', 'targets.snapshot.x'],
    ['targets/7/x', 'targets.7.x'],
  ])('%s becomes %s', (from, to) => {
    expect(roleNameFromNotary(from)).toBe(to);
  });

  test('no two roles clash, and each name is one that TUF allows', () => {
    fc.assert(
      fc.property(fc.uniqueArray(roles, { selector: String, maxLength: 20 }), (all) => {
        const names = all.map((parts) => roleNameFromNotary(['targets', ...parts].join('/')));
        expect(new Set(names).size).toBe(names.length);
        for (const name of names) {
          tuf.checkTargetsRole(name);
          expect(name).toMatch(/^(?![0-9]+\.)[A-Za-z0-9_.~-]+$/);
        }
      }),
    );
  });
});

const segment = fc.stringMatching(/^[.a-c-]{1,4}$/).filter((text) => text !== '.' && text !== '..');
const targetName = fc.array(segment, { minLength: 1, maxLength: 7 }).map((segments) => segments.join('/'));
const beginnings = fc.array(
  targetName.chain((name) => fc.nat(name.length).map((length) => name.slice(0, length))),
  { minLength: 1, maxLength: 3 },
);

describe('paths', () => {
  test('a role never holds a name that it did not hold, and goes on to hold all that it holds', () => {
    fc.assert(
      fc.property(
        beginnings,
        fc.array(targetName, { maxLength: 6 }),
        fc.array(targetName, { maxLength: 20 }),
        (paths, some, others) => {
          const before = { paths, hashPrefixes: [], terminating: false };
          const held = some.filter((name) => notary.covers(before, name));
          const { names } = namesFromNotary(paths, held, depthOf(held));
          for (const name of held) expect(tuf.covers(names, name), name).toBe(true);
          for (const name of [...some, ...others])
            if (tuf.covers(names, name)) expect(notary.covers(before, name), name).toBe(true);
        },
      ),
    );
  });

  test('all names stay all names, however deep', () => {
    const { names, depth } = namesFromNotary(['', 'x'], [], 4);
    expect(depth).toBeNull();
    for (let at = 0; at < 200; at++) {
      const name = createHash('sha256').update(String(at)).digest('hex').split('').join('/');
      expect(tuf.covers(names, name)).toBe(true);
    }
  });

  test('a name with a dot at the beginning of a segment is named in full, since some clients pass over it', () => {
    const { names } = namesFromNotary(['a/'], ['a/.b', 'a/c'], 4);
    expect(names.paths).toContain('a/.b');
    expect(names.paths).not.toContain('a/c');
  });

  test.each(['a*', 'a?', '[a]', '{a,b}', 'a\\b', '!a', 'x/#a', '@(a', 'a//b', '/a', './a', 'a/../b'])(
    'NAME-PATH %s cannot be said to every client',
    (path) => {
      expect(meansItself(path)).toBe(false);
    },
  );

  test.each(['a', 'a/', 'v1.', 'a+b', 'a b', 'nightly-', 'a/b'])('%s can', (path) => {
    expect(meansItself(path)).toBe(true);
  });
});
