import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { countSigners } from '../../src/metadata/threshold.ts';
import { tuf } from '../../src/metadata/tuf/dialect.ts';
import { CONTEXT } from './documents.ts';

const file = readFileSync(new URL('vectors/securesystemslib-root.json', import.meta.url));

test('R10 every kind of signature by securesystemslib counts, over its canonical form of awkward text', () => {
  const document = tuf.parse('root', file);
  const role = tuf.roleKeys(document, 'root', CONTEXT);
  expect(role.keys.map((key) => key.public?.algorithm).sort()).toEqual([
    'ecdsa-p256',
    'ed25519',
    'rsa-2048',
    'rsa-3072',
  ]);
  expect(countSigners(tuf, role, document)).toEqual({
    signers: document.signatures.map(({ keyid }) => keyid),
    strays: [],
  });
  expect(tuf.consistent(document)).toBe(false);
});

test('written again, the file is JSON without raw control characters and has the same payload', () => {
  const document = tuf.parse('root', file);
  const again = tuf.write(document.payload, document.signatures, document.outside);
  expect(again.some((byte) => byte < 0x20)).toBe(false);
  expect((JSON.parse(Buffer.from(again).toString()) as { signed: object }).signed).toEqual(
    (JSON.parse(file.toString()) as { signed: object }).signed,
  );
  const read = tuf.parse('root', again);
  expect(Buffer.from(read.payload).equals(document.payload)).toBe(true);
  expect(read.signatures).toEqual(document.signatures);
});
