import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Algorithm, SignatureScheme } from '../../src/metadata/key.ts';
import { verifySignature } from '../../src/metadata/signature.ts';
import { listTokens, showToken } from '../../src/signer/pkcs11/list-tokens.ts';
import { openToken, type OpenToken } from '../../src/signer/pkcs11/token.ts';
import { parseTokenUri } from '../../src/signer/pkcs11/uri.ts';
import type { GeneratedKey, SignTask } from '../../src/signer/signer.ts';
import { nssToken } from '../peers/nss.ts';
import { runOk } from '../peers/process.ts';
import { addSoftHsmToken, softHsm, type SoftHsm, type TestToken } from '../peers/softhsm.ts';
import { caught } from './caught.ts';
import { openTestToken, optionsFor, pinned } from './open-test-token.ts';

const SCHEMES: Record<string, SignatureScheme> = {
  'ecdsa-p256': 'ecdsa-sha256',
  'ecdsa-p384': 'ecdsa-sha384',
  ed25519: 'ed25519',
  'rsa-2048': 'rsassa-pss-sha256',
  'rsa-3072': 'rsassa-pss-sha256',
  'rsa-4096': 'rsassa-pss-sha256',
};

function newId(): string {
  return randomBytes(16).toString('hex');
}

function taskFor(key: GeneratedKey, message: Uint8Array, scheme = SCHEMES[key.public.algorithm]): SignTask {
  return { key: pinned(key), scheme: scheme as SignatureScheme, message };
}

async function generateAll(token: OpenToken, algorithms: readonly Algorithm[]): Promise<GeneratedKey[]> {
  return token.generate(
    algorithms.map((algorithm) => ({ algorithm, label: `key ${algorithm}`, id: newId() })),
  );
}

describe.each([
  {
    name: 'SoftHSM',
    make: softHsm,
    grade: 'A',
    algorithms: ['ecdsa-p256', 'ecdsa-p384', 'ed25519', 'rsa-2048', 'rsa-3072', 'rsa-4096'] as Algorithm[],
  },
  {
    name: 'NSS',
    make: nssToken,
    grade: 'B',
    algorithms: ['ecdsa-p256', 'ecdsa-p384', 'rsa-2048'] as Algorithm[],
  },
])('$name', ({ make, grade, algorithms }) => {
  let peer: TestToken;
  let token: OpenToken;
  let keys: GeneratedKey[];
  beforeAll(async () => {
    peer = await make();
    token = await openTestToken(peer);
    keys = await generateAll(token, algorithms);
  });
  afterAll(() => token.close());

  it('R11 signs with every algorithm, in the raw form, verified against the pinned key', async () => {
    const tasks = keys.flatMap((key) => [taskFor(key, randomBytes(7)), taskFor(key, randomBytes(20_000))]);
    const heard: number[] = [];
    const signatures = await token.sign(tasks, (index) => heard.push(index));
    expect(heard).toEqual(tasks.map((_, index) => index));
    for (const [index, task] of tasks.entries())
      verifySignature(task.key.public, task.scheme, task.message, signatures[index] as Uint8Array);
  });

  it('R11 signs with P-384 over SHA-256, as Notary wants it', async () => {
    const key = keys.find((one) => one.public.algorithm === 'ecdsa-p384') as GeneratedKey;
    const [signature] = await token.sign([taskFor(key, Buffer.from('root'), 'ecdsa-sha256')]);
    expect(signature).toHaveLength(96);
    verifySignature(key.public, 'ecdsa-sha256', Buffer.from('root'), signature as Uint8Array);
  });

  it(`KEY-GRADE new keys are of grade ${grade}, with the claims that led to it`, () => {
    for (const key of keys) {
      expect(key.grade).toBe(grade);
      expect(key.attributes).toMatchObject({
        CKA_TOKEN: 'true',
        CKA_SENSITIVE: 'true',
        CKA_EXTRACTABLE: 'false',
        CKA_LOCAL: String(grade === 'A'),
      });
    }
  });

  it('M16 enrols a key by its id or its label, with the same public part', async () => {
    const again = await openTestToken(peer);
    const [key] = keys as [GeneratedKey];
    const { id, label } = key.location as { id: string; label: string };
    expect(await again.enrol({ id })).toMatchObject({ public: key.public, location: key.location, grade });
    expect(await again.enrol({ object: label })).toMatchObject({
      public: key.public,
      location: key.location,
    });
    expect(await caught(() => again.enrol({ id: 'ff' }))).toMatchObject({ check: 'TOKEN-KEY', exit: 6 });
    await again.close();
  });

  it('token list and show name the token without a login', async () => {
    const options = await optionsFor(peer);
    const found = (await listTokens(options)).find(({ label }) => label === peer.label);
    expect(found).toMatchObject({ serial: peer.serial, initialized: true, pin: 'ready' });
    expect(parseTokenUri(found?.uri ?? '')).toEqual({ token: peer.label, serial: peer.serial });
    const shown = await showToken({ ...options, uri: parseTokenUri(peer.uri) });
    expect(shown.algorithms).toEqual(expect.arrayContaining(algorithms));
    expect(shown.publicKeys).toHaveLength(algorithms.length);
    expect(shown.publicKeys.map(({ algorithm }) => algorithm).sort()).toEqual([...algorithms].sort());
  });
});

describe('M21 and KEY-LABEL: key generation', () => {
  let peer: SoftHsm;
  let token: OpenToken;
  beforeAll(async () => {
    peer = await softHsm();
    token = await openTestToken(peer);
  });
  afterAll(() => token.close());

  it('KEY-LABEL refuses a label that another key has, before anything is made', async () => {
    await token.generate([{ algorithm: 'ecdsa-p256', label: 'taken', id: newId() }]);
    const before = token.keys().length;
    const tasks = ['fresh', 'taken'].map((label) => ({
      algorithm: 'ecdsa-p256' as const,
      label,
      id: newId(),
    }));
    expect(await caught(() => token.generate(tasks))).toMatchObject({ check: 'KEY-LABEL', exit: 2 });
    const twice = ['same', 'same'].map((label) => ({ algorithm: 'ecdsa-p256' as const, label, id: newId() }));
    expect(await caught(() => token.generate(twice))).toMatchObject({ check: 'KEY-LABEL', exit: 2 });
    expect(token.keys()).toHaveLength(before);
  });

  it('M21 goes on with the key that has exactly the recorded CKA_ID', async () => {
    const task = { algorithm: 'ed25519' as const, label: 'resumed', id: newId() };
    const [first] = await token.generate([task]);
    const again = await openTestToken(peer);
    const [second] = await again.generate([task]);
    expect(second).toMatchObject({ public: first?.public, location: first?.location, grade: 'A' });
    expect(again.keys().filter(({ label }) => label === 'resumed')).toHaveLength(1);
    expect(await caught(() => again.generate([{ ...task, label: 'other name' }]))).toMatchObject({
      check: 'KEY-ID',
    });
    expect(await caught(() => again.generate([{ ...task, algorithm: 'ecdsa-p256' }]))).toMatchObject({
      check: 'KEY-PUBLIC',
    });
    await again.close();
  });

  it.each(['', ' padded', 'padded ', 'line\nfeed', 'x'.repeat(65)])('KEY-LABEL refuses %j', async (label) => {
    const task = { algorithm: 'ecdsa-p256' as const, label, id: newId() };
    expect(await caught(() => token.generate([task]))).toMatchObject({ check: 'KEY-LABEL', exit: 2 });
  });

  it('TOKEN-KEY-TWICE refuses a CKA_ID that two private keys have', async () => {
    const [key] = await token.generate([{ algorithm: 'ecdsa-p256', label: 'twin', id: 'abab' }]);
    const args = ['--module', peer.module.path, '--token-label', peer.label, '--login', '--pin', peer.pin];
    const twin = ['--keypairgen', '--key-type', 'EC:prime256v1', '--id', 'abab', '--label', 'twin 2'];
    await runOk('pkcs11-tool', [...args, ...twin], { env: peer.env });
    const again = await openTestToken(peer);
    const task = taskFor(key as GeneratedKey, Buffer.from('m'));
    expect(await caught(() => again.sign([task]))).toMatchObject({ check: 'TOKEN-KEY-TWICE', exit: 3 });
    await again.close();
  });

  it('KEY-GRADE refuses to enrol, and to sign with, a key that can leave the token', async () => {
    const args = ['--module', peer.module.path, '--token-label', peer.label, '--login', '--pin', peer.pin];
    const loose = [
      '--keypairgen',
      '--key-type',
      'EC:prime256v1',
      '--id',
      'cdcd',
      '--label',
      'loose',
      '--extractable',
    ];
    await runOk('pkcs11-tool', [...args, ...loose], { env: peer.env });
    const again = await openTestToken(peer);
    expect(await caught(() => again.enrol({ id: 'cdcd' }))).toMatchObject({ check: 'KEY-GRADE', exit: 3 });
    const [other] = await again.generate([{ algorithm: 'ecdsa-p256', label: 'tight', id: newId() }]);
    const key = other as GeneratedKey;
    const moved = { ...key, location: { ...key.location, id: 'cdcd' } as GeneratedKey['location'] };
    const error = await caught(() => again.sign([taskFor(moved, Buffer.from('m'))]));
    expect(error).toMatchObject({ check: 'KEY-GRADE', exit: 3 });
    await again.close();
  });
});

describe('R12: the token is chosen before a PIN is asked', () => {
  let peer: SoftHsm;
  beforeAll(async () => {
    peer = await softHsm('twins');
  });

  it.each([
    ['TOKEN-ABSENT', 'pkcs11:token=nobody', 6],
    ['TOKEN-ABSENT', 'pkcs11:token=twins;serial=0000', 6],
    ['TOKEN-ABSENT', 'pkcs11:token=twins;model=other', 6],
    ['TOKEN-URI', 'pkcs11:manufacturer=SoftHSM%20project', 2],
  ])('%s for %s, and nobody is asked', async (check, uri, exit) => {
    const options = await optionsFor(peer, { pin: () => Promise.reject(new Error('asked for a PIN')) });
    expect(await caught(() => openToken({ ...options, uri: parseTokenUri(uri) }))).toMatchObject({
      check,
      exit,
    });
  });

  it('TOKEN-AMBIGUOUS for a label that two tokens have; the serial decides', async () => {
    const second = await addSoftHsmToken(peer.env, 'twins', 'another-pin');
    const options = await optionsFor(peer);
    const both = { ...options, uri: parseTokenUri('pkcs11:token=twins') };
    const error = await caught(() => openToken(both));
    expect(error).toMatchObject({ check: 'TOKEN-AMBIGUOUS', exit: 3 });
    expect(error.found).toContain(second);
    const token = await openToken({ ...options, uri: parseTokenUri(peer.uri) });
    expect([token.label, token.serial]).toEqual(['twins', peer.serial]);
    await token.close();
  });

  it('TOKEN-OTHER refuses a key that is recorded in another token', async () => {
    const token = await openTestToken(peer);
    const [key] = await token.generate([{ algorithm: 'ecdsa-p256', label: 'k', id: newId() }]);
    const elsewhere = { ...(key as GeneratedKey).location, serial: 'ffff' } as GeneratedKey['location'];
    const task = taskFor({ ...(key as GeneratedKey), location: elsewhere }, Buffer.from('m'));
    expect(await caught(() => token.sign([task]))).toMatchObject({ check: 'TOKEN-OTHER', exit: 3 });
    await token.close();
  });
});

describe('one session, one login, one enumeration a batch', () => {
  it('200 keys sign 1,000 documents, and one signature takes as long as with one key', async () => {
    const peer = await softHsm();
    const token = await openTestToken(peer);
    const tasks = Array.from({ length: 200 }, (_, index) => ({
      algorithm: 'ecdsa-p256' as const,
      label: `key ${String(index)}`,
      id: newId(),
    }));
    const keys = await token.generate(tasks);
    await token.close();
    const signing = Array.from({ length: 1000 }, (_, index) =>
      taskFor(keys[index % keys.length] as GeneratedKey, Buffer.from(`document ${String(index)}`)),
    );
    const again = await openTestToken(peer);
    const signatures = await again.sign(signing);
    await again.close();
    expect(signatures).toHaveLength(1000);
  });
});
