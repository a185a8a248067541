import { copyFileSync, existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { signedOf } from '../peers/signed-content.ts';
import type { RequestManifest } from '../../src/bundle/manifest.ts';
import type { Change } from '../../src/change/change.ts';
import { formatTime } from '../../src/encoding/time.ts';
import type { RepositoryFiles } from '../../src/metadata/verified.ts';
import { canonicalKeyId } from '../../src/metadata/station-key-id.ts';
import { tuf } from '../../src/metadata/tuf/dialect.ts';
import { renewCard } from '../loop/estate.ts';
import { forge, homeState, strangersKey } from '../peers/forge.ts';
import { hashOf, roundTrip, type TestStation } from '../peers/stations.ts';
import { asSource, evilRequest, freshKey, recordOf, type Evil } from './evil-online.ts';
import { expectRefusal, type Refusal } from './refusal.ts';
import { copyOf, scene, stationAt, type Scene } from './scene.ts';
import { relisted, stolenFile, thiefOf, type Lists, type Thief } from './thief.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 240_000 });

const NAME = 'firmware';
const DAY = 86_400;
const now = (): number => Math.floor(Date.now() / 1000);

let app: Scene;
/** The offline station as it was two ceremonies ago. */
let lagging: TestStation;
/** Whoever owns the online half has its keys of snapshot and timestamp too. */
let thief: Thief;

const addTo = (role: string, name: string, number: number): Change => ({
  ...{ type: 'add', role, name, length: 100, hashes: { sha256: hashOf(number) }, evidence: null },
});
const delegate = (role: string, paths: readonly string[], terminating: boolean | null = null): Change => ({
  ...{ type: 'delegation-add', role, parent: 'targets', paths, hashPrefixes: [], terminating },
});
const delegateHashes = (...hashPrefixes: string[]): Change => ({
  ...{ type: 'delegation-add', role: 'hashed', parent: 'targets', paths: [], hashPrefixes },
  terminating: null,
});
const published = (file: string): Buffer => readFileSync(join(app.folder, 'metadata', file));

beforeAll(async () => {
  app = await scene(NAME, 'tuf');
  const { online, offline, on, passphraseFile } = app;
  const secret = ['--passphrase-file', passphraseFile];
  await offline.ok('key', 'generate', 'delegation', '--dialect', 'tuf', '--keyfile', ...secret);
  await renewCard(app);
  const card = on('online-with-keys.card');
  const { digest } = await online.ok<{ digest: string }>('station', 'card', '-o', card, ...secret);
  await offline.ok('station', 'pair', card, '--approve', digest);
  await online.ok('init', NAME);
  await online.ok('delegation', 'add', NAME, 'team', 'vault', '--paths', 'team/*');
  await online.ok('delegation', 'add', NAME, 'hashed', 'vault', '--hash-prefix', 'e,f');
  const both = async (number: number): Promise<void> => {
    await app.stage('app', number);
    const of = ['team/tool', '100', '--sha256', hashOf(10 + number), '-r', 'team'];
    await online.ok('addhash', NAME, ...of);
    await roundTrip(app, `round-${String(number)}`);
  };
  await both(1);
  await both(2);
  lagging = fresh();
  await online.ok('refresh', NAME, 'root');
  await roundTrip(app, 'root');
  // What was seen here by now: root 2, and targets, team, snapshot and timestamp one below what is published.
  await both(3);
  thief = await thiefOf(online.home, passphraseFile);
});

interface Shown {
  readonly digest: string;
  readonly anomalies: readonly { readonly id: string; readonly typed: boolean; readonly text: string }[];
  readonly repositories: readonly {
    readonly currency: readonly unknown[];
    readonly since: readonly { readonly role: string }[];
    readonly roles: readonly {
      readonly role: string;
      readonly targets: readonly {
        readonly name: string;
        readonly before: { readonly hashes: object } | null;
        readonly after: { readonly hashes: object } | null;
      }[];
    }[];
  }[];
}

const signArgs = (file: string, digest: string): string[] => [
  ...['sign', file, '-o', `${file}.response`, ...app.secrets, '--approve', digest],
];

async function digestOf(file: string): Promise<string> {
  return (await app.offline.ok<{ digest: string }>('bundle', 'digest', file)).digest;
}

/** The offline station as it was before any attack: what it reviewed once, another request must not replace. */
const fresh = (): TestStation => stationAt(copyOf(app.offline.home), app.offline.name);

/** `review` and `sign` refuse alike, the home stays as it was but for the line that says so, and nothing is written. */
async function expectRefused(file: string, check: string, digest?: string): Promise<Refusal> {
  const offline = fresh();
  const refusal = await expectRefusal(offline, ['review', file], check);
  await expectRefusal(offline, signArgs(file, digest ?? (await digestOf(file))), check);
  expect(existsSync(`${file}.response`)).toBe(false);
  return refusal;
}

/**
 * `review` shows what is expected; `sign` does nothing until each of what must be typed is accepted, and leaves every
 * file of the home as it was.
 */
function expectShown(file: string, ...ids: readonly string[]): Promise<Shown> {
  return expectShownAt(fresh(), file, ...ids);
}

async function expectShownAt(offline: TestStation, file: string, ...ids: readonly string[]): Promise<Shown> {
  const { files } = homeState(offline.home);
  const shown = await offline.ok<Shown>('review', file);
  const typed = shown.anomalies.filter((anomaly) => anomaly.typed).map(({ id }) => id);
  const listed = shown.anomalies.map(({ id }) => id).join('\n');
  for (const id of ids) expect(typed, listed).toContainEqual(expect.stringMatching(`^${id}`));
  for (const missing of typed) {
    const accept = typed.filter((id) => id !== missing).flatMap((id) => ['--accept', id]);
    const args = [...signArgs(file, shown.digest), ...accept];
    const { expected } = await expectRefusal(offline, args, 'APPROVE-ANOMALY');
    expect(expected).toBe(`--accept ${missing}`);
  }
  expect(homeState(offline.home).files).toEqual(files);
  expect(existsSync(`${file}.response`)).toBe(false);
  return shown;
}

/** A request for one harmless target, on files that the attacker passes off as published. */
function onBase(
  files: NonNullable<Evil['files']>,
  changes: readonly Change[] = [addTo('targets', 'harmless', 5)],
): Promise<string> {
  return evilRequest(app, changes, { files });
}

/** The same, with snapshot and timestamp signed anew over other files of roles. */
function onFiles(
  files: Readonly<Record<string, Uint8Array>>,
  lists?: Lists,
  changes?: readonly Change[],
): Promise<string> {
  return onBase((all) => {
    const targets = new Map([...all.targets, ...Object.entries(files)]);
    return relisted(thief, tuf, { ...all, targets }, lists);
  }, changes);
}

/** Without what an evil online half keeps back. */
const without =
  (...roles: readonly string[]) =>
  (files: RepositoryFiles): RepositoryFiles => ({
    ...files,
    ...Object.fromEntries(roles.map((role) => [role, null])),
    targets: new Map([...files.targets].filter(([role]) => !roles.includes(role))),
  });

describe('attacks of section 1.5.2 of the TUF specification, against review and sign', () => {
  test('arbitrary software: what is not asked for by name and digest is not signed; what is, is shown old to new', async () => {
    const honest = await evilRequest(app, [addTo('targets', 'app', 66)]);
    const shown = await fresh().ok<Shown>('review', honest);
    expect(shown.repositories[0]?.roles[0]?.targets).toMatchObject([
      {
        name: 'app',
        before: { hashes: { sha256: hashOf(3) } },
        after: { hashes: { sha256: hashOf(66) } },
      },
    ]);
    expect(shown.anomalies.map(({ id }) => id)).toContain(`TARGET:${NAME}:targets:app`);
    const text = (await fresh().run(['review', honest])).stdout;
    expect(text).toMatch(new RegExp(`~ "app" 100 bytes\\n +old ${hashOf(3)}\\n +new ${hashOf(66)}`));
    const hidden = await app.forged(honest.slice(honest.lastIndexOf('/') + 1), (m, contents) => {
      const [role] = recordOf(m).result;
      if (!role) throw new Error('no role');
      role.document = contents.edit(role.document, (signed: { targets: Record<string, unknown> }) => {
        signed.targets['evil'] = { hashes: { sha256: hashOf(99) }, length: 1 };
      });
    });
    await expectRefused(hidden, 'REQUEST-RECOMPUTED');
    // nor is a list of targets a base that others signed, whichever keys the online half has
    const stolen = await stolenFile(thief, tuf, 'targets', targetsWith('evil'), 'snapshot');
    await expectRefused(await onFiles({ targets: stolen }), 'CHAIN-TARGETS');
  });

  test.each(['targets', 'team'])(
    'rollback of %s: an older one is refused, under whatever snapshot and timestamp',
    async (role) => {
      const old = published(`1.${role}.json`);
      const other = role === 'team' ? 'targets' : 'team';
      for (const into of [role, other]) {
        const change = addTo(into, into === 'team' ? 'team/new' : 'new', 7);
        const { where } = await expectRefused(await onFiles({ [role]: old }, {}, [change]), 'CHAIN-SEEN');
        expect(where).toContain(`${NAME} ${role}`);
      }
    },
  );

  test('rollback of a delegated role that is left out: its old version in the snapshot is refused, a lost one is typed', async () => {
    const old = tuf.parse('team', published('1.team.json'));
    const listsOld = await onBase(async (all) => {
      const rolled = { ...all, targets: new Map([...all.targets, ['team', old.file]]) };
      return without('team')(await relisted(thief, tuf, rolled));
    });
    const { expected, found } = await expectRefused(listsOld, 'CHAIN-SEEN');
    expect([expected, found]).toEqual(['version 2 or later', 'version 1']);
    const lost = (version: number): Promise<string> =>
      evilRequest(app, [addTo('team', 'team/new', 7)], {
        files: async (all) => relisted(thief, tuf, without('team')(all)),
        plan: (plan) => ({ ...plan, roles: plan.roles.map((one) => ({ ...one, version })) }),
      });
    await expectRefused(await lost(1), 'VERSION-TAKEN');
    await expectShown(await lost(4), `VANISHED:${NAME}:team:2$`, `GAP:${NAME}:team:4$`);
  });

  test.each(['snapshot', 'timestamp'] as const)(
    'rollback of %s: an older one that its own key signs again is refused; without any, nothing vouches for the base',
    async (role) => {
      const { where } = await expectRefused(await onFiles({}, { [role]: 1 }), 'CHAIN-SEEN');
      expect(where).toBe(`${NAME} ${role}`);
      const again = await expectRefused(await onFiles({}, { [role]: 3 }), 'CHAIN-SEEN');
      expect(again.where).toBe(`${NAME} ${role} version 3`);
      await expectShown(await onBase(without(role)), `CHAIN-FRESHNESS:${NAME}$`);
    },
  );

  test('rollback of root: an older root, another one of its version, or a gap is refused', async () => {
    const first = published('1.root.json');
    await expectRefused(await onBase((all) => ({ ...all, roots: [first] })), 'CHAIN-ROOT');
    const root = tuf.parse('root', published('2.root.json'));
    const other = await stolenFile(thief, tuf, 'root', { ...root.signed, 'x-evil': true }, 'snapshot');
    await expectRefused(await onBase((all) => ({ ...all, roots: [first, other] })), 'CHAIN-ROOT');
    const later = await stolenFile(thief, tuf, 'root', { ...root.signed, version: 4 }, 'snapshot');
    await expectRefused(await onBase((all) => ({ ...all, roots: [root.file, later] })), 'CHAIN-ROOT');
  });

  test('fast-forward: a version far ahead is not signed, and one that the server is to skip must be typed', async () => {
    const ahead = (by: number): Promise<string> =>
      evilRequest(app, [addTo('targets', 'app', 8)], {
        plan: (plan) => ({
          ...plan,
          roles: plan.roles.map((one) => ({ ...one, version: one.version + by })),
        }),
      });
    await expectRefused(await ahead(2_000), 'VERSION-JUMP');
    await expectRefused(await ahead(2 ** 31), 'VERSION-JUMP');
    await expectShown(await ahead(900), `GAP:${NAME}:targets:904$`);
  });

  test('indefinite freeze: review cannot see what clients are served; a base whose lists have ended is typed, and it says whose word currency is', async () => {
    await expectShown(await onFiles({}, { expires: now() - DAY }), `CHAIN-FRESHNESS:${NAME}$`);
    // frozen at what this station saw last, and listed anew each day: the base is behind what was signed here
    const frozen = { targets: published('2.targets.json'), team: published('2.team.json') };
    await expectRefused(await onFiles(frozen), 'VERSION-TAKEN');
    const higher = await evilRequest(app, [addTo('targets', 'a', 9)], {
      files: (all) =>
        relisted(thief, tuf, { ...all, targets: new Map([...all.targets, ...Object.entries(frozen)]) }),
      plan: (plan) => ({ ...plan, roles: plan.roles.map((one) => ({ ...one, version: 4 })) }),
    });
    const shown = await expectShown(higher, `GAP:${NAME}:targets:4$`);
    expect(shown.repositories[0]?.currency).toEqual([{ holder: 'build', roles: ['snapshot', 'timestamp'] }]);
    // and what would freeze them for long is not signed
    const expires = formatTime(now() + 36_500 * DAY);
    const long = await evilRequest(app, [addTo('targets', 'a', 9)], {
      plan: (plan) => ({ ...plan, roles: plan.roles.map((one) => ({ ...one, expires })) }),
    });
    await expectRefused(long, 'POLICY-EXPIRY');
  });

  test('indefinite freeze: a station that was kept away is shown what others did since it last saw the repository', async () => {
    const request = await evilRequest(app, [addTo('targets', 'a', 9)]);
    const shown = await expectShownAt(lagging, request);
    expect(shown.repositories[0]?.since.map(({ role }) => role)).toEqual(['root', 'targets']);
    const ids = shown.anomalies.map(({ id }) => id);
    expect(ids).toContain(`SINCE:${NAME}:targets:3`);
    expect(ids).toContainEqual(expect.stringMatching(`^ROOTS:${NAME}:2:`));
  });

  test('indefinite freeze: a request that was kept back is refused once it has ended', async () => {
    const old = await evilRequest(app, [addTo('targets', 'a', 9)], {
      manifest: (m) => {
        m.created = formatTime(now() - 40 * DAY);
        m.notAfter = formatTime(now() - 10 * DAY);
      },
    });
    await expectRefused(old, 'REQUEST-EXPIRED');
  });

  test('endless data: a stick that never ends is refused by its size, and what a bundle says of itself is bounded', async () => {
    const endless = app.on('endless.tar');
    writeFileSync(endless, '');
    truncateSync(endless, 2 ** 40);
    await expectRefusal(app.offline, ['review', endless], 'BUNDLE-LIMIT');
    await expectRefusal(app.offline, signArgs(endless, hashOf(0)), 'BUNDLE-LIMIT');
    // within the limit, and no bundle: seen before gigabytes are copied, which this disk does not have
    truncateSync(endless, 15 * 2 ** 30);
    await expectRefusal(app.offline, ['review', endless], 'BUNDLE-END');
    const { code, stderr } = await app.offline.run(['review', endless], {
      under: ['prlimit', '--fsize=1048576'],
    });
    expect([code, stderr]).toEqual([3, expect.stringContaining('BUNDLE-END') as string]);
    await expectRefusal(app.offline, ['review', '/dev/zero'], 'MEDIA-KIND');
    const honest = await evilRequest(app, [addTo('targets', 'a', 9)]);
    const longer = app.on('longer.tar');
    copyFileSync(honest, longer);
    truncateSync(longer, 2 ** 26);
    await expectRefused(longer, 'BUNDLE-END');
  });

  test('extraneous dependencies: names beyond what a role was given are typed, and review says who could sign new ones', async () => {
    await expectShown(await evilRequest(app, [delegate('team', ['*'])]), `PATHS:${NAME}:team:`);
    await expectShown(await evilRequest(app, [addTo('team', 'app', 66)]), `SHADOW:${NAME}:team:targets:1$`);
    await expectShown(await evilRequest(app, [delegateHashes('3', 'e0')]), `PREFIXES:${NAME}:hashed:3$`);
    const narrow = await fresh().ok<Shown>('review', await evilRequest(app, [delegateHashes('e0')]));
    expect(narrow.anomalies.map(({ id }) => id).filter((id) => id.startsWith('PREFIXES'))).toEqual([]);
    const ends = await evilRequest(app, [delegate('team', [], true)]);
    await expectShown(ends, `TERMINATING:${NAME}:team:yes$`);
    const stranger = freshKey();
    const mallory = await evilRequest(app, [
      delegate('mallory', ['team/*'], true),
      { type: 'key-add', role: 'mallory', key: asSource(stranger) },
    ]);
    const { stdout } = await fresh().run(['review', mallory]);
    expect(stdout).toContain(' ! mallory may hold names of team too; the one declared first is asked first');
    expect(stdout).toMatch(/\+ delegation to mallory: 1 of 1 keys must sign; for names like "team\/\*"/);
    expect(stdout).toContain(`key ${canonicalKeyId(stranger)}`);
    expect(stdout).toMatch(/after: {2}targets [^;]+ at vault\); then team [^;]+ at vault\); then\s+mallory/);
  });

  test('mix-and-match: files that were never published together are no base', async () => {
    const old = published('2.targets.json');
    const mixed = await onBase((all) => ({ ...all, targets: new Map([...all.targets, ['targets', old]]) }));
    await expectRefused(mixed, 'CHAIN-TARGETS');
    const snapshot = published('3.snapshot.json');
    await expectRefused(await onBase((all) => ({ ...all, snapshot })), 'CHAIN-SNAPSHOT');
    // nor the changes of one request with the documents of another
    const [one, other] = [addTo('targets', 'one', 1), addTo('targets', 'other', 2)];
    const honest = await evilRequest(app, [one]);
    const spliced = await app.forged(honest.slice(honest.lastIndexOf('/') + 1), (m, contents) => {
      const record = recordOf(m);
      record.changes = contents.edit(record.changes, (changes: Change[]) => void changes.splice(0, 1, other));
    });
    await expectRefused(spliced, 'REQUEST-RECOMPUTED');
  });

  test('wrong software: another content under a name is shown as moved, and one that would hide another role\u2019s is typed', async () => {
    const other = await fresh().ok<Shown>('review', await evilRequest(app, [addTo('targets', 'app', 13)]));
    expect(other.anomalies).toMatchObject([{ id: `TARGET:${NAME}:targets:app`, typed: false }]);
    const again: Change = { type: 'refresh', role: 'team', days: null };
    const hides = await evilRequest(app, [addTo('targets', 'team/tool', 66), again]);
    await expectShown(hides, `SHADOW:${NAME}:targets:team:1$`);
    const kept = await fresh().ok<Shown>(
      'review',
      await evilRequest(app, [addTo('targets', 'team/tool', 66)]),
    );
    expect(kept.anomalies).toMatchObject([{ id: `SHADOW:${NAME}:targets:team:1`, typed: false }]);
  });

  test('malicious mirror: a stick that changes, repeats or mixes what it carries is refused', async () => {
    const honest = await evilRequest(app, [addTo('targets', 'a', 9)]);
    const digest = await digestOf(honest);
    const broken = (name: string, change: (bytes: Buffer) => Buffer): string => {
      const file = app.on(`${name}.tar`);
      writeFileSync(file, change(readFileSync(honest)));
      return file;
    };
    const flipped = broken('flipped', (bytes) => {
      const at = bytes.lastIndexOf('"version":');
      bytes[at + 1] = 0x56;
      return bytes;
    });
    await expectRefused(flipped, 'BUNDLE-CONTENT', digest);
    const cut = broken('cut', (bytes) => bytes.subarray(0, bytes.length - 1_536));
    await expectRefused(cut, 'BUNDLE-END', digest);
    await expectRefused(app.on('round-2.request.tar'), 'EXCHANGE-REPLAY');
    const repeated = await app.forged('round-2.request.tar', (m) => {
      m.id = '22'.repeat(16);
      m.sequence += 1_000;
    });
    await expectRefused(repeated, 'CHAIN-ROOT');
    const stranger = app.on('stranger.tar');
    await forge<RequestManifest>(honest, stranger, strangersKey(), () => undefined);
    await expectRefused(stranger, 'SEAL-STRANGER');
  });

  test('key compromise: keys of the online half have no say in what officers sign, and bring in no key unseen', async () => {
    // whoever has the keys of snapshot and timestamp has no say in targets, and brings in no key unseen
    const key = freshKey();
    const strange = await evilRequest(app, [{ type: 'key-rotate', role: 'targets', keys: [asSource(key)] }]);
    await expectShown(strange, `STRANGE-KEY:${NAME}:targets:`, `OWN-KEY:${NAME}:targets:`);
    const root = await evilRequest(app, [{ type: 'key-add', role: 'root', key: asSource(key) }]);
    await expectShown(root, `STRANGE-KEY:${NAME}:root:`);
    const server = await evilRequest(app, [{ type: 'online-key', role: 'timestamp' }], {
      plan: (plan) => ({ ...plan, onlineKeys: [{ role: 'timestamp', value: tuf.keyValue(key) }] }),
    });
    await expectShown(server, `SERVER-KEY:${NAME}:timestamp:`);
    // nor under another name
    const renamed = await evilRequest(app, [{ type: 'key-rotate', role: 'targets', keys: [asSource(key)] }], {
      manifest: (m) => void (recordOf(m).operation = 'refresh'),
    });
    await expectRefused(renamed, 'POLICY-OPERATION');
    const smuggled = await evilRequest(app, [{ type: 'refresh', role: 'root', days: null }], {
      plan: (plan) => ({ ...plan, onlineKeys: [{ role: 'snapshot', value: tuf.keyValue(key) }] }),
    });
    await expectRefused(smuggled, 'REQUEST-KEYS');
  });
});

/** After further ceremonies, in this order: each works on what the one before left. */
describe('the same where keys change hands', () => {
  const keyFile = (): string[] => ['--dialect', 'tuf', '--keyfile', '--passphrase-file', app.passphraseFile];
  const rounds = async (name: string, number: number): Promise<void> => {
    await app.stage('app', number);
    await roundTrip(app, name);
  };

  test('key compromise: one root key of two that must sign makes no root', async () => {
    const { online, offline, on } = app;
    const { id } = await offline.ok<{ id: string }>(
      ...['key', 'generate', 'root', '--label', 'second', ...keyFile()],
    );
    await offline.ok('key', 'export', id, '-o', on('second.pem'));
    await online.ok('threshold', NAME, 'root', '2', '--add', on('second.pem'));
    await roundTrip(app, 'threshold');
    await rounds('after-threshold', 4);
    const burglar = await thiefOf(offline.home, app.passphraseFile);
    const one = { ...burglar, keys: burglar.keys.filter((key) => key.id === id) };
    const root = tuf.parse('root', published('3.root.json'));
    const next = { ...root.signed, version: 4 };
    const signed = await stolenFile(one, tuf, 'root', next);
    const file = await onBase((all) => ({ ...all, roots: [...all.roots, signed] }));
    const { expected, found } = await expectRefused(file, 'CHAIN-ROOT');
    expect([expected, found]).toEqual(['2 of 2 keys', '1 valid signatures by distinct keys']);
    const fewer = await evilRequest(app, [{ type: 'threshold', role: 'root', threshold: 1 }]);
    await expectShown(fewer, `THRESHOLD:${NAME}:root:1$`);
  });

  test('fast-forward recovery: once officers have replaced the keys of snapshot and timestamp, lower versions are no rollback; the old keys sign nothing more', async () => {
    const { online, on } = app;
    const publishLists = (files: RepositoryFiles): void => {
      for (const role of ['snapshot', 'timestamp'] as const) {
        const file = files[role] as Uint8Array;
        const name = role === 'timestamp' ? role : `${String(tuf.parse(role, file).version)}.${role}`;
        writeFileSync(join(app.folder, 'metadata', `${name}.json`), file);
      }
    };
    await onBase(async (all) => {
      const far = await relisted(thief, tuf, all, { snapshot: 2_000_000_000, timestamp: 2_000_000_000 });
      publishLists(far);
      return far;
    });
    await rounds('far-ahead', 5);
    const low: Lists = { snapshot: 70, timestamp: 70 };
    await expectRefused(await onFiles({}, low), 'CHAIN-SEEN');
    const before = stationAt(copyOf(online.home), online.name);
    for (const role of ['snapshot', 'timestamp']) {
      await online.ok('key', 'generate', role, '--label', `new ${role}`, ...keyFile());
      await online.ok('key', 'rotate', NAME, role);
    }
    await roundTrip(app, 'replaced');
    await expectRefused(await onFiles({}, low), 'CHAIN-TIMESTAMP');
    const all = await thiefOf(online.home, app.passphraseFile);
    const keys = all.keys.filter(({ id }) => !thief.keys.some((old) => old.id === id));
    const request = await onBase(async (files) => {
      const anew = await relisted({ ...all, keys }, tuf, files, low);
      publishLists(anew);
      return anew;
    });
    const offline = fresh();
    const { digest, anomalies } = await offline.ok<Shown>('review', request);
    expect(anomalies.filter(({ typed }) => typed)).toEqual([]);
    await offline.ok('sign', request, '-o', on('recovered.tar'), ...app.secrets, '--approve', digest);
    // an online half that saw the high versions follows alike, and the one that published under the new keys does not go back
    await before.ok('list', NAME);
    expect((await online.run(['list', NAME])).stderr).toContain('READ-ROLLBACK');
  });
});

function targetsWith(name: string): never {
  const signed = signedOf(tuf.parse('targets', published('3.targets.json')).payload);
  const entry = { length: 1, hashes: { sha256: hashOf(99) } };
  return { ...signed, version: 4, targets: { ...(signed['targets'] as object), [name]: entry } } as never;
}
