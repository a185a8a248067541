import { createPublicKey, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SignatureScheme } from '../../src/metadata/key.ts';
import { publicKeyFromSpki } from '../../src/metadata/public-key.ts';
import { verifySignature } from '../../src/metadata/signature.ts';
import type { OpenToken } from '../../src/signer/pkcs11/token.ts';
import type { TakeTask } from '../../src/signer/signer.ts';
import { nssToken } from '../peers/nss.ts';
import { runOk } from '../peers/process.ts';
import { softHsm, type TestToken } from '../peers/softhsm.ts';
import { caught } from './caught.ts';
import { openTestToken, pinned } from './open-test-token.ts';

const MAKE: Readonly<Record<string, () => KeyObject>> = {
  'ecdsa-p256': () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  'ecdsa-p384': () => generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
  ed25519: () => generateKeyPairSync('ed25519').privateKey,
  'rsa-2048': () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
};
const SCHEMES: Readonly<Record<string, SignatureScheme>> = {
  'ecdsa-p256': 'ecdsa-sha256',
  'ecdsa-p384': 'ecdsa-sha256',
  ed25519: 'ed25519',
  'rsa-2048': 'rsassa-pss-sha256',
};

function takeTask(privateKey: KeyObject, label: string): TakeTask {
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return {
    privateKeyInfo: privateKey.export({ format: 'der', type: 'pkcs8' }),
    public: publicKeyFromSpki(spki),
    label,
    id: randomBytes(16).toString('hex'),
    role: 'root',
  };
}

describe.each([
  { name: 'SoftHSM', make: softHsm, algorithms: ['ecdsa-p256', 'ecdsa-p384', 'ed25519', 'rsa-2048'] },
  { name: 'NSS', make: nssToken, algorithms: ['ecdsa-p256', 'rsa-2048'] },
])('keys of other programs in $name', ({ make, algorithms }) => {
  let peer: TestToken;
  let token: OpenToken;
  beforeAll(async () => {
    peer = await make();
    token = await openTestToken(peer);
  });
  afterAll(() => token.close());

  it.each(algorithms)(
    '%s is taken in, of grade B, protected, and signs in a later session',
    async (algorithm) => {
      const task = takeTask((MAKE[algorithm] as () => KeyObject)(), `taken ${algorithm}`);
      const key = await token.take(task);
      expect(key).toMatchObject({ public: { algorithm }, grade: 'B', location: { id: task.id } });
      expect(Buffer.from(key.public.spki)).toEqual(Buffer.from(task.public.spki));
      expect(key.attributes).toMatchObject({
        CKA_SENSITIVE: 'true',
        CKA_EXTRACTABLE: 'false',
        CKA_LOCAL: 'false',
      });
      const later = await openTestToken(peer);
      const scheme = SCHEMES[algorithm] as SignatureScheme;
      const message = Buffer.from('document');
      const [signature] = await later.sign([{ key: pinned(key), scheme, message }]);
      await later.close();
      verifySignature(task.public, scheme, message, signature as Uint8Array);
    },
  );

  it('what an interrupted run left under the CKA_ID is replaced', async () => {
    const task = takeTask(MAKE['rsa-2048']?.() as KeyObject, 'again');
    const first = await token.take(task);
    expect(await token.take(task)).toEqual(first);
    expect(token.keys().filter(({ label }) => label === 'again')).toMatchObject([{ count: 1 }]);
  });

  it('KEY-LABEL: a label that another key has', async () => {
    await token.take(takeTask(MAKE['rsa-2048']?.() as KeyObject, 'twice'));
    const other = takeTask(MAKE['rsa-2048']?.() as KeyObject, 'twice');
    expect(await caught(() => token.take(other))).toMatchObject({ check: 'KEY-LABEL', exit: 2 });
  });

  it('a destroyed key is gone, both objects of it', async () => {
    const key = await token.take(takeTask(MAKE['ecdsa-p256']?.() as KeyObject, 'doomed'));
    expect(await token.destroy(pinned(key))).toBe(true);
    expect(await token.destroy(pinned(key))).toBe(false);
    const later = await openTestToken(peer);
    expect(later.keys().filter(({ label }) => label === 'doomed')).toEqual([]);
    await later.close();
  });
});

it('neither the private key nor anything of it can be read out of SoftHSM again', async () => {
  const peer = await softHsm();
  const token = await openTestToken(peer);
  await token.take(takeTask(MAKE['rsa-2048']?.() as KeyObject, 'hidden'));
  await token.close();
  const { stdout } = await runOk(
    'pkcs11-tool',
    [
      '--module',
      peer.module.path,
      '--token-label',
      peer.label,
      '--login',
      '--pin',
      peer.pin,
      '--list-objects',
    ],
    { env: peer.env },
  );
  expect(stdout).toContain('hidden');
  const access = /Private Key Object[^]*?Access:\s*(.*)/.exec(stdout)?.[1] ?? '';
  expect(access).toContain('sensitive');
  expect(access).not.toContain('extractable');
  expect(access).not.toContain('local');
});
