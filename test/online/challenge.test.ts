import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseChallenges } from '../../src/online/credentials/challenge.ts';
import { CountersignError } from '../../src/errors.ts';

const plain = (header: string) =>
  parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

test('HTTP-CHALLENGE: what real servers send', () => {
  expect(
    plain('Bearer realm="https://localhost:5444/token",service="notary-server",scope="registry:catalog:*"'),
  ).toEqual([
    [
      'bearer',
      { realm: 'https://localhost:5444/token', service: 'notary-server', scope: 'registry:catalog:*' },
    ],
  ]);
  expect(plain('Basic realm="Registry Realm"')).toEqual([['basic', { realm: 'Registry Realm' }]]);
  expect(plain('Negotiate, Basic realm=x , charset="UTF-8",, Bearer realm="a\\"b" , service = s')).toEqual([
    ['negotiate', {}],
    ['basic', { realm: 'x', charset: 'UTF-8' }],
    ['bearer', { realm: 'a"b', service: 's' }],
  ]);
  expect(plain('Negotiate YWJj==, Basic realm="x"')).toEqual([
    ['negotiate', {}],
    ['basic', { realm: 'x' }],
  ]);
  expect(plain('')).toEqual([]);
});

test.each([
  'Bearer realm="x',
  'Bearer realm="x" service="y"',
  'Bearer realm="x",realm="y"',
  'Bearer realm=,x=y z',
  'Bearer realm="x",=y',
  'Bearer "x"',
  '"x"',
  'Bearer realm="a\u0000b"',
  `Bearer realm="${'x'.repeat(9_000)}"`,
  'A,B,C,D,E,F,G,H,I',
])('HTTP-CHALLENGE: %j is not read', (header) => {
  expect(() => parseChallenges(header)).toThrow(
    expect.objectContaining({ check: 'HTTP-CHALLENGE', exit: 6 }) as Error,
  );
});

test('HTTP-CHALLENGE: any text is read, or refused with the check ID, in bounded time', () => {
  const near = fc.string({ unit: fc.constantFrom(...'Bearer =",\\\t x~1'.split('')), maxLength: 200 });
  fc.assert(
    fc.property(fc.oneof(near, fc.string()), (header) => {
      try {
        expect(parseChallenges(header).length).toBeLessThanOrEqual(8);
      } catch (cause) {
        expect(cause).toBeInstanceOf(CountersignError);
        expect((cause as CountersignError).check).toBe('HTTP-CHALLENGE');
      }
    }),
    { numRuns: 2_000 },
  );
});

test('HTTP-CHALLENGE: what is written is read back', () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9_-]{0,9}$/);
  const value = fc.stringMatching(/^[\x20-\x7e]{0,20}$/);
  const challenge = fc.tuple(name, fc.dictionary(name, value, { minKeys: 1, maxKeys: 4 }));
  fc.assert(
    fc.property(fc.array(challenge, { maxLength: 8 }), (list) => {
      const header = list
        .map(([scheme, parameters]) => {
          const text = Object.entries(parameters).map(
            ([key, one]) => `${key}="${one.replace(/["\\]/g, '\\$&')}"`,
          );
          return `${scheme} ${text.join(', ')}`;
        })
        .join(', ');
      expect(plain(header)).toEqual(list.map(([scheme, parameters]) => [scheme, { ...parameters }]));
    }),
  );
});
