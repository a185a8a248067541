import { createHash } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { openBundle } from '../../src/bundle/bundle.ts';
import type { CombinedManifest, ResponseManifest } from '../../src/bundle/manifest.ts';
import { canonicalText } from '../../src/encoding/canonical-json.ts';
import type { Json } from '../../src/encoding/json.ts';
import { fromBase64 } from '../../src/encoding/text.ts';
import { EXIT } from '../../src/errors.ts';
import type { PublicKey } from '../../src/metadata/key.ts';
import { readRootCertificate } from '../../src/metadata/notary/certificate.ts';
import { keyId, standaloneKey } from '../../src/metadata/notary/keys.ts';
import { withOfflineStation } from '../../src/offline/session.ts';
import { sign } from '../../src/offline/sign.ts';
import { publishResponses } from '../../src/online/publishing/publish.ts';
import { withOnlineStation } from '../../src/online/session.ts';
import { fileSource } from '../../src/station/files/file-source.ts';
import { Signers } from '../../src/station/keys/signers.ts';
import {
  forge,
  stolenKey,
  strangersKey,
  writeForged,
  type ForgedContents,
  type ForgedResponse,
  type TransportKey,
} from '../peers/forge.ts';
import { scratchFolder } from '../peers/process.ts';
import { signAt, type KeyStation, type Quorum } from '../peers/quorum.ts';
import { hashOf, station, type TestStation } from '../peers/stations.ts';
import { evilCertificate, freshKey } from './evil-online.ts';
import { expectRefusal, expectThrown } from './refusal.ts';

const GUN = 'registry.example.com/attack/quorum';
const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const passphraseFile = join(scratchFolder('secrets'), 'passphrase');
const secrets = ['--passphrase-file', passphraseFile];

let online: TestStation;
let a: KeyStation;
let b: KeyStation;
let c: KeyStation;
/** Paired with the others, and never asked. */
let outsider: TestStation;
const stick = scratchFolder('stick');
const on = (file: string): string => join(stick, file);

async function keyFileStation(name: string): Promise<KeyStation> {
  const made = await station('offline', name);
  for (const role of ['root', 'targets']) await made.ok('key', 'generate', role, '--keyfile', ...secrets);
  return { ...made, secrets };
}

/** Each of the others pins this station's card, with its keys. */
async function introduce(from: TestStation, others: readonly TestStation[]): Promise<void> {
  const card = on(`${from.name}.card`);
  const keys = 'secrets' in from ? secrets : ['--without-keys'];
  const { digest } = await from.ok<{ digest: string }>('station', 'card', '-o', card, ...keys);
  for (const to of others) await to.ok('station', 'pair', card, '--approve', digest);
}

function quorum(): Quorum {
  return { online, offline: [a, b, c], on };
}

beforeAll(async () => {
  writeFileSync(passphraseFile, 'a passphrase of the tests\n', { mode: 0o600 });
  online = await station('online', 'build');
  for (const role of ['snapshot', 'timestamp'])
    await online.ok('key', 'generate', role, '--keyfile', ...secrets);
  a = await keyFileStation('vault-a');
  b = await keyFileStation('vault-b');
  c = await keyFileStation('vault-c');
  outsider = await station('offline', 'vault-z');
  await introduce(online, [a, b, c]);
  await introduce(a, [online, b, c]);
  await introduce(b, [online, a, c]);
  await introduce(c, [online, a, b]);
  await introduce(outsider, [online, b]);
  await online.ok('repository', 'add', GUN, '--directory', scratchFolder('published'));
  const all = (flag: string): string[] => ['a', 'b', 'c'].flatMap((letter) => [flag, `vault-${letter}`]);
  const thresholds = ['--root-threshold', '2', '--targets-threshold', '2'];
  await online.ok('init', GUN, ...all('--root-key'), ...all('--targets-key'), ...thresholds);
  await online.ok('export', '-o', on('request.tar'), '--fill', 'vault-a', ...all('--to'));
  expect((await signAt(quorum(), a, ['request.tar'], 'a.tar')).code).toBe(EXIT.incomplete);
});

type Attack = (manifest: ForgedResponse, contents: ForgedContents) => void;

let forgeries = 0;

/** A response made out of A's, sealed by somebody. */
async function forged(key: TransportKey, attack: Attack): Promise<string> {
  const to = on(`forged-${String(++forgeries)}.tar`);
  await forge<ResponseManifest>(on('a.tar'), to, key, attack);
  return to;
}

const byA = (attack: Attack) => (): Promise<string> => forged(stolenKey(a.home), attack);
const byC = (attack: Attack) => (): Promise<string> =>
  forged(stolenKey(c.home), (m, contents) => {
    m.from.name = c.name;
    unsigned(m);
    attack(m, contents);
  });

function recordOf(manifest: ForgedResponse): ForgedResponse['repositories'][number] {
  const [record] = manifest.repositories;
  if (!record) throw new Error('no repository');
  return record;
}

function roleOf(
  manifest: ForgedResponse,
  name: string,
): ForgedResponse['repositories'][number]['roles'][number] {
  const role = recordOf(manifest).roles.find((one) => one.role === name);
  if (!role) throw new Error(`no ${name}`);
  return role;
}

/** An answer without signatures: what it fills in, others would sign. */
function unsigned(manifest: ForgedResponse): void {
  for (const role of recordOf(manifest).roles)
    Object.assign(role, { outcome: 'no-key', payload: null, document: null, signatures: [] });
}

function keyOf(value: Buffer): PublicKey {
  const { object } = standaloneKey(value);
  const { public: pem } = object['keyval'] as { public: string };
  return readRootCertificate(fromBase64(pem)).publicKey;
}

/** Other certificates over the same keys, or over another key. */
function refill(make: (key: PublicKey) => Buffer): Attack {
  return (m, contents) => {
    unsigned(m);
    for (const fill of recordOf(m).fills) {
      const value = make(keyOf(contents.get(fill.value)));
      fill.value = contents.put(value);
      fill.keyid = keyId(standaloneKey(value).object);
    }
  };
}

const forGun = (key: PublicKey): Buffer => evilCertificate(key, GUN);
const sealedBy =
  (by: () => string): Attack =>
  (m) =>
    recordOf(m).fills.forEach((fill) => (fill.by = by()));

const HOSTILE: readonly [what: string, check: string, response: () => Promise<string>, publish?: string][] = [
  [
    'a signature by a key outside the role',
    'EXCHANGE-SIGNATURE',
    byA((m) => roleOf(m, 'root').signatures.forEach((one) => (one.keyid = sha256('outside')))),
  ],
  [
    'a signature under the name of another of the role’s keys',
    'EXCHANGE-SIGNATURE',
    byA((m) => {
      const [own] = roleOf(m, 'root').signatures;
      const other = recordOf(m).fills.find(({ keyid }) => keyid !== own?.keyid);
      if (own && other) own.keyid = other.keyid;
    }),
  ],
  [
    'two signatures by one key',
    'BUNDLE-ORDER',
    byA((m) => {
      const { signatures } = roleOf(m, 'targets');
      signatures.push(...signatures.map((one) => ({ ...one })));
    }),
  ],
  [
    'a signature over another content',
    'EXCHANGE-SIGNATURE',
    byA((m) =>
      roleOf(m, 'root').signatures.forEach(
        (one, at) => (one.value = roleOf(m, 'targets').signatures[at]?.value ?? ''),
      ),
    ),
  ],
  [
    'another content with its digest',
    'EXCHANGE-CONTENT',
    byA((m, contents) => {
      const role = roleOf(m, 'targets');
      role.document = contents.edit(
        role.document ?? '',
        (signed: { version: number }) => (signed.version = 2),
      );
      role.payload = sha256(contents.get(role.document));
    }),
  ],
  [
    'a key of its own in the place of another station’s',
    'EXCHANGE-FILL',
    byA((m, contents) => {
      unsigned(m);
      const [, fill] = recordOf(m).fills;
      if (!fill) throw new Error('no second slot');
      const value = forGun(freshKey());
      fill.value = contents.put(value);
      fill.keyid = keyId(standaloneKey(value).object);
    }),
  ],
  [
    'M5 certificates for every repository over the keys of others',
    'EXCHANGE-FILL',
    byA(refill((key) => evilCertificate(key, 'registry.example.com/*'))),
  ],
  [
    'M4 fills by a station that the request does not name for them',
    'EXCHANGE-FILL',
    byC((m, contents) => {
      refill(forGun)(m, contents);
      sealedBy(() => stolenKey(c.home).identity)(m, contents);
    }),
  ],
  [
    'R5 a response of a station that is not paired',
    'SEAL-STRANGER',
    () => forged(strangersKey(), () => undefined),
  ],
  [
    'R6 a response of a paired station that the request was not sent to',
    'EXCHANGE-BINDING',
    () => forged(stolenKey(outsider.home), (m) => void (m.from.name = outsider.name)),
  ],
  [
    'R6 a response to another request',
    'EXCHANGE-BINDING',
    byA((m) => void (m.request.digest = sha256('another'))),
    'EXCHANGE-UNKNOWN',
  ],
  [
    'R6 a response for another record',
    'EXCHANGE-BINDING',
    byA((m) => void (recordOf(m).record = sha256('x'))),
  ],
];

/** Signs at B, in this process; no key is ever asked for. */
function signHere(responses: readonly string[]): Promise<unknown> {
  return withOfflineStation(b.home, 'sign', (at) =>
    sign(
      at,
      { file: on('request.tar'), responses, out: on('never.tar'), except: [], keys: [] },
      {
        openSigner: () => Promise.reject(new Error('a key was asked for')),
        confirm: () => Promise.reject(new Error('an officer was asked')),
        progress: () => undefined,
      },
    ),
  );
}

function publishHere(files: readonly string[]): Promise<unknown> {
  return withOnlineStation(online.home, 'publish', 'write', ({ station: at, stores }) =>
    publishResponses(at, files, {
      stores,
      signers: new Signers(() => Promise.reject(new Error('a key was asked for'))),
      progress: () => undefined,
    }),
  );
}

describe('M17 a response that somebody hostile put on the stick', () => {
  test.each(HOSTILE)(
    'sign REQUEST RESPONSE and publish refuse %s: %s',
    async (_, check, response, publish) => {
      const file = await response();
      await expectThrown(b.home, () => signHere([file]), check);
      await expectThrown(online.home, () => publishHere([file]), publish ?? check);
      expect(existsSync(on('never.tar'))).toBe(false);
    },
  );

  test('M4 EXCHANGE-FILL: fills that only another station repeats, and two that differ', async () => {
    const repeated = await byC(() => undefined)();
    await expectThrown(b.home, () => signHere([repeated]), 'EXCHANGE-FILL');
    const other = await byC(refill(forGun))();
    await expectThrown(b.home, () => signHere([other]), 'EXCHANGE-FILL');
    await expectThrown(b.home, () => signHere([on('a.tar'), other]), 'EXCHANGE-FILL');
    await expectThrown(online.home, () => publishHere([on('a.tar'), other]), 'EXCHANGE-FILL');
  });

  test('SEAL-SIDE: the online half answers itself, with keys of its own', async () => {
    const own = await forged(stolenKey(online.home), (m) => {
      m.from.name = online.name;
      unsigned(m);
    });
    await expectThrown(b.home, () => signHere([own]), 'SEAL-SIDE');
  });

  test('LEDGER-ROLLBACK: an answer of this very station that its ledger does not know', async () => {
    const own = await forged(stolenKey(b.home), (m) => {
      m.from.name = b.name;
      m.head = { line: 4_000, hash: sha256('a line that was lost') };
      unsigned(m);
    });
    await expectThrown(b.home, () => signHere([own, on('a.tar')]), 'LEDGER-ROLLBACK');
  });
});

describe('M17 a combined bundle that somebody hostile made', () => {
  let real: string;
  beforeAll(async () => {
    const second = await byC(() => undefined)();
    real = on('combined.tar');
    await online.ok('combine', on('a.tar'), second, '-o', real);
  });

  /** Writes the bundle again under a paired station's seal, with other parts. */
  async function recombined(
    name: string,
    attack: (parts: CombinedManifest['parts'], files: Map<string, Buffer>) => CombinedManifest['parts'],
  ): Promise<string> {
    const bundle = await openBundle<CombinedManifest>(fileSource(real), { kinds: ['combined'] });
    const { manifest } = bundle;
    const files = new Map(manifest.files.map((file) => [file.name, Buffer.from(bundle.read(file.name))]));
    const parts = [...attack(manifest.parts, files)].sort((x, y) => (x.digest < y.digest ? -1 : 1));
    const key = stolenKey(online.home);
    const sender = { name: online.name, key: key.identity };
    writeFileSync(on(name), writeForged('combined', { ...manifest, from: sender, parts }, files, key));
    return on(name);
  }

  function changedPart(files: Map<string, Buffer>, part: CombinedManifest['parts'][number], attack: Attack) {
    const manifest = JSON.parse((files.get(part.manifest) as Buffer).toString()) as ForgedResponse;
    attack(manifest, {} as ForgedContents);
    const bytes = Buffer.from(canonicalText(manifest as unknown as Json));
    files.delete(part.manifest);
    files.set(`files/${sha256(bytes)}`, bytes);
    return { ...part, digest: sha256(bytes), manifest: `files/${sha256(bytes)}` };
  }

  test('SEAL-SIGNATURE: a part was changed after it was sealed', async () => {
    const file = await recombined('changed.tar', (parts, files) =>
      parts.map((part, at) =>
        at === 0 ? changedPart(files, part, (m) => void (recordOf(m).marks.pinned = 7)) : part,
      ),
    );
    await expectThrown(b.home, () => signHere([file]), 'SEAL-SIGNATURE');
    await expectThrown(online.home, () => publishHere([file]), 'SEAL-SIGNATURE');
  });

  test('BUNDLE-PART, COMBINE-REQUEST: parts of two requests', async () => {
    const stray = await byC((m) => void (m.request.digest = sha256('another request')))();
    const opened = await openBundle<ResponseManifest>(fileSource(stray), { kinds: ['response'] });
    const file = await recombined('two-requests.tar', (parts, files) => {
      const [mine] = parts.filter(({ manifest }) => files.get(manifest)?.includes(a.name));
      if (!mine) throw new Error('no part of A');
      const manifest = Buffer.from(opened.manifestBytes);
      const seal = Buffer.from(
        JSON.stringify({
          key: Buffer.from(opened.seal.publicKey).toString('hex'),
          signature: Buffer.from(opened.seal.signature).toString('base64'),
        }),
      );
      files.set(`files/${sha256(manifest)}`, manifest).set(`files/${sha256(seal)}`, seal);
      const digest = sha256(manifest);
      return [mine, { digest, manifest: `files/${digest}`, seal: `files/${sha256(seal)}` }];
    });
    await expectThrown(b.home, () => signHere([file]), 'BUNDLE-PART');
    await expectThrown(online.home, () => publishHere([file]), 'BUNDLE-PART');
    await expectRefusal(b, ['combine', on('a.tar'), stray, '-o', on('no.tar')], 'COMBINE-REQUEST');
  });

  test('BUNDLE-CONTENT: a byte of a part’s file was changed on the stick', async () => {
    const bundle = await openBundle<CombinedManifest>(fileSource(real), { kinds: ['combined'] });
    const [file] = bundle.manifest.files;
    const bytes = Buffer.concat([fileSource(real).read(0, fileSource(real).size)]);
    const content = Buffer.from(bundle.read(file?.name ?? ''));
    const at = bytes.indexOf(content);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(on('flipped.tar'), bytes);
    await expectThrown(b.home, () => signHere([on('flipped.tar')]), 'BUNDLE-CONTENT');
    await expectThrown(online.home, () => publishHere([on('flipped.tar')]), 'BUNDLE-CONTENT');
  });
});

test('after all of that the real responses are signed, combined and published', async () => {
  expect((await signAt(quorum(), b, ['request.tar', 'a.tar'], 'b.tar')).code).toBe(0);
  await online.ok('combine', on('a.tar'), on('b.tar'), '-o', on('ab.tar'));
  await online.ok('publish', on('ab.tar'), ...secrets);
  await online.ok('addhash', GUN, 'v1', '100', '--sha256', hashOf(1));
  await online.ok('export', '-o', on('second.tar'));
});

test('M10 a station that was not there meets the repository: the root typed, and whose its keys are', async () => {
  const { anomalies, repositories } = await c.ok<{
    anomalies: { id: string; typed: boolean; digest?: string }[];
    repositories: { contact: { role: string; keys: { holder?: string }[] }[] }[];
  }>('review', on('second.tar'));
  const first = anomalies.find(({ id }) => id.startsWith(`FIRST-CONTACT:${GUN}:`));
  expect(first).toMatchObject({ typed: true, digest: first?.id.slice(-64) });
  const holders = repositories[0]?.contact.map(({ role, keys }) => [
    role,
    keys.map(({ holder }) => holder).sort(),
  ]);
  const all = ['vault-a', 'vault-b', 'vault-c'];
  expect(holders?.slice(0, 2)).toEqual([
    ['root', all],
    ['targets', all],
  ]);
});
