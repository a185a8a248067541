import { expect, test } from 'vitest';
import type { Change } from '../../src/change/change.ts';
import { delegationEdits } from '../../src/change/delegations.ts';
import { toBase64 } from '../../src/encoding/text.ts';
import type { Delegation, Dialect } from '../../src/metadata/dialect.ts';
import { notary } from '../../src/metadata/notary/dialect.ts';
import { tuf } from '../../src/metadata/tuf/dialect.ts';
import { publicKeyFromEd25519Raw } from '../../src/metadata/public-key.ts';
import { checkOf } from '../identity/check-of.ts';

const ROLE = 'targets/a';
const KEY = publicKeyFromEd25519Raw(Buffer.from(`58${'66'.repeat(31)}`, 'hex'));
const GIVEN: Change = {
  type: 'key-add',
  role: ROLE,
  key: { form: 'public', value: toBase64(KEY.spki) },
};
const SLOT: Change = { type: 'key-add', role: ROLE, key: { form: 'slot', value: null } };
const ADD: Change = {
  ...{ type: 'delegation-add', role: ROLE, parent: null, paths: [''] },
  ...{ hashPrefixes: [], terminating: null },
};

function edits(...changes: Change[]): ReturnType<typeof delegationEdits> {
  return editsIn(notary, changes);
}

function editsIn(
  dialect: Dialect,
  changes: readonly Change[],
  current: readonly Delegation[] = [],
): ReturnType<typeof delegationEdits> {
  const context = { repository: 'registry.example.com/app', now: 0 };
  return delegationEdits(dialect, current, [ROLE], changes, { fills: new Map(), context });
}

test('a delegation is declared with the keys and paths that were given', () => {
  const [edit] = edits(ADD, GIVEN);
  expect(edit?.declared?.paths).toEqual(['']);
  expect(edit?.declared?.quorum.keys.map(({ open }) => open)).toEqual([false]);
});

test('CHANGE-KEY: a delegated role has no slots', () => {
  expect(checkOf(() => edits(ADD, SLOT))).toBe('CHANGE-KEY');
  expect(checkOf(() => edits(ADD, GIVEN, SLOT))).toBe('CHANGE-KEY');
});

const now = {
  ...{ threshold: 1, role: ROLE, terminating: false },
  keys: [{ id: 'key', canonicalId: 'key', public: KEY }],
};
const less = (paths: string[], hashPrefixes: string[]): Change => ({
  ...{ type: 'paths-remove', role: ROLE },
  ...{ paths, hashPrefixes },
});

test('hash prefixes go one by one, as paths do, and what stays keeps its order', () => {
  const hashed = { ...now, paths: [], hashPrefixes: ['2', '0', '10', '0', '1'] };
  const [edit] = editsIn(tuf, [less([], ['0', '1'])], [hashed]);
  expect(edit?.declared).toMatchObject({ paths: [], hashPrefixes: ['2', '10'] });
  const named = { ...now, paths: ['b/', 'a/'], hashPrefixes: [] };
  expect(editsIn(notary, [less(['b/'], [])], [named])[0]?.declared?.paths).toEqual(['a/']);
});

test('CHANGE-DELEGATION: a prefix or path that the delegation does not have', () => {
  const current = [{ ...now, paths: ['a/'], hashPrefixes: ['1'] }];
  for (const gone of [
    less([], ['2']),
    less([], ['10']),
    less(['1'], []),
    less([], ['1', '1']),
    less([], ['a/']),
  ])
    expect(checkOf(() => editsIn(tuf, [gone], current))).toBe('CHANGE-DELEGATION');
  expect(checkOf(() => edits(less([], ['1'])))).toBe('CHANGE-DELEGATION');
});
