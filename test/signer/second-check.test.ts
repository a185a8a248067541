import { createHash, constants, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ALGORITHMS, type Algorithm, type SignatureScheme } from '../../src/metadata/key.ts';
import { keyBits } from '../../src/metadata/public-key.ts';
import { signsWith } from '../../src/metadata/signature.ts';
import { rsaPssIsValid } from '../../src/signer/rsa-pss.ts';
import { type openSecondCheck, verifyAll, type SecondCheckTask } from '../../src/signer/second-check.ts';
import { otherS, testKey, type TestKey } from '../metadata/keys.ts';
import { runOk } from '../peers/process.ts';

const keys = new Map(ALGORITHMS.map((algorithm) => [algorithm, testKey(algorithm)]));
const key = (algorithm: Algorithm): TestKey => keys.get(algorithm) as TestKey;
const message = Buffer.from('what the officer saw');
const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

function task(
  algorithm: Algorithm,
  scheme: SignatureScheme,
  text: Uint8Array = message,
): SecondCheckTask & { message: Uint8Array } {
  const { public: publicKey, sign: signRaw } = key(algorithm);
  return { publicKey, scheme, message: text, signature: signRaw(scheme, text) };
}

function flipped(bytes: Uint8Array, at: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[at] = (changed[at] as number) ^ 1;
  return changed;
}

const schemes: readonly SignatureScheme[] = ['ecdsa-sha256', 'ecdsa-sha384', 'ed25519', 'rsassa-pss-sha256'];
const pairs = ALGORITHMS.flatMap((algorithm) =>
  schemes.filter((scheme) => signsWith(algorithm, scheme)).map((scheme) => [algorithm, scheme] as const),
);

describe.each(pairs)('R11 S28 the second implementation, %s with %s', (algorithm, scheme) => {
  const good = task(algorithm, scheme);

  test('accepts what node:crypto signed, by message or by digest', async () => {
    const digest = createHash(scheme === 'ecdsa-sha384' ? 'sha384' : 'sha256')
      .update(message)
      .digest();
    const byDigest =
      scheme === 'ed25519' ? [] : [{ publicKey: good.publicKey, scheme, signature: good.signature, digest }];
    await verifyAll([good, ...byDigest]);
  });

  test('SIGNATURE-SECOND-CHECK refuses another message, a changed signature, another length, and names the index', async () => {
    const { signature } = good;
    for (const bad of [
      { ...good, message: Buffer.from('what the officer did not see') },
      { ...good, signature: flipped(signature, 0) },
      { ...good, signature: flipped(signature, signature.length - 1) },
      { ...good, signature: signature.subarray(1) },
      { ...good, signature: Buffer.alloc(0) },
      { ...good, signature: Buffer.alloc(signature.length) },
      { ...good, signature: Buffer.alloc(signature.length, 0xff) },
      { ...good, publicKey: testKey(algorithm.startsWith('rsa') ? 'rsa-2048' : algorithm).public },
      { ...good, scheme: schemes.find((name) => !signsWith(algorithm, name)) as SignatureScheme },
    ])
      await expect(verifyAll([good, bad, good])).rejects.toMatchObject({
        check: 'SIGNATURE-SECOND-CHECK',
        exit: 3,
        where: 'signature 1 of 3',
      });
  });
});

describe('R11 S28 forms that the second implementation must take', () => {
  test('high S and low S alike', async () => {
    const low = task('ecdsa-p256', 'ecdsa-sha256');
    await verifyAll([low, { ...low, signature: otherS(low.signature) }]);
  });

  test('SIGNATURE-SECOND-CHECK an Ed25519 signature with s not reduced is refused', async () => {
    const good = task('ed25519', 'ed25519');
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const s = BigInt(`0x${Buffer.from(good.signature.subarray(32)).reverse().toString('hex')}`) + order;
    const raised = Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse();
    const signature = Buffer.concat([good.signature.subarray(0, 32), raised]);
    await expect(verifyAll([{ ...good, signature }])).rejects.toMatchObject({
      check: 'SIGNATURE-SECOND-CHECK',
    });
  });

  test('nothing to check is nothing to refuse', async () => {
    await verifyAll([]);
  });
});

describe('R11 our own RSASSA-PSS check', () => {
  const { private: privateKey, public: publicKey } = key('rsa-2048');
  const bits = keyBits(publicKey);
  const pss = (saltLength: number, hash = 'sha256'): Buffer =>
    sign(hash, message, { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });

  test('agrees with node:crypto on many signatures', () => {
    for (let n = 0; n < 50; n++) {
      const text = Buffer.from(`message ${String(n)}`);
      const signature = key('rsa-3072').sign('rsassa-pss-sha256', text);
      expect(rsaPssIsValid(keyBits(key('rsa-3072').public), sha256(text), signature)).toBe(true);
      expect(rsaPssIsValid(keyBits(key('rsa-3072').public), sha256(message), signature)).toBe(false);
    }
  });

  test.each([0, 16, 31, 33, 222])('a salt of %i bytes is not valid', (length) => {
    expect(rsaPssIsValid(bits, sha256(message), pss(length))).toBe(false);
  });

  test('PKCS #1 v1.5, another digest, and a signature above the modulus are not valid', () => {
    expect(rsaPssIsValid(bits, sha256(message), pss(32))).toBe(true);
    expect(rsaPssIsValid(bits, sha256(message), sign('sha256', message, privateKey))).toBe(false);
    expect(rsaPssIsValid(bits, sha256(message), pss(32, 'sha384'))).toBe(false);
    const n = BigInt(
      `0x${Buffer.from(bits)
        .toString('hex')
        .slice(18, 18 + 512)}`,
    );
    let s: bigint;
    do s = BigInt(`0x${pss(32).toString('hex')}`) + n;
    while (s >= 2n ** 2048n);
    expect(rsaPssIsValid(bits, sha256(message), Buffer.from(s.toString(16).padStart(512, '0'), 'hex'))).toBe(
      false,
    );
  });

  test('every byte of a signature counts', () => {
    const signature = pss(32);
    for (let at = 0; at < signature.length; at++)
      expect(rsaPssIsValid(bits, sha256(message), flipped(signature, at))).toBe(false);
  });
});

describe('R11 S28 the built program checks in threads', () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-second-check-'));
  let built: { verifyAll: typeof verifyAll; openSecondCheck: typeof openSecondCheck };
  const source = (name: string): string =>
    fileURLToPath(new URL(`../../src/signer/${name}`, import.meta.url));

  beforeAll(async () => {
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    await build({
      entryPoints: [source('second-check.ts'), source('second-check-worker.ts')],
      outdir: folder,
      bundle: true,
      splitting: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'error',
    });
    built = (await import(pathToFileURL(join(folder, 'second-check.js')).href)) as typeof built;
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const many = Array.from({ length: 40 }, (_, n) => {
    const [algorithm, scheme] = pairs[n % pairs.length] as (typeof pairs)[number];
    return task(algorithm, scheme, Buffer.from(`payload ${String(n)}`));
  });

  test('and accepts many signatures of all kinds', async () => {
    await built.verifyAll(many);
  });

  test('SIGNATURE-SECOND-CHECK wherever the bad one is, its index is named', async () => {
    for (const index of [0, 1, 13, 19, 20, 21, 38, 39]) {
      const good = many[index] as (typeof many)[number];
      const bad = many.with(index, { ...good, message: Buffer.from('another') });
      await expect(built.verifyAll(bad)).rejects.toMatchObject({
        check: 'SIGNATURE-SECOND-CHECK',
        exit: 3,
        where: `signature ${String(index)} of 40`,
      });
    }
  });

  test('SIGNATURE-SECOND-CHECK of two bad ones the first is named', async () => {
    const bad = (index: number): SecondCheckTask => ({
      ...(many[index] as (typeof many)[number]),
      message: Buffer.from('another'),
    });
    await expect(
      built.verifyAll(many.with(7, bad(7) as never).with(35, bad(35) as never)),
    ).rejects.toMatchObject({
      where: 'signature 7 of 40',
    });
  });

  test('a command that ends before anything was signed has its own error, also where no thread can be started', async () => {
    const program = [
      `const { openSecondCheck } = await import(${JSON.stringify(pathToFileURL(join(folder, 'second-check.js')).href)});`,
      'const check = openSecondCheck(100);',
      'await new Promise((done) => setTimeout(done, 200));',
      "try { throw new Error('a refusal'); } catch (error) { await check.close(); console.log(error.message); }",
    ].join('\n');
    const noThreads = ['--experimental-permission', '--allow-fs-read=*', '--no-warnings'];
    const { stdout } = await runOk(process.execPath, [...noThreads, '--input-type=module', '-e', program]);
    expect(stdout).toBe('a refusal\n');
  });

  test('signatures that come one by one, and in a second batch, are each verified', async () => {
    const check = built.openSecondCheck(many.length);
    const bad = (index: number): SecondCheckTask => ({
      ...(many[index] as (typeof many)[number]),
      message: Buffer.from('another'),
    });
    try {
      for (const one of many) check.add([one]);
      await check.passed();
      for (const one of many.slice(0, 20)) check.add([one]);
      check.add([bad(20)]);
      await expect(check.passed()).rejects.toMatchObject({ exit: 3, where: 'signature 20 of 21' });
      check.add(many.slice(0, 5));
      await check.passed();
      await check.passed();
      expect(check.milliseconds).toBeGreaterThan(0);
    } finally {
      await check.close();
    }
  });

  test.each([
    ['ends without an answer', ''],
    ['breaks', "throw new Error('out of memory');"],
    [
      'answers about fewer signatures',
      "import { parentPort } from 'node:worker_threads'; parentPort.postMessage({ given: 0, invalid: -1 });",
    ],
  ])('SIGNATURE-SECOND-CHECK a thread that %s is a failure, not consent', async (_, worker) => {
    const file = join(folder, 'second-check-worker.js');
    const original = readFileSync(file);
    writeFileSync(file, worker);
    try {
      await expect(built.verifyAll(many)).rejects.toMatchObject({ check: 'SIGNATURE-SECOND-CHECK', exit: 1 });
    } finally {
      writeFileSync(file, original);
    }
    await built.verifyAll(many);
  });
});
