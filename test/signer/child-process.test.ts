import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { childEnvironment } from '../../src/signer/pkcs11/environment.ts';
import { openToken } from '../../src/signer/pkcs11/token.ts';
import { listTokens } from '../../src/signer/pkcs11/list-tokens.ts';
import { softHsm } from '../peers/softhsm.ts';
import { caught } from './caught.ts';
import { optionsFor } from './open-test-token.ts';

/** Process ids of our own children. */
function children(): string[] {
  return readdirSync(`/proc/${String(process.pid)}/task`).flatMap((thread) =>
    readFileSync(`/proc/${String(process.pid)}/task/${thread}/children`, 'utf8')
      .split(' ')
      .filter(Boolean),
  );
}

describe('S22: the process that holds the token', () => {
  afterEach(() => {
    delete process.env['CANARY_PASSPHRASE'];
  });

  it('R12 gets its environment from a list, and the PIN neither there nor in its arguments', async () => {
    process.env['CANARY_PASSPHRASE'] = 'canary-environment';
    const peer = await softHsm('canary', 'canary-pin-4711');
    const options = await optionsFor(peer);
    const before = new Set(children());
    const token = await openToken(options);
    const [child] = children().filter((pid) => !before.has(pid));
    const environment = readFileSync(`/proc/${String(child)}/environ`, 'utf8');
    const argv = readFileSync(`/proc/${String(child)}/cmdline`, 'utf8');
    await token.close();
    expect(argv).toContain('pkcs11-child');
    expect(environment).toContain('SOFTHSM2_CONF=');
    for (const secret of ['canary-pin-4711', 'canary-environment', 'NODE_OPTIONS', 'VITEST'])
      expect(environment + argv).not.toContain(secret);
  });

  it('ends with the batch, and also when nobody logs in', async () => {
    const options = await optionsFor(await softHsm('ending'), {
      pin: () => Promise.resolve(Buffer.alloc(0)),
    });
    const before = new Set(children());
    await caught(() => openToken(options));
    await listTokens(options);
    expect(children().filter((pid) => !before.has(pid))).toEqual([]);
  });

  it('TOKEN-CHILD names a missing part of the program', async () => {
    const options = await optionsFor(await softHsm('missing'));
    const error = await caught(() => listTokens({ ...options, childFile: '/nowhere/pkcs11-child.js' }));
    expect(error).toMatchObject({ check: 'TOKEN-CHILD', exit: 1 });
  });

  it('lets through what modules need and nothing that loads code or logs PINs', () => {
    const parent = {
      PATH: '/bin',
      SOFTHSM2_CONF: '/a',
      YUBIHSM_PKCS11_CONF: '/b',
      TZ: 'UTC',
      LD_PRELOAD: '/evil.so',
      NODE_OPTIONS: '--inspect',
      UNKNOWN_VARIABLE: 'C_Sign:1:flip',
      PKCS11SPY: '/m.so',
      NOTARY_ROOT_PASSPHRASE: 'x',
    };
    expect(childEnvironment(parent)).toEqual({
      PATH: '/bin',
      SOFTHSM2_CONF: '/a',
      YUBIHSM_PKCS11_CONF: '/b',
      TZ: 'UTC',
    });
    expect(childEnvironment({}, { UNKNOWN_VARIABLE: '1' })).toEqual({ UNKNOWN_VARIABLE: '1' });
  });
});
