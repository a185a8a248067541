import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Change } from '../../src/change/change.ts';
import { sha256Hex } from '../../src/encoding/hash.ts';
import { fromBase64 } from '../../src/encoding/text.ts';
import { EXIT } from '../../src/errors.ts';
import type { PublicKey } from '../../src/metadata/key.ts';
import { notary } from '../../src/metadata/notary/dialect.ts';
import { canonicalKeyId } from '../../src/metadata/station-key-id.ts';
import { publicKeyFromSpki } from '../../src/metadata/public-key.ts';
import { approveByScript } from '../../src/offline/approval.ts';
import { allAnomalies } from '../../src/offline/examination.ts';
import { review, type Review } from '../../src/offline/review.ts';
import { withOfflineStation } from '../../src/offline/session.ts';
import { sign } from '../../src/offline/sign.ts';
import type { RepositoryPlan } from '../../src/exchange/request.ts';
import { signerOpener } from '../../src/terminal/prompts/secrets.ts';
import { addedLines, homeState } from '../peers/forge.ts';
import { scratchFolder } from '../peers/process.ts';
import { hashOf, publish, roundTrip, signAll, exportAll } from '../peers/stations.ts';
import { asCertificate, asSource, evilCertificate, evilRequest, freshKey, recordOf } from './evil-online.ts';
import type { Evil } from './evil-online.ts';
import { expectRefusal, expectThrown, refusalOf } from './refusal.ts';
import { copyOf, scene, withOffline, type Scene } from './scene.ts';

let app: Scene;
/** The offline home as it was two ceremonies ago. */
let lagging: Scene;
const root: PublicKey[] = [];
const [stranger, carol, bob, second] = [freshKey(), freshKey(), freshKey(), freshKey()];

function pemFile({ spki }: PublicKey): string {
  const file = join(scratchFolder('public'), 'key.pem');
  const body = Buffer.from(spki).toString('base64').replace(/.{64}/g, '$&\n');
  writeFileSync(file, `-----BEGIN PUBLIC KEY-----\n${body.trimEnd()}\n-----END PUBLIC KEY-----\n`);
  return file;
}

function keyIn(file: string): PublicKey {
  const body = readFileSync(file, 'utf8').replace(/-----[^-]+-----|\n/g, '');
  return publicKeyFromSpki(fromBase64(body));
}

const add = (name: string, number: number, role = 'targets'): Change => ({
  ...{ type: 'add', role, name, length: 100, hashes: { sha256: hashOf(number) }, evidence: null },
});
const addKey = (role: string, key: PublicKey): Change => ({ type: 'key-add', role, key: asSource(key) });
const delegate = (role: string, ...paths: string[]): Change => ({
  ...{ type: 'delegation-add', role, parent: null, paths },
  ...{ hashPrefixes: [], terminating: null },
});

beforeAll(async () => {
  app = await scene();
  const { online, offline, gun, on, passphraseFile } = app;
  const keyFile = ['--keyfile', '--passphrase-file', passphraseFile];
  await online.ok('key', 'generate', 'targets/alice', ...keyFile);
  await online.ok('init', gun);
  await online.ok('addhash', gun, 'latest', '100', '--sha256', hashOf(1));
  await online.ok('delegation', 'add', gun, 'targets/alice', 'build', '--paths', 'alice/');
  await online.ok('delegation', 'add', gun, 'targets/bob', pemFile(bob), pemFile(second), '--paths', 'bob/');
  await online.ok('threshold', gun, 'targets/bob', '2');
  await online.ok('delegation', 'add', gun, 'targets/carol', pemFile(carol), '--paths', 'carol/');
  await roundTrip(app, 'first');
  await online.ok('addhash', gun, 'alice/tool', '100', '--sha256', hashOf(10), '-r', 'targets/alice');
  await online.ok('publish', '--passphrase-file', passphraseFile);
  await online.ok('addhash', gun, 'latest', '100', '--sha256', hashOf(2));
  await online.ok('delegation', 'remove', gun, 'targets/carol');
  await roundTrip(app, 'second');
  lagging = withOffline(app, copyOf(offline.home));
  await offline.ok('key', 'generate', 'root', '--label', 'another root', ...keyFile);
  const { keys } = await offline.ok<{ keys: { id: string; role: string }[] }>('key', 'list');
  for (const [at, { id }] of keys.filter(({ role }) => role === 'root').entries()) {
    const file = on(`root-${String(at)}.pem`);
    await offline.ok('key', 'export', id, '-o', file);
    root.push(keyIn(file));
  }
  await online.ok('threshold', gun, 'root', '2', '--add', on('root-1.pem'));
  await exportAll(app, 'third.request.tar');
});

/** What `review` shows, in this process as the command does it. */
function reviewed(home: string, file: string): Promise<Review> {
  return withOfflineStation(home, 'review', (station) => review(station, file, []));
}

/** Signs by a script that approves the digest and accepts these. */
async function signed(home: string, file: string, accept: readonly string[]): Promise<string> {
  const out = `${file}.response`;
  await withOfflineStation(home, 'sign', (station) =>
    sign(
      station,
      { file, responses: [], out, except: [], keys: [] },
      {
        openSigner: signerOpener(station.home, { pinFiles: [], passphraseFiles: [app.passphraseFile] }),
        confirm: (examination) =>
          Promise.resolve().then(() =>
            approveByScript(examination, { digest: examination.digest, accept, pins: [] }),
          ),
        progress: () => undefined,
      },
    ),
  );
  return out;
}

/** Nothing of the request was agreed to: certificates may have been made, and are in the ledger only. */
async function expectUnsigned(home: string, file: string, accept: readonly string[]): Promise<string> {
  const before = homeState(home);
  const error = await signed(home, file, accept).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ check: 'APPROVE-ANOMALY', exit: EXIT.refused });
  const events = addedLines(before, home).map(({ event }) => event);
  expect(events.filter((event) => event !== 'fill')).toEqual(['refusal']);
  expect(existsSync(`${file}.response`)).toBe(false);
  return (error as { expected: string }).expected;
}

/** Review lists exactly this ID; what is typed must be accepted by this ID and no other, or nothing is signed. */
async function expectShown(at: Scene, file: string, id: string, typed: boolean): Promise<void> {
  const { home } = at.offline;
  const { examination } = await reviewed(home, file);
  const anomalies = allAnomalies(examination);
  const found = anomalies.find((anomaly) => anomaly.id === id);
  expect(found, anomalies.map((anomaly) => anomaly.id).join('\n')).toMatchObject({ typed });
  if (!typed) return;
  const others = anomalies.filter((anomaly) => anomaly.typed && anomaly.id !== id);
  const accept = [...others.map((anomaly) => anomaly.id), '*', id.slice(0, id.indexOf(':'))];
  expect(await expectUnsigned(home, file, accept)).toContain(`--accept ${id}`);
}

const gun = 'registry.example.com/attack/app';
const serverKey =
  (key: PublicKey): Evil['plan'] =>
  (plan: RepositoryPlan) => ({ ...plan, onlineKeys: [{ role: 'snapshot', value: notary.keyValue(key) }] });

test('ONE-STATION: two keys of one station are no quorum of two', async () => {
  await expectShown(app, app.on('third.request.tar'), `ONE-STATION:${gun}:root`, true);
  await signAll(app, 'third.request.tar', 'third.response.tar');
  await publish(app, 'third.response.tar');
});

const SHOWN: readonly [
  what: string,
  id: string,
  typed: boolean,
  changes: () => readonly Change[],
  evil?: Evil,
][] = [
  [
    'swaps a server key',
    `SERVER-KEY:${gun}:snapshot:${canonicalKeyId(stranger)}`,
    true,
    () => [{ type: 'online-key', role: 'snapshot' }],
    { plan: serverKey(stranger) as NonNullable<Evil['plan']> },
  ],
  [
    'adds an unannounced root key',
    `STRANGE-KEY:${gun}:root:${canonicalKeyId(stranger)}`,
    true,
    () => [addKey('root', stranger)],
  ],
  [
    'adds an unannounced targets key, held by whoever the request says',
    `STRANGE-KEY:${gun}:targets:${canonicalKeyId(stranger)}`,
    true,
    () => [addKey('targets', stranger)],
    {
      manifest: (m) =>
        recordOf(m)
          .result.flatMap(({ signers }) => signers)
          .forEach((signer) => (signer.holder = m.to[0]?.key ?? '')),
    },
  ],
  [
    'lowers the threshold of root',
    `THRESHOLD:${gun}:root:1`,
    true,
    () => [{ type: 'threshold', role: 'root', threshold: 1 }],
  ],
  [
    'lowers the threshold of a delegation, taken away and put back',
    `THRESHOLD:${gun}:targets/bob:1`,
    true,
    () => [
      { type: 'delegation-remove', role: 'targets/bob' },
      delegate('targets/bob', 'bob/'),
      addKey('targets/bob', bob),
    ],
  ],
  [
    'hides a target of a delegation',
    `SHADOW:${gun}:targets:targets/alice:1`,
    true,
    () => [add('alice/tool', 66), { type: 'refresh', role: 'targets/alice', days: null }],
  ],
  [
    'hides a target of a delegation whose file it leaves out',
    `SHADOW:${gun}:targets:targets/alice:1`,
    false,
    () => [add('alice/tool', 66)],
  ],
  [
    'hides a target of targets, for those who ask the delegation first',
    `SHADOW:${gun}:targets/alice:targets:1`,
    true,
    () => [add('latest', 66, 'targets/alice'), { type: 'refresh', role: 'targets', days: null }],
  ],
  [
    'adds a role for the paths of another',
    `OVERLAP:${gun}:targets/mallory:targets/alice`,
    false,
    () => [delegate('targets/mallory', 'alice/to'), addKey('targets/mallory', stranger)],
  ],
  [
    'adds two roles for the same paths at once',
    `OVERLAP:${gun}:targets/mallory:targets/trudy`,
    false,
    () => [
      delegate('targets/mallory', 'new/'),
      addKey('targets/mallory', stranger),
      delegate('targets/trudy', 'new/'),
      addKey('targets/trudy', freshKey()),
    ],
  ],
  ['extends a path', `PATHS:${gun}:targets/bob:`, true, () => [delegate('targets/bob', '')]],
  [
    'adds a removed signer again',
    `RETURNING-KEY:${gun}:targets/carol:${canonicalKeyId(carol)}`,
    true,
    () => [delegate('targets/carol', 'carol/'), addKey('targets/carol', carol)],
  ],
  [
    'adds a removed signer again, under another name',
    `RETURNING-KEY:${gun}:targets/dave:${canonicalKeyId(carol)}`,
    true,
    () => [delegate('targets/dave', 'dave/'), addKey('targets/dave', carol)],
  ],
  ['points a tag back to an older digest', `TARGET:${gun}:targets:latest`, false, () => [add('latest', 1)]],
  [
    'leaves out a version',
    `GAP:${gun}:targets:9`,
    true,
    () => [add('more', 3)],
    { plan: (plan) => ({ ...plan, roles: plan.roles.map((role) => ({ ...role, version: 9 })) }) },
  ],
];

describe('a request of an online half that the attacker owns, in itself without a fault', () => {
  test.each(SHOWN)('R8 M20 that %s is shown: %s (typed: %s)', async (_, id, typed, changes, evil) => {
    await expectShown(app, await evilRequest(app, changes(), evil), id, typed);
  });

  test('M16 OWN-KEY: the targets key of this station gives way to another’s', async () => {
    const { keys } = await app.offline.ok<{ keys: { id: string; role: string }[] }>('key', 'list');
    const own = keys.find(({ role }) => role === 'targets')?.id ?? '';
    const file = await evilRequest(app, [
      { type: 'key-rotate', role: 'targets', keys: [asSource(stranger)] },
    ]);
    await expectShown(app, file, `OWN-KEY:${gun}:targets:${own}`, true);
  });

  test('M16 STRANGE-KEY: what stands on the card of an online half is vouched for by nobody', async () => {
    const { online, offline, on, passphraseFile } = app;
    const [key] = (await online.ok<{ keys: { id: string; role: string }[] }>('key', 'list')).keys.filter(
      ({ role }) => role === 'targets/alice',
    );
    const [card, pem] = [on('build-with-keys.card'), on('alice.pem')];
    const flags = ['-o', card, '--passphrase-file', passphraseFile];
    const { digest } = await online.ok<{ digest: string }>('station', 'card', ...flags);
    await offline.ok('station', 'pair', card, '--approve', digest);
    await online.ok('key', 'export', key?.id ?? '', '-o', pem);
    const file = await evilRequest(app, [addKey('targets', keyIn(pem))]);
    await expectShown(app, file, `STRANGE-KEY:${gun}:targets:${key?.id ?? ''}`, true);
  });

  test('M5 CERTIFICATE-WILDCARD, CERTIFICATE-ENDS: certificates over own root keys that others made', async () => {
    const [one, other] = root as [PublicKey, PublicKey];
    const values = [evilCertificate(one, 'registry.example.com/*'), evilCertificate(other, gun, 20)] as const;
    const file = await evilRequest(app, [
      { type: 'key-rotate', role: 'root', keys: values.map(asCertificate) },
    ]);
    const [wildcard, short] = values.map((value) => sha256Hex(value));
    await expectShown(app, file, `CERTIFICATE-WILDCARD:${gun}:${wildcard ?? ''}`, true);
    await expectShown(app, file, `CERTIFICATE-ENDS:${gun}:${short ?? ''}`, true);
  });

  test('M11 ROOTS: what changed since the pinned root is typed, also where that root is left out', async () => {
    const file = await evilRequest(app, [add('more', 3)], {
      manifest: (m) => void recordOf(m).roots.splice(0, recordOf(m).roots.length - 1),
    });
    const { examination } = await reviewed(app.offline.home, file);
    const base = examination.repositories[0]?.reading.base?.root.file ?? new Uint8Array();
    await expectShown(lagging, file, `ROOTS:${gun}:2:${sha256Hex(base)}`, true);
  });

  test('M17 that a key is held elsewhere or online is a claim: it changes neither the tracker nor what is open', async () => {
    const file = await evilRequest(app, [{ type: 'refresh', role: 'root', days: null }], {
      manifest: (m) =>
        recordOf(m).result.forEach(({ signers }) => signers.forEach((signer) => (signer.holder = 'online'))),
    });
    const { tracker } = await reviewed(app.offline.home, file);
    expect(tracker[0]?.open).toBe(true);
    expect(tracker[0]?.roles[0]?.signers.map(({ holder }) => holder)).toEqual(['vault', 'vault']);
  });
});

const targetsSlot: Change = {
  type: 'key-rotate',
  role: 'targets',
  keys: [{ form: 'slot', value: null }],
};

const REFUSED: readonly [what: string, check: string, changes: readonly Change[], evil: Evil][] = [
  [
    'uses a version again',
    'VERSION-BACK',
    [add('more', 3)],
    { plan: (plan) => ({ ...plan, roles: plan.roles.map((role) => ({ ...role, version: 2 })) }) },
  ],
  [
    'gives a rotation of this station’s own key another name',
    'POLICY-OPERATION',
    [{ type: 'key-rotate', role: 'targets', keys: [asSource(stranger)] }],
    { manifest: (m) => void (recordOf(m).operation = 'refresh') },
  ],
  [
    'calls a change of keys a change of targets',
    'POLICY-OPERATION',
    [addKey('root', stranger)],
    { manifest: (m) => void (recordOf(m).operation = 'targets') },
  ],
  [
    'hides a change of keys among targets',
    'POLICY-MIXED',
    [addKey('targets', stranger), add('more', 3)],
    { manifest: (m) => void (recordOf(m).operation = 'targets') },
  ],
  [
    'drops the old quorum from the signers of a rotation',
    'REQUEST-SIGNERS',
    [{ type: 'key-rotate', role: 'root', keys: [asSource(stranger), asSource(carol)] }],
    {
      manifest: (m) => {
        const [role] = recordOf(m).result;
        if (!role) throw new Error('no root');
        role.signers = role.signers.filter(({ quorum }) => quorum !== 'old');
        role.needs.old = 0;
      },
    },
  ],
  [
    'says that a slot is for another key',
    'REQUEST-SIGNERS',
    [addKey('root', stranger)],
    {
      manifest: (m) =>
        recordOf(m)
          .result.flatMap(({ slots }) => slots)
          .forEach((slot) => (slot.keyid = canonicalKeyId(carol))),
    },
  ],
  [
    'brings a server key that no change asks for',
    'REQUEST-KEYS',
    [{ type: 'refresh', role: 'root', days: null }],
    { plan: serverKey(stranger) as NonNullable<Evil['plan']> },
  ],
];

describe('a request of that online half which contradicts itself', () => {
  test.each(REFUSED)('R3 M18 that %s is refused: %s', async (_, check, changes, evil) => {
    // What the attacker's own code would not write down is written by hand.
    const mixed = check === 'POLICY-MIXED';
    const file = mixed ? await mixedRequest() : await evilRequest(app, changes, evil);
    await expectThrown(app.offline.home, () => reviewed(app.offline.home, file), check);
  });

  test('M5 KEY-ROOT: a root key of this station in targets is refused when it is reviewed, and stays free', async () => {
    const [first] = root;
    if (!first) throw new Error('no root key');
    const file = await evilRequest(app, [addKey('targets', first)]);
    await expectThrown(app.offline.home, () => reviewed(app.offline.home, file), 'KEY-ROOT');
    const { keys } = await app.offline.ok<{ keys: { role: string; repository: string | null }[] }>(
      'key',
      'list',
    );
    const bound = keys.filter(({ role }) => role === 'root').map(({ repository }) => repository);
    expect(bound).toEqual([null, null]);
  });

  test('M4 KEY-NONE: slots of another station are not filled here, and nothing is signed', async () => {
    const file = await evilRequest(app, [targetsSlot], {
      manifest: (m) =>
        recordOf(m)
          .result.flatMap(({ slots }) => slots)
          .forEach((slot) => (slot.station = canonicalKeyId(stranger))),
    });
    const { digest, anomalies } = await app.offline.ok<{
      digest: string;
      anomalies: { id: string; typed: boolean }[];
    }>('review', file);
    const accept = anomalies.flatMap(({ id }) => ['--accept', id]);
    const args = ['sign', file, '-o', app.on('slots.tar'), ...app.secrets, '--approve', digest, ...accept];
    await expectRefusal(app.offline, args, 'KEY-NONE', { exit: EXIT.incomplete });
    expect(existsSync(app.on('slots.tar'))).toBe(false);
  });

  test('M20 by the program: review --json lists the ID, sign without --accept refuses with APPROVE-ANOMALY', async () => {
    const file = await evilRequest(app, [delegate('targets/bob', 'alice/')]);
    const shown = await app.offline.ok<{ digest: string; anomalies: { id: string; typed: boolean }[] }>(
      'review',
      file,
    );
    const id = `PATHS:${gun}:targets/bob:alice/`;
    expect(shown.anomalies.filter(({ typed }) => typed).map((anomaly) => anomaly.id)).toEqual([id]);
    const args = ['sign', file, '-o', app.on('paths.tar'), ...app.secrets, '--approve', shown.digest];
    const refused = await app.offline.run([...args, '--json']);
    expect([refused.code, refusalOf(refused).check]).toEqual([EXIT.refused, 'APPROVE-ANOMALY']);
    expect(existsSync(app.on('paths.tar'))).toBe(false);
    expect((await app.offline.run([...args, '--accept', id, '--json'])).code).toBe(0);
  });
});

/** Two operations at once: the record of one, with the change list and the documents of the other beside it. */
async function mixedRequest(): Promise<string> {
  const honest = await evilRequest(app, [addKey('targets', stranger)]);
  return app.forged(honest.slice(honest.lastIndexOf('/') + 1), (m, contents) => {
    const record = recordOf(m);
    record.changes = contents.edit(record.changes, (changes: Change[]) => void changes.push(add('more', 3)));
  });
}
