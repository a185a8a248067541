import { expect, test } from 'vitest';
import type { ComputedRole, ComputedSigner } from '../../src/change/computed-role.ts';
import { toHex } from '../../src/encoding/text.ts';
import { missingSignatures } from '../../src/exchange/read-response.ts';
import { NO_ENTRIES } from '../../src/metadata/entry-table.ts';
import { notary } from '../../src/metadata/notary/dialect.ts';
import type { SigningKey } from '../../src/signer/signer.ts';
import { openRolePlaces, ownSignatures } from '../../src/station/keys/own-signatures.ts';
import { freshKey } from '../attacks/evil-online.ts';

const [one, other] = [freshKey(), freshKey()];
const held = {
  ...{ id: 'a'.repeat(64), public: one, role: 'root', repository: null, grade: 'B' },
  location: { kind: 'keyfile' },
} as unknown as SigningKey;
const keys = new Map([[toHex(one.spki), held]]);

function signer(keyid: string, quorum: ComputedSigner['quorum'], key = one): ComputedSigner {
  return { keyid, quorum, key: { id: keyid, canonicalId: keyid, public: key } };
}

function role(signers: readonly ComputedSigner[], open = false): ComputedRole {
  const plan = { role: 'root', version: 2, expires: '2030-01-01T00:00:00Z', needs: { old: 1, new: 1 } };
  const content = { signed: {}, entries: NO_ENTRIES, outside: {}, document: new Uint8Array(3) };
  return { ...plan, ...content, open, slots: [], signers };
}

test.each([
  ['two certificates that both stay', [signer('c1', 'both'), signer('c2', 'both')], ['c1']],
  ['one of two goes', [signer('c1', 'old'), signer('c2', 'both')], ['c2']],
  [
    'a renewed one, beside another that goes',
    [signer('c1', 'old'), signer('c2', 'old'), signer('c3', 'new')],
    ['c1', 'c3'],
  ],
  ['a renewed one', [signer('c1', 'old'), signer('c2', 'new')], ['c1', 'c2']],
  ['keys of others', [signer('c1', 'both', other)], []],
] as const)('R10 a key under two certificates signs once in each quorum: %s', (_, signers, expected) => {
  const closed = role(signers);
  const signed = ownSignatures(keys, { key: 'notary:app', dialect: notary, roles: [closed] }, new Map());
  expect(signed.map(({ keyid }) => keyid)).toEqual(expected);
  expect(missingSignatures(closed, signed)).toBe(expected.length > 0 ? 0 : 1);
});

test('R12 keys that sign what is still open are known before: their secrets are not asked for late', () => {
  const slot: ComputedSigner = { keyid: 'root.certificate', quorum: 'new', key: null };
  const open = role([signer('c1', 'old'), signer('x', 'new', other), slot], true);
  expect(ownSignatures(keys, { key: 'notary:app', dialect: notary, roles: [open] }, new Map())).toEqual([]);
  expect(openRolePlaces(keys, [open])).toMatchObject([{ kind: 'keyfile', key: { role: 'root' } }]);
  expect(openRolePlaces(keys, [role([signer('c1', 'old')])])).toEqual([]);
});
