import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verifySignature } from '../../src/metadata/signature.ts';
import { Cryptoki } from '../../src/signer/pkcs11/cryptoki.ts';
import { readCryptokiError } from '../../src/signer/pkcs11/cryptoki-error.ts';
import { CKA } from '../../src/signer/pkcs11/constants.ts';
import { listTokens } from '../../src/signer/pkcs11/list-tokens.ts';
import { nativeTemplate, type Template } from '../../src/signer/pkcs11/template.ts';
import { openToken } from '../../src/signer/pkcs11/token.ts';
import type { GeneratedKey, SignTask } from '../../src/signer/signer.ts';
import { faulty } from '../peers/fault-shim.ts';
import { nssToken } from '../peers/nss.ts';
import { scratchFolder } from '../peers/process.ts';
import { builtChild } from '../peers/pkcs11-child.ts';
import { softHsm } from '../peers/softhsm.ts';
import { caught } from './caught.ts';
import { openTestToken, optionsFor, pinned } from './open-test-token.ts';

/** What a PKCS#11 binding does to those who trust it: one test a trap, named after it. */
describe('traps of the PKCS#11 binding', () => {
  it('trap 1: what is signed is what was given, however large and however slow the token', async () => {
    const peer = await faulty(await softHsm(), 'C_Sign:*:hang=20');
    const token = await openTestToken(peer);
    const [key] = await token.generate([{ algorithm: 'ed25519', label: 'k', id: 'aa' }]);
    const tasks = [4_000, 200_000, 1_000_000, 4_000, 3_000_000, 2_000_000, 10].map((size): SignTask => {
      return { key: pinned(key as GeneratedKey), scheme: 'ed25519', message: randomBytes(size) };
    });
    const signatures = await token.sign(tasks);
    await token.close();
    for (const [index, { message }] of tasks.entries())
      verifySignature((key as GeneratedKey).public, 'ed25519', message, signatures[index] as Uint8Array);
  });

  it('trap 1: the wrapper has no asynchronous call at all', () => {
    const source = readFileSync(new URL('../../src/signer/pkcs11/cryptoki.ts', import.meta.url), 'utf8');
    expect(source).toMatch(/C_Sign\(/);
    expect(source).not.toMatch(/C_\w+Async/);
  });

  it.each([
    [['x', 'y']],
    ['text'],
    [[null]],
    [[{}]],
    [[{ type: '3', value: true }]],
    [[{ type: 0xdead, value: true }]],
    [[{ type: CKA.label }]],
    [[{ type: CKA.label, value: 'text' }]],
    [[{ type: CKA.modulusBits, value: -1 }]],
    [[{ type: CKA.modulusBits, value: 2 ** 32 }]],
    [[{ type: CKA.modulusBits, value: 1.5 }]],
    [
      [
        { type: CKA.token, value: true },
        { type: CKA.private, value: null },
      ],
    ],
  ])('trap 2: a malformed template never reaches the binding: %j', (template) => {
    expect(() => nativeTemplate(template as unknown as Template)).toThrow(TypeError);
  });

  it('trap 3: a library that is no PKCS#11 module is an error, not a crash', async () => {
    const options = { childFile: await builtChild() };
    const module = { path: '/usr/lib/x86_64-linux-gnu/libz.so.1' };
    expect(await caught(() => listTokens({ ...options, module }))).toMatchObject({
      check: 'TOKEN-MODULE',
      exit: 6,
    });
  });

  it('trap 3: a module is an absolute path of a file that only root or we can change', async () => {
    const options = { childFile: await builtChild() };
    const folder = scratchFolder('modules');
    const check = async (path: string) =>
      (await caught(() => listTokens({ ...options, module: { path } }))).check;
    const loose = join(folder, 'loose.so');
    writeFileSync(loose, '', { mode: 0o600 });
    expect(await check(loose)).toBe('TOKEN-MODULE');
    const open = join(folder, 'open.so');
    writeFileSync(open, '');
    const { chmodSync } = await import('node:fs');
    chmodSync(open, 0o666);
    expect(await check(open)).toBe('TOKEN-MODULE-FILE');
    expect(await check('libsofthsm2.so')).toBe('TOKEN-MODULE-FILE');
    expect(await check(join(folder, 'missing.so'))).toBe('TOKEN-MODULE');
    mkdirSync(join(folder, 'folder.so'));
    expect(await check(join(folder, 'folder.so'))).toBe('TOKEN-MODULE-FILE');
    await expect(Cryptoki.load('libsofthsm2.so')).rejects.toThrow(/absolute/);
    const link = join(folder, 'link.so');
    symlinkSync('/usr/lib/softhsm/libsofthsm2.so', link);
    const peer = await softHsm();
    const linked = await listTokens({ ...options, module: { path: link }, extraEnvironment: peer.env });
    expect(linked.map(({ label }) => label)).toContain('root');
  });

  it('trap 4: closing while a signature is under way waits for it', async () => {
    const peer = await faulty(await softHsm(), 'C_Sign:*:hang=150');
    const token = await openTestToken(peer);
    const [key] = await token.generate([{ algorithm: 'ecdsa-p256', label: 'k', id: 'aa' }]);
    const task: SignTask = {
      key: pinned(key as GeneratedKey),
      scheme: 'ecdsa-sha256',
      message: Buffer.from('m'),
    };
    const signing = token.sign([task, task]);
    await Promise.all([token.close(), token.close()]);
    expect(await signing).toHaveLength(2);
    expect(await caught(() => token.sign([task]))).toMatchObject({ check: 'TOKEN-CLOSED', exit: 1 });
  });

  it('trap 5: the wrapper refuses an empty PIN', () => {
    const login = Cryptoki.prototype.login.bind(Object.create(Cryptoki.prototype) as Cryptoki);
    expect(() => {
      login(Buffer.alloc(8), 1, Buffer.alloc(0));
    }).toThrow(/empty PIN/);
  });

  it('trap 6: return values are read from every form that the binding throws', () => {
    const plain = readCryptokiError('C_FindObjects', new Error('CKR_OPERATION_NOT_INITIALIZED:145'));
    expect(plain).toMatchObject({ method: 'C_FindObjects', code: 145, rv: 'CKR_OPERATION_NOT_INITIALIZED' });
    const typed = Object.assign(new Error('CKR_PIN_INCORRECT'), { code: 160 });
    expect(readCryptokiError('C_Login', typed)).toMatchObject({ code: 160, rv: 'CKR_PIN_INCORRECT' });
    const vendor = Object.assign(new Error('CKR_VENDOR_DEFINED'), { code: 0x80000103 });
    expect(readCryptokiError('C_Sign', vendor)?.code).toBe(0x80000103);
    expect(readCryptokiError('C_Sign', new TypeError('Argument 1 has wrong type'))).toBeNull();
    expect(readCryptokiError('C_Sign', 'CKR_OK:0')).toBeNull();
  });

  it('trap 7: the last byte of the parameters reaches the module', async () => {
    const peer = await nssToken();
    const token = await openTestToken(peer);
    await token.close();
    // One letter less is another, empty database, which has no PIN: what the binding alone would have opened.
    const parameters = peer.module.parameters?.slice(0, -1) ?? '';
    const other = { ...(await optionsFor(peer)), module: { path: peer.module.path, parameters } };
    expect((await caught(() => openToken(other))).exit).toBe(6);
  });

  it('trap 8: labels come without their padding, and no token is ever initialised here', async () => {
    const [token] = await listTokens(await optionsFor(await softHsm('short')));
    expect(token).toMatchObject({ label: 'short', manufacturer: 'SoftHSM project' });
    expect(Object.getOwnPropertyNames(Cryptoki.prototype).join(' ')).not.toMatch(/init(?:Token|Pin)|setPin/i);
  });

  it.each([
    ['ecdsa', 20],
    ['ecdsa', 33],
    ['ecdsa', 4096],
    ['ecdsa', 0],
    ['rsa-pss-sha256', 48],
  ] as const)('trap 9: %s refuses an input of %i bytes before the call', (mechanism, length) => {
    const signInit = Cryptoki.prototype.signInit.bind(Object.create(Cryptoki.prototype) as Cryptoki);
    expect(() => {
      signInit(Buffer.alloc(8), mechanism, Buffer.alloc(8), Buffer.alloc(length));
    }).toThrow(/not a digest/);
  });

  it('trap 10: a binding that is not built is told from a module that does not load', async () => {
    const folder = scratchFolder('unbuilt');
    const child = join(folder, 'child.mjs');
    writeFileSync(child, readFileSync(await builtChild()));
    const module = { path: '/usr/lib/softhsm/libsofthsm2.so' };
    const error = await caught(() => listTokens({ module, childFile: child }));
    expect(error).toMatchObject({ check: 'TOKEN-ADDON', exit: 6 });
    expect(error.hint).toContain('npm rebuild pkcs11js');
  });
});
