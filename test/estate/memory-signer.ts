import { toHex } from '../../src/encoding/text.ts';
import type { GeneratedKey, Signer } from '../../src/signer/signer.ts';
import type { OpenSigner } from '../../src/station/keys/signers.ts';
import { testKey, type TestKey } from '../metadata/keys.ts';

/** A place for keys that is as quick as memory: no passphrase, no derivation. */
export function memorySigner(): OpenSigner {
  const keys = new Map<string, TestKey>();
  const held = (spki: Uint8Array): TestKey => {
    const key = keys.get(toHex(spki));
    if (!key) throw new Error('no such key');
    return key;
  };
  const signer: Signer = {
    sign: (tasks, onSignature) =>
      Promise.resolve(
        tasks.map(({ key, scheme, message }, index) => {
          const signature = held(key.public.spki).sign(scheme, message);
          onSignature?.(index, signature);
          return signature;
        }),
      ),
    generate: (tasks) =>
      Promise.resolve(
        tasks.map(({ algorithm, id }): GeneratedKey => {
          const key = testKey(algorithm);
          keys.set(toHex(key.public.spki), key);
          return { public: key.public, location: { kind: 'keyfile', file: id }, grade: 'F', attributes: {} };
        }),
      ),
    take: () => Promise.reject(new Error('nothing is taken in here')),
    destroy: ({ public: { spki } }) => Promise.resolve(keys.delete(toHex(spki))),
    close: () => Promise.resolve(),
  };
  return () => Promise.resolve(signer);
}
