import { expect, test } from 'vitest';
import type { Change } from '../../src/change/change.ts';
import { delegationEdits } from '../../src/change/delegations.ts';
import { toBase64 } from '../../src/encoding/text.ts';
import { notary } from '../../src/metadata/notary/dialect.ts';
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
  const context = { repository: 'registry.example.com/app', now: 0 };
  return delegationEdits(notary, [], [ROLE], changes, { fills: new Map(), context });
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
