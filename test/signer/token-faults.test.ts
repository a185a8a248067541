import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { PinDialogue, PinRequest } from '../../src/signer/pkcs11/pin.ts';
import { openToken } from '../../src/signer/pkcs11/token.ts';
import type { GeneratedKey, SignTask } from '../../src/signer/signer.ts';
import { faulty } from '../peers/fault-shim.ts';
import { runOk } from '../peers/process.ts';
import { softHsm, type SoftHsm, type TestToken } from '../peers/softhsm.ts';
import { caught } from './caught.ts';
import { openTestToken, optionsFor, pinned } from './open-test-token.ts';

let peer: SoftHsm;
let key: GeneratedKey;
beforeAll(async () => {
  peer = await softHsm();
  const token = await openTestToken(peer);
  const [made] = await token.generate([
    { algorithm: 'ecdsa-p256', label: 'key', id: randomBytes(16).toString('hex') },
  ]);
  key = made as GeneratedKey;
  await token.close();
});

function tasks(count: number, of = key): SignTask[] {
  return Array.from({ length: count }, (_, index) => ({
    key: pinned(of),
    scheme: 'ecdsa-sha256',
    message: Buffer.from(`document ${String(index)}`),
  }));
}

/** Signs ten documents at a token with this plan; what was refused, and which signatures were heard of. */
async function signFaulty(plan: string, timeoutMs = 30_000) {
  const token = await faulty(peer, plan);
  const opened = await openToken({ ...(await optionsFor(token)), timeoutMs });
  const heard: number[] = [];
  try {
    const error = await caught(() => opened.sign(tasks(10), (index) => heard.push(index)));
    return { error, heard, token };
  } finally {
    await opened.close();
  }
}

async function openFaulty(plan: string, dialogue: Partial<PinDialogue> = {}, base: TestToken = peer) {
  const token = await faulty(base, plan);
  const asked: PinRequest[] = [];
  const pin = (request: PinRequest): Promise<Buffer> => {
    asked.push(request);
    return Promise.resolve(Buffer.from(base.pin));
  };
  const options = await optionsFor(token, { pin, ...dialogue });
  return { token, asked, open: () => openToken(options) };
}

describe('R11: a token that signs wrongly', () => {
  it.each(['flip', 'zero', 'short'])(
    'SIGNATURE-TOKEN refuses a signature with %s at the third document',
    async (fault) => {
      const { error, heard } = await signFaulty(`C_Sign:3:${fault}`);
      expect(error).toMatchObject({ check: 'SIGNATURE-TOKEN', exit: 3 });
      expect(error.expected).toContain('f'.repeat(64));
      expect(heard).toEqual([0, 1]);
    },
  );

  it('SIGNATURE-TOKEN refuses a key whose first signature is wrong at its birth', async () => {
    const { open } = await openFaulty('C_Sign:1:flip');
    const token = await open();
    const task = {
      algorithm: 'ecdsa-p256' as const,
      label: 'faulty at birth',
      id: randomBytes(16).toString('hex'),
    };
    expect(await caught(() => token.generate([task]))).toMatchObject({ check: 'SIGNATURE-TOKEN', exit: 3 });
    await token.close();
  });

  it('SIGNATURE-TOKEN refuses the signature of another key than the pinned one', async () => {
    const token = await openTestToken(peer);
    const id = randomBytes(16).toString('hex');
    const [other] = await token.generate([{ algorithm: 'ecdsa-p256', label: 'other', id }]);
    const [task] = tasks(1, { ...key, location: (other as GeneratedKey).location });
    expect(await caught(() => token.sign([task as SignTask]))).toMatchObject({
      check: 'SIGNATURE-TOKEN',
      exit: 3,
    });
    await token.close();
  });
});

describe('a token that fails in the middle of a batch: exit 6, and only what was verified was heard of', () => {
  it.each([
    ['device removed', 'C_Sign:5:0x32', 'TOKEN-GONE'],
    ['token not present', 'C_Sign:5:0xE0', 'TOKEN-GONE'],
    ['session gone', 'C_SignInit:5:0xB3', 'TOKEN-GONE'],
    ['vendor error', 'C_Sign:5:0x80000103', 'TOKEN-ERROR'],
    ['error after signing', 'C_Sign:5:after=0x30', 'TOKEN-ERROR'],
    ['crash inside the module', 'C_Sign:5:crash', 'TOKEN-CRASH'],
    ['abort inside the module', 'C_Sign:5:abort', 'TOKEN-CRASH'],
    ['exit inside the module', 'C_Sign:5:exit', 'TOKEN-CRASH'],
  ])('%s', async (_, plan, check) => {
    const { error, heard } = await signFaulty(plan);
    expect(error).toMatchObject({ check, exit: 6 });
    expect(error.hint).toMatch(/run the command again/);
    expect(error.where).toMatch(/token "root", serial [0-9a-f]{16}/);
    expect(heard).toEqual([0, 1, 2, 3].slice(0, heard.length));
    if (check !== 'TOKEN-CRASH') expect(heard).toHaveLength(4);
  });

  it('TOKEN-TIMEOUT: a C_Sign that hangs is killed, and nothing keeps waiting', async () => {
    const started = performance.now();
    const { error } = await signFaulty('C_Sign:5:hang=600000', 3_000);
    expect(error).toMatchObject({ check: 'TOKEN-TIMEOUT', exit: 6 });
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it('a slow token is not a hung one: the time counts from the last signature', async () => {
    const token = await faulty(peer, 'C_Sign:*:hang=500');
    const opened = await openToken({ ...(await optionsFor(token)), timeoutMs: 3_000 });
    const heard: number[] = [];
    await opened.sign(tasks(10), () => heard.push(performance.now()));
    await opened.close();
    expect(heard).toHaveLength(10);
    expect((heard[9] as number) - (heard[0] as number)).toBeGreaterThan(3_000);
  });

  it('TOKEN-GONE: the files of the token vanish in the session', async () => {
    const own = await softHsm('vanishing');
    const opened = await openTestToken(own);
    const id = randomBytes(16).toString('hex');
    const [made] = await opened.generate([{ algorithm: 'ecdsa-p256', label: 'k', id }]);
    rmSync(own.tokens, { recursive: true });
    const error = await caught(() => opened.sign(tasks(3, made)));
    expect(error.exit).toBe(6);
    expect(error.check).toMatch(/^TOKEN-(?:GONE|ERROR)$/);
    await opened.close();
  });

  it('an error of the caller stops the batch: what cannot be recorded is not signed (R13)', async () => {
    const token = await faulty(peer, 'C_Sign:*:hang=100');
    const opened = await openToken(await optionsFor(token));
    const full = new Error('the ledger is full');
    const signing = opened.sign(tasks(10), () => {
      throw full;
    });
    await expect(signing).rejects.toBe(full);
    await opened.close();
    expect(token.calls('C_Sign')).toBeLessThan(5);
  });

  it.each([
    ['C_GetSlotList:*:crash', 'TOKEN-CRASH'],
    ['C_Initialize:1:0x5', 'TOKEN-ERROR'],
    ['C_OpenSession:1:0xE1', 'TOKEN-GONE'],
    ['C_FindObjectsInit:1:hang=600000', 'TOKEN-TIMEOUT'],
  ])('before the first signature: %s is %s', async (plan, check) => {
    const token = await faulty(peer, plan);
    const options = { ...(await optionsFor(token)), timeoutMs: 3_000 };
    expect(await caught(() => openToken(options))).toMatchObject({ check, exit: 6 });
  });

  it('C_Finalize that fails, or crashes, spoils nothing', async () => {
    for (const plan of ['C_Finalize:1:0x5', 'C_Finalize:1:crash', 'C_Logout:1:0x32']) {
      const opened = await (await openFaulty(plan)).open();
      expect(await opened.sign(tasks(2))).toHaveLength(2);
      await opened.close();
    }
  });
});

describe('R12: PINs', () => {
  it('PIN-INCORRECT: one wrong PIN is one C_Login, and never a second', async () => {
    const wrong = await softHsm('wrong');
    const { token, open } = await openFaulty(
      '',
      { pin: () => Promise.resolve(Buffer.from('not-the-pin')) },
      wrong,
    );
    const error = await caught(open);
    expect(error).toMatchObject({ check: 'PIN-INCORRECT', exit: 6 });
    expect(error.found).toContain('at least one failed attempt');
    expect(token.calls('C_Login')).toBe(1);
  });

  it.each([
    ['60000/0', 'PIN-LOCKED'],
    ['40000/0', 'PIN-LOCKED'],
    ['20000/0', 'PIN-FINAL-TRY'],
    ['80000/0', 'PIN-CHANGE'],
    ['100/0', 'PIN-PATH'],
    ['0/4', 'PIN-NONE'],
    ['0/8', 'PIN-NOT-SET'],
  ])('token flags %s: %s without a question and without a login', async (flags, check) => {
    const { token, asked, open } = await openFaulty(`tokflags=${flags}`);
    const error = await caught(open);
    expect(error).toMatchObject({ check, exit: 6 });
    expect(error.hint).toBeTruthy();
    expect(asked).toEqual([]);
    expect(token.calls('C_Login')).toBe(0);
  });

  it('PIN-FINAL-TRY: the last attempt is used only after it was confirmed', async () => {
    const refused = await openFaulty('tokflags=20000/0', { finalTry: () => Promise.resolve(false) });
    expect(await caught(refused.open)).toMatchObject({ check: 'PIN-FINAL-TRY' });
    expect(refused.token.calls('C_Login')).toBe(0);
    const agreed = await openFaulty('tokflags=20000/0', { finalTry: () => Promise.resolve(true) });
    await (await agreed.open()).close();
    expect(agreed.token.calls('C_Login')).toBe(1);
  });

  it('a low count is told before the PIN is asked', async () => {
    const told: string[] = [];
    const { open } = await openFaulty('tokflags=10000/0', {
      countLow: ({ label, serial }) => told.push(`${label} ${serial}`),
      pin: () => {
        told.push('pin');
        return Promise.resolve(Buffer.from(peer.pin));
      },
    });
    await (await open()).close();
    expect(told).toEqual([`root ${peer.serial}`, 'pin']);
  });

  it.each([
    ['0xA4', 'PIN-LOCKED'],
    ['0xA2', 'PIN-INVALID'],
    ['0xA3', 'PIN-CHANGE'],
    ['0x32', 'TOKEN-GONE'],
    ['0x100', 'TOKEN-ERROR'],
  ])('C_Login that answers %s is %s, once', async (code, check) => {
    const { token, open } = await openFaulty(`C_Login:*:${code}`);
    expect(await caught(open)).toMatchObject({ check, exit: 6 });
    expect(token.calls('C_Login')).toBe(1);
  });

  it.each([
    ['empty', Buffer.alloc(0), 'PIN-EMPTY'],
    ['shorter than the token takes', Buffer.from('abc'), 'PIN-LENGTH'],
    ['longer than the token takes', Buffer.alloc(256, 'x'), 'PIN-LENGTH'],
    ['not UTF-8', Buffer.from([0x70, 0xff, 0x70, 0x70]), 'PIN-TEXT'],
    ['with a NUL', Buffer.from('1234\u00005'), 'PIN-TEXT'],
  ])('a PIN that is %s costs no attempt', async (_, pin, check) => {
    const { token, open } = await openFaulty('', { pin: () => Promise.resolve(pin) });
    expect(await caught(open)).toMatchObject({ check, exit: 3 });
    expect(token.calls('C_Login')).toBe(0);
  });

  it('lengths are measured in UTF-8 bytes: two characters of four bytes are enough for a minimum of four', async () => {
    const own = await softHsm('utf8', '\u{1f511}\u{1f511}');
    await (await openTestToken(own)).close();
  });

  it('TOKEN-SWAPPED: another token came into the slot while the PIN was typed', async () => {
    // The list, the selection, then the look right before the login.
    const { token, open } = await openFaulty('C_GetTokenInfo:4:swap,C_GetTokenInfo:5:swap');
    const error = await caught(open);
    expect(error).toMatchObject({ check: 'TOKEN-SWAPPED', exit: 3 });
    expect(token.calls('C_Login')).toBe(0);
  });

  it('the buffer with the PIN is zeroed after the login, right or wrong', async () => {
    for (const text of [peer.pin, 'wrong-pin']) {
      const pin = Buffer.from(text);
      const { open } = await openFaulty('', { pin: () => Promise.resolve(pin) });
      await open().then(
        (token) => token.close(),
        () => undefined,
      );
      expect(pin.every((byte) => byte === 0)).toBe(true);
    }
    // The right PIN clears the count of failed attempts for the tests after this one.
    await (await openTestToken(peer)).close();
  });
});

describe('S22: keys that ask for their PIN at each signature', () => {
  let asking: SoftHsm;
  let askingKey: GeneratedKey;
  const consent = () => Promise.resolve(true);
  beforeAll(async () => {
    asking = await softHsm('asking');
    const args = [
      '--module',
      asking.module.path,
      '--token-label',
      asking.label,
      '--login',
      '--pin',
      asking.pin,
    ];
    const pair = [
      '--keypairgen',
      '--key-type',
      'EC:prime256v1',
      '--id',
      'a1',
      '--label',
      'asks',
      '--always-auth',
    ];
    await runOk('pkcs11-tool', [...args, ...pair, '--sensitive'], { env: asking.env });
    const token = await openTestToken(asking, { consent });
    askingKey = await token.enrol({ object: 'asks' });
    await token.close();
    expect(askingKey.attributes['CKA_ALWAYS_AUTHENTICATE']).toBe('true');
  });

  it('one context login for each signature, after consent that names the count', async () => {
    const counts: number[] = [];
    const { token, asked, open } = await openFaulty(
      '',
      {
        consent: ({ signatures }) => {
          counts.push(signatures);
          return Promise.resolve(true);
        },
      },
      asking,
    );
    const opened = await open();
    expect(await opened.sign(tasks(5, askingKey))).toHaveLength(5);
    await opened.close();
    expect(counts).toEqual([5]);
    expect(asked.map(({ purpose, logins }) => [purpose, logins])).toEqual([
      ['login', 1],
      ['signatures', 5],
    ]);
    expect(token.calls('C_Login')).toBe(6);
  });

  it.each([
    ['refused', { consent: () => Promise.resolve(false) }],
    ['not asked for (no terminal)', {}],
  ])('PIN-CONSENT: nothing is signed when consent is %s', async (_, dialogue) => {
    const { token, open } = await openFaulty('', dialogue, asking);
    const opened = await open();
    expect(await caught(() => opened.sign(tasks(5, askingKey)))).toMatchObject({
      check: 'PIN-CONSENT',
      exit: 6,
    });
    await opened.close();
    expect(token.calls('C_Sign')).toBe(0);
    expect(token.calls('C_Login')).toBe(1);
  });

  it('PIN-INCORRECT: no context login after a first one that failed', async () => {
    const pins = [asking.pin, 'wrong-pin'];
    const { token, open } = await openFaulty(
      '',
      { consent, pin: () => Promise.resolve(Buffer.from(pins.shift() ?? '')) },
      asking,
    );
    const opened = await open();
    expect(await caught(() => opened.sign(tasks(5, askingKey)))).toMatchObject({
      check: 'PIN-INCORRECT',
      exit: 6,
    });
    await opened.close();
    expect(token.calls('C_Login')).toBe(2);
    expect(token.calls('C_Sign')).toBe(0);
  });

  it('a module that tells only by its answer that the key asks is asked again once, with consent', async () => {
    const { token, asked, open } = await openFaulty('attr=202/0', { consent }, asking);
    const opened = await open();
    expect(opened.keys()[0]?.alwaysAuthenticate).toBe(false);
    expect(await opened.sign(tasks(3, askingKey))).toHaveLength(3);
    await opened.close();
    expect(asked).toHaveLength(2);
    expect(token.calls('C_Login')).toBe(4);
  });
});

describe('KEY-GRADE: a token that does not keep the key to itself', () => {
  it.each([
    ['extractable: the new key is destroyed again', 'attr=162/1', 2],
    ['not sensitive: the new key is destroyed again', 'attr=103/0', 2],
    [
      'that cannot be destroyed either: what is wrong with the key is the error',
      'attr=162/1,C_DestroyObject:1:0x1B',
      1,
    ],
  ])('%s', async (_, plan, destroyed) => {
    const { token, open } = await openFaulty(plan);
    const opened = await open();
    const id = randomBytes(16).toString('hex');
    const task = { algorithm: 'ecdsa-p256' as const, label: id, id };
    expect(await caught(() => opened.generate([task]))).toMatchObject({ check: 'KEY-GRADE', exit: 3 });
    await opened.close();
    expect(token.calls('C_DestroyObject')).toBe(destroyed);
    const after = await openTestToken(peer);
    expect(after.keys().some((one) => one.id === id)).toBe(destroyed < 2);
    await after.close();
  });

  it('of several keys that were asked for, one is made, and destroyed again', async () => {
    const { token, open } = await openFaulty('attr=162/1');
    const opened = await open();
    const wanted = [1, 2, 3].map(() => randomBytes(16).toString('hex'));
    const error = await caught(() =>
      opened.generate(wanted.map((id) => ({ algorithm: 'ecdsa-p256', label: id, id }))),
    );
    expect(error).toMatchObject({ check: 'KEY-GRADE', exit: 3 });
    await opened.close();
    expect([token.calls('C_GenerateKeyPair'), token.calls('C_DestroyObject')]).toEqual([1, 2]);
  });

  it('M21 keys before one that fails stay, and are gone on with', async () => {
    const { token, open } = await openFaulty('C_GenerateKeyPair:3:0x30');
    const opened = await open();
    const wanted = [1, 2, 3, 4].map(() => {
      const id = randomBytes(16).toString('hex');
      return { algorithm: 'ecdsa-p256' as const, label: id, id };
    });
    expect(await caught(() => opened.generate(wanted))).toMatchObject({ exit: 6 });
    await opened.close();
    token.plan('');
    const again = await open();
    const there = again.keys().map(({ id }) => id);
    expect(wanted.map(({ id }) => there.includes(id))).toEqual([true, true, false, false]);
    expect(await again.generate(wanted)).toHaveLength(4);
    await again.close();
    expect(token.calls('C_GenerateKeyPair')).toBe(5);
  });

  it('grade B where only the history is missing', async () => {
    const opened = await (await openFaulty('attr=163/0')).open();
    const id = randomBytes(16).toString('hex');
    expect(await opened.generate([{ algorithm: 'ecdsa-p256', label: id, id }])).toMatchObject([
      { grade: 'B' },
    ]);
    await opened.close();
  });

  it.each([
    ['C_GenerateKeyPair:1:0x12', '2'],
    ['C_GenerateKeyPair:1:0x5,C_GenerateKeyPair:2:0xD1', '3'],
  ])('a token that refuses the strictest template gets the next: %s', async (plan, tier) => {
    const opened = await (await openFaulty(plan)).open();
    const id = randomBytes(16).toString('hex');
    const [made] = await opened.generate([{ algorithm: 'ecdsa-p256', label: id, id }]);
    expect(made?.attributes).toMatchObject({
      TEMPLATE: tier,
      CKA_SENSITIVE: 'true',
      CKA_EXTRACTABLE: 'false',
    });
    await opened.close();
  });

  it('Ed25519 by OID, and by name where the token wants that', async () => {
    const { token, open } = await openFaulty('C_GenerateKeyPair:1:0x13');
    const opened = await open();
    const id = randomBytes(16).toString('hex');
    const [made] = await opened.generate([{ algorithm: 'ed25519', label: id, id }]);
    expect(made?.attributes['TEMPLATE']).toBe('1');
    expect(token.calls('C_GenerateKeyPair')).toBe(2);
    await opened.close();
  });

  it('TOKEN-ALGORITHM where no template is taken', async () => {
    const opened = await (await openFaulty('C_GenerateKeyPair:*:0x70')).open();
    const task = { algorithm: 'rsa-2048' as const, label: 'none', id: 'aa' };
    expect(await caught(() => opened.generate([task]))).toMatchObject({ check: 'TOKEN-ALGORITHM', exit: 6 });
    await opened.close();
  });
});
