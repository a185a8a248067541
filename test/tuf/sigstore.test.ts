import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { isObject, type JsonObject } from '../../src/encoding/json.ts';
import type { SignedDocument } from '../../src/metadata/document.ts';
import { countSigners } from '../../src/metadata/threshold.ts';
import { verifyRootChain } from '../../src/metadata/root-chain.ts';
import { tuf } from '../../src/metadata/tuf/dialect.ts';

const CONTEXT = { repository: 'sigstore', now: 0 };

function root(version: number): SignedDocument {
  const file = readFileSync(new URL(`vectors/sigstore-root-${String(version)}.json`, import.meta.url));
  return tuf.parse('root', file);
}

function signersOf(document: SignedDocument, by: SignedDocument): number {
  return countSigners(tuf, tuf.roleKeys(by, 'root', CONTEXT), document).signers.length;
}

describe.each([7, 9, 10, 12, 13, 14, 15, 16])('Sigstore root %i', (version) => {
  const document = root(version);

  test('M13 is read as it stands, and signed by enough of its own keys (R10)', () => {
    expect(document.version).toBe(version);
    const { threshold, keys } = tuf.roleKeys(document, 'root', CONTEXT);
    expect([threshold, keys.length]).toEqual([3, 5]);
    expect(signersOf(document, document)).toBeGreaterThanOrEqual(threshold);
    expect(tuf.consistent(document)).toBe(true);
  });

  test('keeps its key IDs, and every public key is read', () => {
    const listed = Object.keys(document.signed['keys'] as JsonObject).sort();
    const roles = ['root', 'targets', 'snapshot', 'timestamp'];
    const keys = roles.flatMap((role) => tuf.declaredKeys(document, role).keys);
    expect([...new Set(keys.map(({ id }) => id))].sort()).toEqual(listed);
    expect(keys.every((key) => key.public?.algorithm === 'ecdsa-p256')).toBe(true);
  });

  test('leaves placeholders out of the signatures, and written again says the same', () => {
    const envelope = JSON.parse(Buffer.from(document.file).toString()) as { signatures: { sig: string }[] };
    expect(document.signatures).toHaveLength(envelope.signatures.filter(({ sig }) => sig !== '').length);
    const again = tuf.parse('root', tuf.write(document.payload, document.signatures, document.outside));
    expect(Buffer.compare(again.payload, document.payload)).toBe(0);
    expect(again.signatures).toEqual(document.signatures);
    expect(signersOf(again, again)).toBe(signersOf(document, document));
  });

  test('with a changed byte in what is signed, nobody signed it', () => {
    const text = Buffer.from(document.file)
      .toString()
      .replace(/"expires": ?"2/, '"expires":"3');
    expect(signersOf(tuf.parse('root', Buffer.from(text)), document)).toBe(0);
  });
});

test('CHAIN-ROOT the roots 12 to 16 follow from each other, 9 signs 10, and 7 does not sign 16', () => {
  const chain = [12, 13, 14, 15, 16].map(root);
  expect(verifyRootChain(tuf, chain, null, CONTEXT).version).toBe(16);
  expect(verifyRootChain(tuf, [root(9), root(10)], null, CONTEXT).version).toBe(10);
  expect(signersOf(root(16), root(7))).toBe(0);
});

test('what tuf-on-ci adds is shown as not understood, and stays through a change of quorum', () => {
  const document = root(16);
  expect(tuf.notUnderstood(document)).toContain('/signed/x-tuf-on-ci-signing-period');
  expect(tuf.notUnderstood(document).filter((pointer) => pointer.endsWith('keyowner'))).toHaveLength(5);
  const kept = tuf.declaredKeys(document, 'root').keys.slice(0, 4);
  const quorum = {
    threshold: 2,
    keys: kept.map(({ id, canonicalId }) => ({ id, canonicalId, value: null, open: false })),
  };
  const next = tuf.withQuorums(
    document.signed,
    new Map([
      ['root', quorum],
      ['targets', quorum],
    ]),
    17,
    '2027-10-01T00:00:00Z',
  );
  expect(next['x-tuf-on-ci-signing-period']).toBe(document.signed['x-tuf-on-ci-signing-period']);
  const keys = next['keys'] as JsonObject;
  expect(Object.keys(keys)).toHaveLength(5);
  for (const { id } of kept) {
    const key = keys[id];
    expect(isObject(key) && key['x-tuf-on-ci-keyowner']).toMatch(/^@/);
  }
});
