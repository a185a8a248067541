import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { openKeyFiles } from '../../src/signer/keyfile/key-files.ts';
import { PassphraseKeys } from '../../src/signer/keyfile/passphrase-keys.ts';
import { onePassphrase, type Passphrases } from '../../src/signer/keyfile/passphrases.ts';
import type { Signer, SigningKey, SignTask } from '../../src/signer/signer.ts';
import { Signers } from '../../src/station/keys/signers.ts';
import { scratchFolder } from '../peers/process.ts';
import { pinned } from './open-test-token.ts';

const directory = scratchFolder('foreseen');
const RIGHT = onePassphrase(Buffer.from('right'), 'the test');
const keys: SigningKey[] = [];

/** Passphrases, and how often they were asked for. */
function counted(passphrases: Passphrases, isAtHand: boolean): Passphrases & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    isAtHand: () => isAtHand,
    of(owner) {
      asked.push(owner.role);
      return passphrases.of(owner);
    },
    wipe: () => undefined,
  };
}

function task(key: SigningKey): SignTask {
  return { key, scheme: 'ecdsa-sha256', message: Buffer.from('document') };
}

async function withKeys(passphrases: Passphrases, work: (signer: Signer) => Promise<void>): Promise<void> {
  const signer = openKeyFiles({ directory, passphrases });
  try {
    await work(signer);
  } finally {
    await signer.close();
  }
}

beforeAll(async () => {
  await withKeys(counted(RIGHT, true), async (signer) => {
    const tasks = ['a', 'b'].map((id) => ({
      algorithm: 'ecdsa-p256' as const,
      label: id,
      id,
      role: 'targets',
    }));
    keys.push(...(await signer.generate(tasks)).map(pinned));
  });
});

describe('R12 keys that will probably sign', () => {
  test('nobody is asked for a passphrase before it is needed', async () => {
    const passphrases = counted(RIGHT, false);
    await withKeys(passphrases, async (signer) => {
      await signer.foresee?.(keys);
      expect(passphrases.asked).toEqual([]);
      expect(await signer.sign(keys.map(task))).toHaveLength(2);
      expect(passphrases.asked.length).toBeGreaterThan(0);
    });
  });

  test('one that is at hand is read, and the keys sign as they would', async () => {
    const passphrases = counted(RIGHT, true);
    await withKeys(passphrases, async (signer) => {
      // a thousand keys mostly share what opens them: two tell it
      await signer.foresee?.([...keys, ...keys, ...keys]);
      expect(passphrases.asked).toHaveLength(2);
      expect(await signer.sign(keys.map(task))).toHaveLength(2);
    });
  });

  test('PASSPHRASE-INCORRECT, PASSPHRASE-EMPTY and a missing file are said when a key is used, not before', async () => {
    for (const [passphrase, check] of [
      ['wrong', 'PASSPHRASE-INCORRECT'],
      ['', 'PASSPHRASE-EMPTY'],
    ] as const)
      await withKeys(onePassphrase(Buffer.from(passphrase), 'the test'), async (signer) => {
        await signer.foresee?.(keys);
        await expect(signer.sign(keys.map(task))).rejects.toMatchObject({ check });
      });
    rmSync(join(directory, (keys[1]!.location as { file: string }).file));
    await withKeys(counted(RIGHT, true), async (signer) => {
      await signer.foresee?.(keys);
      expect(await signer.sign([task(keys[0]!)])).toHaveLength(1);
      await expect(signer.sign([task(keys[1]!)])).rejects.toMatchObject({
        check: expect.any(String) as string,
      });
    });
  });

  test('what could not be derived hides no other error when the command ends', async () => {
    const derived = new PassphraseKeys(Buffer.from('right'));
    const impossible = { cost: 3, blockSize: 8, parallelization: 1, salt: new Uint8Array(16) };
    await expect(derived.key(impossible)).rejects.toThrow();
    await derived.wipe();
  });

  test('no token is opened for them; key files that do not open are refused when they are used', async () => {
    const opened: string[] = [];
    const signers = new Signers(({ kind }) => {
      opened.push(kind);
      return Promise.reject(new Error('does not open'));
    });
    const token = { kind: 'token', module: 'm', token: 't', serial: 's', label: 'l', id: 'i' } as const;
    await signers.foresee([{ ...keys[0]!, location: token }]);
    expect(opened).toEqual([]);
    await signers.foresee(keys);
    expect(opened).toEqual(['keyfile']);
    await expect(signers.sign([task(keys[0]!)])).rejects.toThrow('does not open');
    await signers.close();
  });
});
