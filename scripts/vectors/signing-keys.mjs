import { createHash } from 'node:crypto';
import { p256, p384 } from '@noble/curves/nist.js';
import { keyOf } from './material.mjs';

/**
 * Signing keys of the vectors, by name: the same on every run, and so are their signatures, since Ed25519 is
 * deterministic and ECDSA follows RFC 6979 here.
 */
export function signingKeys(lib) {
  const seed = (name) => createHash('sha384').update(`countersign conformance vectors: ${name}`).digest();
  const entry = (role, key, sign) => {
    const listed = {
      algorithm: key.algorithm,
      keyid: lib.canonicalKeyId(key),
      public: Buffer.from(key.spki).toString('base64'),
      role,
    };
    return { listed, sign: (message) => Buffer.from(sign(message)).toString('base64') };
  };
  const ecdsa = (algorithm, curve, name, role) => {
    const secret = seed(name).subarray(0, algorithm === 'ecdsa-p256' ? 32 : 48);
    const point = curve.getPublicKey(secret, false);
    return entry(role, lib.publicKeyFromEcPoint(algorithm, point), (message) => curve.sign(message, secret));
  };
  const edwards = (name, role) => {
    const key = keyOf(name);
    return entry(role, lib.publicKeyFromEd25519Raw(key.raw), key.sign);
  };
  return {
    root: ecdsa('ecdsa-p256', p256, 'root key', 'root'),
    second: ecdsa('ecdsa-p384', p384, 'second root key', 'root'),
    targets: edwards('targets key', 'targets'),
    delegated: edwards('delegation key', 'targets/releases'),
  };
}
