import { createHash, randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import type { RequestManifest, ResponseManifest } from '../../src/bundle/manifest.ts';
import { openBundle } from '../../src/bundle/bundle.ts';
import { CountersignError } from '../../src/errors.ts';
import { readRepository } from '../../src/exchange/read-request.ts';
import { readRepositoryResponse } from '../../src/exchange/read-response.ts';
import { DIALECT_NAMES } from '../../src/metadata/dialects.ts';
import { publishResponses } from '../../src/online/publishing/publish.ts';
import { withOnlineStation } from '../../src/online/session.ts';
import { fileSource } from '../../src/station/files/file-source.ts';
import { Signers } from '../../src/station/keys/signers.ts';
import { forge, stolenKey, strangersKey, type ForgedContents, type ForgedResponse } from '../peers/forge.ts';
import { scratchFolder } from '../peers/process.ts';
import { exportAll, publish, signAll } from '../peers/stations.ts';
import { expectRefusal, expectThrown } from './refusal.ts';
import { scene, type Scene } from './scene.ts';

const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

type Attack = (manifest: ForgedResponse, contents: ForgedContents) => void;

/** A public key in the one PEM form that a TUF key has. */
function pemOf(spki: Buffer): string {
  const body = spki.toString('base64').replace(/.{64}/g, '$&\n');
  return `-----BEGIN PUBLIC KEY-----\n${body.trimEnd()}\n-----END PUBLIC KEY-----\n`;
}

let app: Scene;
let forgeries = 0;

/** Forges a response with the offline half's real transport key: the worst that a stick can carry. */
async function forged(from: string, attack: Attack): Promise<string> {
  const to = app.on(`forged-response-${String(++forgeries)}.tar`);
  await forge<ResponseManifest>(app.on(from), to, stolenKey(app.offline.home), attack);
  return to;
}

/** Publishes in this process; no key of this station is ever asked for. */
async function publishHere(file: string): Promise<unknown> {
  return withOnlineStation(app.online.home, 'publish', 'write', ({ station, stores }) =>
    publishResponses(station, [file], {
      stores,
      signers: new Signers(() => Promise.reject(new Error('a key was asked for'))),
      progress: () => undefined,
    }),
  );
}

function parts(manifest: ForgedResponse): {
  record: ForgedResponse['repositories'][number];
  role: ForgedResponse['repositories'][number]['roles'][number];
  signature: ForgedResponse['repositories'][number]['roles'][number]['signatures'][number];
} {
  const [record] = manifest.repositories;
  const role = record?.roles.at(-1);
  const signature = role?.signatures[0];
  if (!record || !role || !signature) throw new Error('no signature in the response');
  return { record, role, signature };
}

const FILLS: readonly [what: string, check: string, attack: Attack][] = [
  [
    'a key of the attacker in place of the targets key',
    'EXCHANGE-FILL',
    (m, contents) => {
      const fill = parts(m).record.fills.find(({ kind }) => kind === 'key');
      if (!fill) throw new Error('no key was filled in');
      const key = JSON.parse(contents.get(fill.value).toString()) as { keyval: { public: string } };
      const [, pem] = /^-----BEGIN PUBLIC KEY-----(.*)-----END/s.exec(key.keyval.public) ?? [];
      const spki = Buffer.from(pem ?? key.keyval.public, 'base64');
      // another point: Q becomes -Q
      const y = BigInt(`0x${spki.subarray(-32).toString('hex')}`);
      const p = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
      Buffer.from((p - y).toString(16).padStart(64, '0'), 'hex').copy(spki, spki.length - 32);
      key.keyval.public = pem === undefined ? spki.toString('base64') : pemOf(spki);
      fill.value = contents.put(JSON.stringify(key));
    },
  ],
  ['a slot that is left open', 'EXCHANGE-FILL', (m) => void parts(m).record.fills.pop()],
  [
    'a slot that nobody asked for',
    'EXCHANGE-FILL',
    (m) =>
      parts(m).record.fills.forEach((fill, at) => (fill.slot = `targets/extra-${String(at)}.${fill.kind}`)),
  ],
  [
    'one slot filled twice',
    'BUNDLE-ORDER',
    (m) => {
      const [fill] = parts(m).record.fills;
      if (fill) parts(m).record.fills.push({ ...fill });
    },
  ],
];

const ATTACKS: readonly [what: string, check: string, attack: Attack][] = [
  ['R6 another request’s digest', 'EXCHANGE-UNKNOWN', (m) => void (m.request.digest = sha256('another'))],
  ['R6 another sequence of the request', 'EXCHANGE-BINDING', (m) => void (m.request.sequence += 1)],
  ['R6 another id', 'EXCHANGE-BINDING', (m) => void (m.id = randomBytes(16).toString('hex'))],
  ['R6 another environment', 'EXCHANGE-BINDING', (m) => void (m.environment = 'rehearsal')],
  ['R6 another addressee', 'EXCHANGE-BINDING', (m) => void (m.to.key = sha256('another'))],
  ['R6 another record', 'EXCHANGE-BINDING', (m) => void (parts(m).record.record = sha256('another'))],
  ['R6 another repository', 'EXCHANGE-BINDING', (m) => void (parts(m).record.name += 'x')],
  ['R6 no outcome for a role', 'EXCHANGE-BINDING', (m) => void (parts(m).record.roles = [])],
  [
    'R6 one repository more',
    'EXCHANGE-BINDING',
    (m) => {
      const { record } = parts(m);
      m.repositories.push({ ...record, name: `${record.name}x` });
    },
  ],
  [
    'M13 a version that nobody could follow is said to be taken',
    'EXCHANGE-MARKS',
    (m) => void Object.assign(parts(m).record.marks.roles[0] ?? {}, { signed: 2_147_483_647 }),
  ],
  ['R3 another version', 'EXCHANGE-CONTENT', (m) => void (parts(m).role.version += 1)],
  [
    'R3 another document, with its own digest',
    'EXCHANGE-CONTENT',
    (m, contents) => {
      const { role } = parts(m);
      role.document = contents.edit(role.document ?? '', (signed: { targets: Record<string, unknown> }) => {
        delete signed.targets['next'];
      });
      role.payload = sha256(contents.get(role.document));
    },
  ],
  ['R3 another payload digest', 'EXCHANGE-CONTENT', (m) => void (parts(m).role.payload = sha256('x'))],
  [
    'R10 signatures under a refusal',
    'EXCHANGE-CONTENT',
    (m) => void Object.assign(parts(m).role, { outcome: 'refused', check: 'OFFICER' }),
  ],
  ['R10 signed without a signature', 'EXCHANGE-CONTENT', (m) => void (parts(m).role.signatures = [])],
  [
    'R10 a signature with one bit flipped',
    'EXCHANGE-SIGNATURE',
    (m) => {
      const { signature } = parts(m);
      const bytes = Buffer.from(signature.value, 'base64');
      bytes[40] = (bytes[40] ?? 0) ^ 1;
      signature.value = bytes.toString('base64');
    },
  ],
  [
    'R10 a signature of zeros',
    'EXCHANGE-SIGNATURE',
    (m) => void (parts(m).signature.value = Buffer.alloc(64).toString('base64')),
  ],
  [
    'R10 a signature by a key outside the role',
    'EXCHANGE-SIGNATURE',
    (m) => void (parts(m).signature.keyid = sha256('another key')),
  ],
  [
    'R10 one key twice',
    'BUNDLE-ORDER',
    (m) => {
      const { role, signature } = parts(m);
      role.signatures.push({ ...signature });
    },
  ],
  ['M6 an old sequence', 'EXCHANGE-SEQUENCE', (m) => void (m.sequence = 2)],
  ['M9 a head that was heard before', 'LEDGER-FORK', (m) => void (m.head.line = 2)],
  ['M6 no previous response', 'EXCHANGE-PREVIOUS', (m) => void (m.previous = null)],
];

describe.each(DIALECT_NAMES)('a response for %s on a stick that the attacker had', (dialect) => {
  beforeAll(async () => {
    app = await scene(undefined, dialect);
    await app.online.ok('init', app.gun);
    await app.stage('v1');
    await exportAll(app, 'first.request.tar');
    await signAll(app, 'first.request.tar', 'first.response.tar');
  });

  test.each(FILLS)('R6 M4 %s: %s', async (_, check, attack) => {
    const file = await forged('first.response.tar', attack);
    await expectThrown(app.online.home, () => publishHere(file), check);
  });

  test('R6 the real response is published after all of that, and a next one waits', async () => {
    await publish(app, 'first.response.tar');
    await app.stage('next', 2);
    await exportAll(app, 'next.request.tar');
    await signAll(app, 'next.request.tar', 'next.response.tar');
  });

  test.each(ATTACKS)('%s: %s', async (_, check, attack) => {
    const file = await forged('next.response.tar', attack);
    await expectThrown(app.online.home, () => publishHere(file), check);
  });

  test('R5 SEAL-STRANGER and SEAL-SENDER: a stranger’s seal, under either name', async () => {
    for (const [named, check] of [
      ['stranger', 'SEAL-STRANGER'],
      ['real', 'SEAL-STRANGER'],
    ] as const) {
      const key = strangersKey();
      const to = app.on(`${named}-response.tar`);
      await forge<ResponseManifest>(app.on('next.response.tar'), to, key, (m) => {
        if (named === 'real') m.from.key = stolenKey(app.offline.home).identity;
      });
      await expectThrown(app.online.home, () => publishHere(to), check);
    }
    const named = await forged('next.response.tar', (m) => void (m.from.key = sha256('somebody')));
    await expectThrown(app.online.home, () => publishHere(named), 'SEAL-SENDER');
  });

  test('R6 R17 EXCHANGE-BINDING by the program: the answer of one request under the digest of another', async () => {
    const other = 'registry.example.com/attack/other';
    const place = ['--dialect', dialect, '--directory', scratchFolder('other')];
    await app.online.ok('repository', 'add', other, ...place);
    await app.online.ok('init', other);
    const digest = await exportAll(app, 'other.request.tar');
    const file = await forged('next.response.tar', (m) => void (m.request.digest = digest));
    const refusal = await expectRefusal(app.online, ['publish', file], 'EXCHANGE-BINDING');
    expect(refusal).toMatchObject({ hint: expect.stringContaining('publish the response') as unknown });
    expect([refusal.expected, refusal.found].every((text) => typeof text === 'string')).toBe(true);
  });

  test('R10 EXCHANGE-SIGNATURE: one key twice is one key, behind the manifest’s own check as well', async () => {
    const request = await openBundle<RequestManifest>(fileSource(app.on('next.request.tar')), {
      kinds: ['request'],
    });
    const response = await openBundle<ResponseManifest>(fileSource(app.on('next.response.tar')), {
      kinds: ['response'],
    });
    const [record] = request.manifest.repositories;
    const [answer] = response.manifest.repositories;
    if (!record || !answer) throw new Error('no repository');
    const reading = readRepository(record, (name) => request.read(name), null, Date.now());
    const once = readRepositoryResponse(reading, answer, (name) => response.read(name));
    expect(once.roles.map(({ missing }) => missing)).toEqual([0]);
    const roles = answer.roles.map((role) => ({
      ...role,
      signatures: [...role.signatures, ...role.signatures],
    }));
    let found: unknown;
    try {
      readRepositoryResponse(reading, { ...answer, roles }, (name) => response.read(name));
    } catch (error) {
      found = error;
    }
    expect(found).toBeInstanceOf(CountersignError);
    expect(found).toMatchObject({ check: 'EXCHANGE-SIGNATURE', message: 'one key signed twice' });
  });

  test('R6 the untouched response is published after every attack, and its replay is refused: EXCHANGE-REPLAY', async () => {
    await publish(app, 'next.response.tar');
    const { entries } = await app.online.ok<{ entries?: unknown }>('list', app.gun);
    expect(JSON.stringify(entries ?? (await app.online.ok('list', app.gun)))).toContain('next');
    await expectRefusal(app.online, ['publish', app.on('next.response.tar')], 'EXCHANGE-REPLAY');
    await expectRefusal(app.online, ['publish', app.on('first.response.tar')], 'EXCHANGE-REPLAY');
  });
});
