import { mkdtempSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { verifySignature } from '../../src/metadata/signature.ts';
import { finishPassphraseChange, stagePassphraseChange } from '../../src/signer/keyfile/change-passphrase.ts';
import { openKeyFiles } from '../../src/signer/keyfile/key-files.ts';
import { onePassphrase } from '../../src/signer/keyfile/passphrases.ts';
import type { GeneratedKey } from '../../src/signer/signer.ts';
import { scratchFolder } from '../peers/process.ts';
import { caught } from './caught.ts';
import { pinned } from './open-test-token.ts';

const scratch = scratchFolder('passwd');
const [OLD, NEW, OTHER] = ['old', 'new', 'other'].map((text) => Buffer.from(text)) as [
  Buffer,
  Buffer,
  Buffer,
];

let directory: string;
let keys: GeneratedKey[];
beforeEach(async () => {
  directory = mkdtempSync(join(scratch, 'keys-'));
  keys = [...(await generate(OLD, 'aa', 'bb')), ...(await generate(OTHER, 'cc'))];
});

async function generate(passphrase: Buffer, ...ids: string[]): Promise<GeneratedKey[]> {
  const files = openKeyFiles({ directory, passphrases: onePassphrase(passphrase, 'the test') });
  const made = await files.generate(ids.map((id) => ({ algorithm: 'ed25519', label: id, id })));
  await files.close();
  return made;
}

/** Names of the keys that a passphrase opens, each tried with a signature. */
async function openedBy(passphrase: Buffer): Promise<string[]> {
  const opened: string[] = [];
  const files = openKeyFiles({ directory, passphrases: onePassphrase(passphrase, 'the test') });
  for (const [index, key] of keys.entries()) {
    const message = Buffer.from('document');
    try {
      const [signature] = await files.sign([{ key: pinned(key), scheme: 'ed25519', message }]);
      verifySignature(key.public, 'ed25519', message, signature as Uint8Array);
      opened.push(['aa', 'bb', 'cc'][index] ?? '');
    } catch (error) {
      expect(error).toMatchObject({ check: 'PASSPHRASE-INCORRECT' });
    }
  }
  await files.close();
  return opened;
}

const stage = (old = OLD, file = 'aa.pem'): ReturnType<typeof stagePassphraseChange> =>
  stagePassphraseChange(directory, file, { passphrase: old, origin: 'the test' }, NEW);

describe('the passphrase of key files', () => {
  it('changes for the named file and those that had the same, and for no other', async () => {
    const { batch, files } = await stage();
    expect(files).toEqual(['aa.pem', 'bb.pem']);
    await finishPassphraseChange(directory, (one) => one === batch);
    expect(await openedBy(NEW)).toEqual(['aa', 'bb']);
    expect(await openedBy(OLD)).toEqual([]);
    expect(await openedBy(OTHER)).toEqual(['cc']);
    expect(readdirSync(directory)).toEqual(['aa.pem', 'bb.pem', 'cc.pem']);
  });

  it('R14 a kill before the ledger has it leaves every file as it was', async () => {
    const before = readFileSync(join(directory, 'aa.pem'));
    await stage();
    expect(readFileSync(join(directory, 'aa.pem'))).toEqual(before);
    expect(await openedBy(OLD)).toEqual(['aa', 'bb']);
    await finishPassphraseChange(directory, () => false);
    expect(readdirSync(directory)).toEqual(['aa.pem', 'bb.pem', 'cc.pem']);
    expect(await openedBy(OLD)).toEqual(['aa', 'bb']);
  });

  it('R14 a kill between two files is finished, without a passphrase', async () => {
    const { batch } = await stage();
    renameSync(join(directory, `.passwd-${batch}`, 'aa.pem'), join(directory, 'aa.pem'));
    expect(await openedBy(NEW)).toEqual(['aa']);
    await finishPassphraseChange(directory, (one) => one === batch);
    await finishPassphraseChange(directory, (one) => one === batch);
    expect(await openedBy(NEW)).toEqual(['aa', 'bb']);
  });

  it('PASSPHRASE-INCORRECT: a wrong old one leaves nothing behind', async () => {
    expect(await caught(() => stage(OTHER))).toMatchObject({ check: 'PASSPHRASE-INCORRECT', exit: 6 });
    expect(readdirSync(directory)).toEqual(['aa.pem', 'bb.pem', 'cc.pem']);
  });
});
