import { describe, expect, test } from 'vitest';
import { tuf } from '../../src/metadata/tuf/dialect.ts';

type Rule = 'checkRepository' | 'checkTarget' | 'checkTargetsRole';

describe.each<[Rule, string, readonly string[], readonly string[]]>([
  [
    'checkRepository',
    'NAME-REPOSITORY',
    ['app', 'example.com/app', 'a_b-c~1:2@3+4'],
    ['', 'a b', '../a', 'a//b', '/a', 'a*', 'a\n', '\u00e9', 'x'.repeat(256)],
  ],
  [
    'checkTarget',
    'NAME-TARGET',
    ['a', 'dir/a b.tar.gz', '\u{1f600}/\u00e9', '__proto__', '.hidden', 'a..b'],
    [
      '',
      '/a',
      'a/',
      'a//b',
      '.',
      'a/../b',
      'a\\b',
      'a\u0000',
      'a\u007f',
      '\ud800',
      'x'.repeat(191),
      'x/'.repeat(600) + 'x',
    ],
  ],
  [
    'checkTargetsRole',
    'NAME-ROLE',
    ['targets', 'team', 'targets/releases', 'bins-00ff', 'R\u00e9 1', '..'],
    ['', 'root', 'snapshot', 'timestamp', 'a\n', '\u0085', '\udc00', 'x'.repeat(221), '\u{1f600}'.repeat(20)],
  ],
])('%s', (rule, check, good, bad) => {
  test.each([...good])('takes %j', (name) => {
    expect(() => {
      tuf[rule](name);
    }).not.toThrow();
  });
  test.each([...bad])(`${check} %j`, (name) => {
    expect(() => {
      tuf[rule](name);
    }).toThrow(expect.objectContaining({ check }) as Error);
  });
});

test('M13 how long a role is valid; delegated roles as targets', () => {
  expect(['root', 'targets', 'snapshot', 'timestamp'].map((role) => tuf.expiry(role).usual)).toEqual([
    365, 90, 7, 1,
  ]);
  expect(tuf.expiry('team')).toBe(tuf.expiry('targets'));
});
