import { expect, test } from 'vitest';
import { quorumAfter } from '../../src/change/quorum.ts';
import { canonicalKeyId } from '../../src/metadata/station-key-id.ts';
import { toBase64 } from '../../src/encoding/text.ts';
import { tuf } from '../../src/metadata/tuf/dialect.ts';
import { CONTEXT, testKey } from '../tuf/documents.ts';

const key = testKey('ed25519');
const listed = { id: 'chosen-in-2019', canonicalId: canonicalKeyId(key.public), public: key.public };
const other = testKey('ed25519');
const present = { id: other.id, canonicalId: canonicalKeyId(other.public), public: other.public };
const add = {
  type: 'key-add',
  role: 'targets',
  key: { form: 'public', value: toBase64(key.public.spki) },
} as const;
const inputs = { fills: new Map<string, Uint8Array>(), context: CONTEXT };

test('R10 a key that metadata lists under another ID already is added under that ID, not a second time', () => {
  const current = { threshold: 1, keys: [present] };
  const { keys } = quorumAfter(tuf, 'targets', current, [add], inputs, [present, listed]);
  expect(keys.map(({ id, value }) => [id, value])).toEqual([
    [other.id, null],
    ['chosen-in-2019', null],
  ]);
});

test('a key that nobody lists gets the ID of the specification', () => {
  const { keys } = quorumAfter(tuf, 'targets', { threshold: 1, keys: [present] }, [add], inputs, [present]);
  expect(keys.map(({ id }) => id)).toEqual([other.id, key.id]);
});

test('CHANGE-KEY a key does not join a role that has it under another ID', () => {
  const current = { threshold: 1, keys: [listed] };
  expect(() => quorumAfter(tuf, 'targets', current, [add], inputs, [listed])).toThrow(
    /stand twice in a role/,
  );
});
