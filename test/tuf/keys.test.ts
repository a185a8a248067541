import { describe, expect, test } from 'vitest';
import { canonicalBytes } from '../../src/encoding/canonical-json.ts';
import { sha256Hex } from '../../src/encoding/hash.ts';
import type { JsonObject } from '../../src/encoding/json.ts';
import type { MetadataKey } from '../../src/metadata/document.ts';
import { ALGORITHMS } from '../../src/metadata/key.ts';
import { keyBits } from '../../src/metadata/public-key.ts';
import { bareKeyObject, canonicalKeyId } from '../../src/metadata/station-key-id.ts';
import { tuf } from '../../src/metadata/tuf/dialect.ts';
import { CONTEXT, rawSignature, rootOf, signatureOf, testKey } from './documents.ts';

const p256 = testKey('ecdsa-p256');
const ed25519 = testKey('ed25519');
const rsa = testKey('rsa-2048');

/** A key object as an adopted root lists it under that ID. */
function listed(object: JsonObject, id = 'any ID'): MetadataKey {
  const root = rootOf([ed25519]);
  const roles = root['roles'] as JsonObject;
  const signed = {
    ...root,
    keys: { ...(root['keys'] as JsonObject), [id]: object },
    roles: { ...roles, targets: { keyids: [id], threshold: 1 } },
  };
  const document = tuf.parse('root', tuf.write(canonicalBytes(signed), [], {}));
  return tuf.roleKeys(document, 'targets', CONTEXT).keys[0]!;
}

function objectOf(key: { value: Uint8Array }): {
  keytype: string;
  scheme: string;
  keyval: { public: string };
} {
  return JSON.parse(Buffer.from(key.value).toString()) as ReturnType<typeof objectOf>;
}

describe.each([...ALGORITHMS])('a key of %s', (algorithm) => {
  const key = algorithm.startsWith('rsa') ? rsa : testKey(algorithm);

  test('its ID is the SHA-256 of its canonical object, and stations know it under one ID in both dialects', () => {
    const read = tuf.readKey('root', key.value, CONTEXT);
    expect(read).toEqual({
      id: sha256Hex(canonicalBytes(objectOf(key))),
      canonicalId: sha256Hex(canonicalBytes(bareKeyObject(key.public))),
      public: key.public,
    });
    expect(canonicalKeyId(key.public)).toBe(sha256Hex(canonicalBytes(bareKeyObject(key.public))));
  });

  test('R10 its signature is valid over these bytes, under its own scheme or none, and nothing else', () => {
    const [payload, other] = [Buffer.from('one'), Buffer.from('two')];
    const signature = signatureOf(key, payload);
    const read = tuf.readKey('root', key.value, CONTEXT);
    expect(tuf.isValid(read, payload, signature)).toBe(true);
    expect(tuf.isValid(read, payload, { ...signature, method: '' })).toBe(true);
    expect(tuf.isValid(read, payload, { ...signature, method: 'rsapss' })).toBe(false);
    expect(tuf.isValid(read, other, signature)).toBe(false);
    expect(tuf.isValid({ ...read, public: null }, payload, signature)).toBe(false);
    for (const value of [
      new Uint8Array(),
      signature.value.slice(1),
      Buffer.concat([signature.value, Buffer.of(0)]),
    ])
      expect(tuf.isValid(read, payload, { ...signature, value })).toBe(false);
  });
});

test('ECDSA in the raw form of Notary does not count: TUF carries DER', () => {
  const payload = Buffer.from('one');
  const read = tuf.readKey('root', p256.value, CONTEXT);
  const raw = { ...signatureOf(p256, payload), value: rawSignature(p256, payload) };
  expect(tuf.isValid(read, payload, raw)).toBe(false);
});

test.each([0, 20, 32, 222])('RSASSA-PSS of other tools counts with a salt of %i bytes', (salt) => {
  const payload = Buffer.from('one');
  const value = rawSignature(rsa, payload, salt);
  const read = tuf.readKey('root', rsa.value, CONTEXT);
  expect(tuf.isValid(read, payload, { keyid: rsa.id, method: '', value })).toBe(true);
  expect(tuf.isValid(read, Buffer.from('two'), { keyid: rsa.id, method: '', value })).toBe(false);
});

test('an RSA signature without its leading zero does not count, though OpenSSL takes it', () => {
  const read = tuf.readKey('root', rsa.value, CONTEXT);
  const payload = Buffer.from('one');
  let value = rawSignature(rsa, payload);
  while (value[0] !== 0) value = rawSignature(rsa, payload);
  expect(tuf.isValid(read, payload, { keyid: rsa.id, method: '', value })).toBe(true);
  expect(tuf.isValid(read, payload, { keyid: rsa.id, method: '', value: value.subarray(1) })).toBe(false);
});

describe('keys as others list them', () => {
  const object = objectOf(p256);
  const point = Buffer.from(keyBits(p256.public)).toString('hex');

  test.each<[string, JsonObject]>([
    ['the older key type', { ...object, keytype: 'ecdsa-sha2-nistp256' }],
    ['a point in hex', { ...object, keytype: 'ecdsa-sha2-nistp256', keyval: { public: point } }],
    ['a point in upper case', { ...object, keyval: { public: point.toUpperCase() } }],
    ['members of its own', { ...object, keyid_hash_algorithms: ['sha256'], 'x-owner': '@a' }],
    ['an empty private part', { ...object, keyval: { ...object.keyval, private: '' } }],
    ['CRLF', { ...object, keyval: { public: object.keyval.public.replaceAll('\n', '\r\n') } }],
    ['no line end', { ...object, keyval: { public: object.keyval.public.trim() } }],
  ])('%s: the same key, under the ID that it has there', (_, other) => {
    expect(listed(other)).toEqual({
      id: 'any ID',
      canonicalId: canonicalKeyId(p256.public),
      public: p256.public,
    });
  });

  test.each<[string, JsonObject]>([
    [
      'an unknown key type',
      { keytype: 'sigstore-oidc', scheme: 'Fulcio', keyval: { identity: 'a', issuer: 'b' } },
    ],
    ['an unknown scheme', { ...objectOf(rsa), scheme: 'rsa-pkcs1v15-sha256' }],
    ['a scheme of another curve', { ...object, scheme: 'ecdsa-sha2-nistp384' }],
    ['a key of another kind than it says', { ...objectOf(rsa), keyval: object.keyval }],
    ['text that is no key', { ...object, keyval: { public: 'x' } }],
    ['a point off the curve', { ...object, keyval: { public: `04${'11'.repeat(64)}` } }],
    [
      'an Ed25519 key under which anything verifies',
      { ...objectOf(ed25519), keyval: { public: `01${'00'.repeat(31)}` } },
    ],
    ['a compressed point', { ...object, keyval: { public: `02${point.slice(2, 66)}` } }],
  ])('%s: kept, and nobody verifies with it', (_, other) => {
    // Its ID may look like that of a key of ours: it is told apart by what it holds.
    const key = listed(other, canonicalKeyId(p256.public));
    expect(key.public).toBeNull();
    expect(key.canonicalId).toBe(sha256Hex(canonicalBytes(other)));
  });

  test.each<[string, JsonObject]>([
    ['no scheme', { keytype: 'ecdsa', keyval: {} }],
    ['no key type', { scheme: 'ed25519', keyval: {} }],
    ['no key', { keytype: 'ed25519', scheme: 'ed25519' }],
    ['a private part', { ...object, keyval: { ...object.keyval, private: 'secret' } }],
  ])('METADATA-KEY %s', (_, other) => {
    expect(() => listed(other)).toThrow(expect.objectContaining({ check: 'METADATA-KEY' }) as Error);
  });
});

describe('a key that is new', () => {
  test('white space and order do not matter', () => {
    const { keytype, scheme, keyval } = objectOf(p256);
    const text = JSON.stringify({ scheme, keyval, keytype }, null, 2);
    expect(tuf.readKey('root', Buffer.from(text), CONTEXT).id).toBe(p256.id);
  });

  test.each<[string, object]>([
    ['with members of its own', { ...objectOf(p256), 'x-owner': '@a' }],
    ['in an older form', { ...objectOf(p256), keytype: 'ecdsa-sha2-nistp256' }],
    ['of an unknown kind', { keytype: 'x', scheme: 'y', keyval: { public: 'z' } }],
    ['that is none', []],
  ])('METADATA-KEY %s', (_, object) => {
    expect(() => tuf.readKey('root', Buffer.from(JSON.stringify(object)), CONTEXT)).toThrow(
      expect.objectContaining({ check: 'METADATA-KEY' }) as Error,
    );
  });

  test('CERTIFICATE-DIALECT a certificate: TUF has none', () => {
    expect(() => tuf.certificateValue(Buffer.from('x'), CONTEXT)).toThrow(
      expect.objectContaining({
        check: 'CERTIFICATE-DIALECT',
        hint: expect.stringContaining('openssl') as string,
      }) as Error,
    );
  });
});
