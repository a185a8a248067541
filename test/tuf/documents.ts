import { constants, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { canonicalBytes } from '../../src/encoding/canonical-json.ts';
import type { JsonObject } from '../../src/encoding/json.ts';
import type { Quorum } from '../../src/metadata/dialect.ts';
import type { Signature, SignedDocument } from '../../src/metadata/document.ts';
import type { Algorithm, PublicKey } from '../../src/metadata/key.ts';
import { publicKeyFromSpki } from '../../src/metadata/public-key.ts';
import { tuf } from '../../src/metadata/tuf/dialect.ts';
import { withTargets } from '../peers/signed-content.ts';

/** For which repository keys are read: TUF keys are bound to none, and end at no time. */
export const CONTEXT = { repository: 'app', now: 0 };
export const EXPIRES = '2030-01-01T00:00:00Z';

/** A key pair in memory, and the ID under which our documents list it. */
export interface TestKey {
  readonly id: string;
  readonly public: PublicKey;
  readonly value: Uint8Array;
  readonly secret: KeyObject;
}

function pair(algorithm: Algorithm): { publicKey: KeyObject; privateKey: KeyObject } {
  if (algorithm === 'ed25519') return generateKeyPairSync('ed25519');
  const [kind, size] = algorithm.split('-') as [string, string];
  return kind === 'rsa'
    ? generateKeyPairSync('rsa', { modulusLength: Number(size) })
    : generateKeyPairSync('ec', { namedCurve: size.toUpperCase().replace('P', 'P-') });
}

export function testKey(algorithm: Algorithm): TestKey {
  const { publicKey, privateKey } = pair(algorithm);
  const key = publicKeyFromSpki(publicKey.export({ format: 'der', type: 'spki' }));
  const value = tuf.keyValue(key);
  return { id: tuf.readKey('targets', value, CONTEXT).id, public: key, value, secret: privateKey };
}

/** What a token gives: ECDSA as r||s, RSASSA-PSS with a salt of 32 bytes unless another is asked for. */
export function rawSignature(key: TestKey, payload: Uint8Array, saltLength = 32): Buffer {
  const scheme = tuf.scheme(key.public.algorithm, 'root');
  if (scheme === 'ed25519') return sign(null, payload, key.secret);
  if (scheme === 'rsassa-pss-sha256') {
    const options = { key: key.secret, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
    return sign('sha256', payload, options);
  }
  return sign(scheme.slice('ecdsa-'.length), payload, { key: key.secret, dsaEncoding: 'ieee-p1363' });
}

export function signatureOf(key: TestKey, payload: Uint8Array): Signature {
  return tuf.signature(key.id, key.public, rawSignature(key, payload));
}

/** The file of `signed` with the signatures of these keys, read again. */
export function signedBy(role: string, signed: JsonObject, keys: readonly TestKey[]): SignedDocument {
  const payload = canonicalBytes(signed);
  const signatures = keys.map((key) => signatureOf(key, payload));
  return tuf.parse(role, tuf.write(payload, signatures, {}));
}

export function quorumOf(keys: readonly TestKey[], threshold = 1): Quorum {
  return {
    threshold,
    keys: keys.map(({ id, value }) => ({ id, value, open: false, canonicalId: null })),
  };
}

/** `signed` of a first root in which the same keys hold every role. */
export function rootOf(keys: readonly TestKey[], threshold = 1): JsonObject {
  const roles = ['root', 'targets', 'snapshot', 'timestamp'];
  const quorums = new Map(roles.map((role) => [role, quorumOf(keys, threshold)]));
  return tuf.withQuorums(tuf.newRoot(), quorums, 1, EXPIRES);
}

/** `signed` of a first targets document. */
export function targetsOf(names: readonly string[]): JsonObject {
  const entries = names.map(
    (name, at) => [name, { length: at, hashes: { sha256: 'ab'.repeat(32) } }] as const,
  );
  return withTargets(tuf, tuf.newTargets(), new Map(entries), 1, EXPIRES);
}
