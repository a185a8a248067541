import { createPublicKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalize } from '@tufjs/canonical-json';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readDer } from '../../src/encoding/der.ts';
import { ALGORITHMS, type Algorithm } from '../../src/metadata/key.ts';
import { countSigners } from '../../src/metadata/threshold.ts';
import { tuf } from '../../src/metadata/tuf/dialect.ts';
import { runOk, scratchFolder } from '../peers/process.ts';
import { softHsm } from '../peers/softhsm.ts';
import { serveFolder, tufClient } from '../peers/tuf-updater.ts';
import { tufEstate, type TufEstate } from './estate.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });

/** As the specification names them (4.2), and how many bytes an ECDSA signature has at most: r and s, each signed. */
const KINDS: Readonly<
  Record<string, { readonly scheme: string; readonly der?: number; readonly bytes?: number }>
> = {
  ed25519: { scheme: 'ed25519', bytes: 64 },
  'ecdsa-p256': { scheme: 'ecdsa-sha2-nistp256', der: 72 },
  'ecdsa-p384': { scheme: 'ecdsa-sha2-nistp384', der: 104 },
  'rsa-2048': { scheme: 'rsassa-pss-sha256', bytes: 256 },
  'rsa-3072': { scheme: 'rsassa-pss-sha256', bytes: 384 },
};
const MIXED = Object.keys(KINDS) as Algorithm[];

interface RootFile {
  readonly signed: {
    readonly version: number;
    readonly keys: Readonly<Record<string, { keytype: string; scheme: string; keyval: { public: string } }>>;
    readonly roles: { readonly root: { readonly keyids: readonly string[]; readonly threshold: number } };
  };
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

let app: TufEstate;
/** Key ID in the metadata of each kind of root key. */
const ids = new Map<Algorithm, string>();

const rootFile = (version: number): Buffer =>
  readFileSync(join(app.folder, 'metadata', `${String(version)}.root.json`));
const rootOf = (version: number): RootFile => JSON.parse(rootFile(version).toString()) as RootFile;

beforeAll(async () => {
  const token = await softHsm();
  app = await tufEstate('mixed', [token]);
  const vault = app.at(0);
  for (const algorithm of MIXED.filter((one) => one !== 'ecdsa-p256')) {
    const place = [
      '--dialect',
      'tuf',
      '--algorithm',
      algorithm,
      '--token',
      `${token.uri};object=${algorithm}`,
    ];
    await vault.ok('key', 'generate', 'root', ...place, ...vault.secrets);
  }
  await app.renewCard(0);
  const { keys } = await vault.ok<{ keys: { id: string; role: string; algorithm: Algorithm }[] }>(
    'key',
    'list',
  );
  const roots = keys.filter(({ role }) => role === 'root');
  await app.stage(
    ...['init', app.name, ...roots.flatMap(({ id }) => ['--root-key', `vault-a:${id}`])],
    // All but the key of P-384, which tuf-js does not verify.
    ...['--root-threshold', String(MIXED.length - 1), '--targets-key', 'vault-a'],
  );
  await app.addhash('app/1.bin');
  await app.step('first');
  for (const [id, { scheme, keyval }] of Object.entries(rootOf(1).signed.keys)) {
    const kind = MIXED.find(
      (one) => KINDS[one]?.scheme === scheme && (!one.startsWith('rsa') || sizeOf(keyval.public) === one),
    );
    if (kind && rootOf(1).signed.roles.root.keyids.includes(id)) ids.set(kind, id);
  }
});
afterAll(() => app.server.stop());

function sizeOf(pem: string): string {
  return `rsa-${String(createPublicKey(pem).asymmetricKeyDetails?.modulusLength)}`;
}

function signatureOf(algorithm: Algorithm): Buffer {
  const { signatures } = rootOf(1);
  return Buffer.from(signatures.find(({ keyid }) => keyid === ids.get(algorithm))?.sig ?? '', 'hex');
}

describe('a first root of keys of every kind, each made and used in SoftHSM', () => {
  test('R10 each key is listed in its scheme and has signed; tuf-js needs all of them but P-384', () => {
    expect([...ids.keys()].sort()).toEqual([...MIXED].sort());
    const { signed, signatures } = rootOf(1);
    expect(signed.roles.root.threshold).toBe(4);
    expect(signatures.map(({ keyid }) => keyid).sort()).toEqual([...ids.values()].sort());
    expect(MIXED.every((algorithm) => ALGORITHMS.includes(algorithm))).toBe(true);
  });

  test.each(MIXED)(
    '%s: OpenSSL verifies the signature over the canonical form of another implementation',
    async (algorithm) => {
      const id = ids.get(algorithm) ?? '';
      const { keytype, keyval } = rootOf(1).signed.keys[id] as RootFile['signed']['keys'][string];
      expect(keytype).toBe(algorithm.replace(/-.*/, ''));
      const folder = scratchFolder('openssl');
      const [key, message, signature] = ['key.pem', 'message', 'signature'].map((name) =>
        join(folder, name),
      ) as [string, string, string];
      // RFC 8410: the raw key behind a fixed beginning of SubjectPublicKeyInfo.
      const spki = Buffer.from(`302a300506032b6570032100${keyval.public}`, 'hex');
      const pem =
        algorithm === 'ed25519'
          ? createPublicKey({ key: spki, format: 'der', type: 'spki' }).export({
              format: 'pem',
              type: 'spki',
            })
          : keyval.public;
      writeFileSync(key, pem);
      writeFileSync(message, canonicalize(rootOf(1).signed));
      writeFileSync(signature, signatureOf(algorithm));
      const verify =
        algorithm === 'ed25519'
          ? ['pkeyutl', '-verify', '-pubin', '-inkey', key, '-rawin', '-in', message, '-sigfile', signature]
          : [
              ...['dgst', algorithm === 'ecdsa-p384' ? '-sha384' : '-sha256'],
              ...(algorithm.startsWith('rsa')
                ? ['rsa_padding_mode:pss', 'rsa_pss_saltlen:32', 'rsa_mgf1_md:sha256'].flatMap((one) => [
                    '-sigopt',
                    one,
                  ])
                : []),
              ...['-verify', key, '-signature', signature, message],
            ];
      const { stdout } = await runOk('openssl', verify);
      expect(stdout).toMatch(/Verified OK|Signature Verified Successfully/);
    },
  );

  test.each(MIXED)('%s: the encoding that the scheme demands', (algorithm) => {
    const value = signatureOf(algorithm);
    const { der, bytes } = KINDS[algorithm] ?? {};
    if (der === undefined) {
      expect(value.length).toBe(bytes);
      return;
    }
    // The reader takes DER alone: minimal lengths and integers, nothing behind them.
    const { tag, content } = readDer(value);
    expect([tag, value.length <= der, content.length > 0]).toEqual([0x30, true, true]);
  });

  test('R10 our reader counts all five, and takes no signature that is not DER, or raw', () => {
    const document = tuf.parse('root', rootFile(1));
    const keys = tuf.roleKeys(document, 'root', { repository: app.name, now: Date.now() });
    expect([...countSigners(tuf, keys, document).signers].sort()).toEqual([...ids.values()].sort());
    for (const algorithm of ['ecdsa-p256', 'ecdsa-p384'] as const) {
      const value = signatureOf(algorithm);
      const raw = Buffer.from(value);
      for (const other of [Buffer.concat([value, Buffer.of(0)]), raw.subarray(1), padded(value)]) {
        const file = rootOf(1);
        const signatures = file.signatures.map((one) =>
          one.keyid === ids.get(algorithm) ? { ...one, sig: other.toString('hex') } : one,
        );
        const changed = tuf.parse('root', Buffer.from(JSON.stringify({ ...file, signatures })));
        expect(countSigners(tuf, keys, changed).signers).not.toContain(ids.get(algorithm));
      }
    }
  });
});

/** The same r and s, the sequence with its length in the long form: BER, which OpenSSL reads too. */
function padded(value: Buffer): Buffer {
  return Buffer.concat([Buffer.of(0x30, 0x81), value.subarray(1)]);
}

test('the next root is signed by the same five; a client that trusts the first follows', async () => {
  await app.stage('refresh', app.name, 'root');
  await app.step('next');
  expect(rootOf(2).signatures).toHaveLength(MIXED.length);
});

test('tuf-js does not count the P-384 key: one signature less of the others is too few there', async () => {
  const folder = scratchFolder('fewer');
  await runOk('cp', ['-r', `${app.folder}/.`, folder]);
  const second = rootOf(2);
  const signatures = second.signatures.filter(({ keyid }) => keyid !== ids.get('ed25519'));
  writeFileSync(join(folder, 'metadata', '2.root.json'), JSON.stringify({ ...second, signatures }));
  const server = await serveFolder(folder);
  try {
    await expect(tufClient(folder, server).download('app/1.bin')).rejects.toThrow(/signed by 3\/4/);
  } finally {
    await server.stop();
  }
});
