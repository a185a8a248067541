import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalize } from '@tufjs/canonical-json';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { EXIT } from '../../src/errors.ts';
import { finalFiles } from '../peers/final-files.ts';
import { scratchFolder } from '../peers/process.ts';
import { signAt } from '../peers/quorum.ts';
import { softHsm } from '../peers/softhsm.ts';
import {
  exportAll,
  publish,
  roundTrip,
  signAll,
  stations,
  withOnlineKeys,
  type TestStation,
  type TestStations,
} from '../peers/stations.ts';
import { placeTarget, serveFolder, tufClient, type FolderServer } from '../peers/tuf-updater.ts';
import { tufEstate } from './estate.ts';
import {
  foreignRepository,
  PLANTED,
  UNREADABLE,
  type ForeignFile,
  type ForeignRepository,
} from './foreign-repository.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });

const NAME = 'upstream';

interface Reviewed {
  readonly repositories: readonly {
    readonly roles: readonly { readonly role: string; readonly notUnderstood: readonly string[] }[];
    readonly notUnderstood: readonly { readonly role: string; readonly members: readonly string[] }[];
  }[];
  readonly tracker: readonly {
    readonly roles: readonly {
      readonly signers: readonly { readonly keyid: string; readonly verifiable: boolean }[];
    }[];
  }[];
}

test('M17 any order and combination of three partial answers gives the same files', async () => {
  const app = await tufEstate('quorum', [await softHsm('a'), await softHsm('b'), await softHsm('c')]);
  await app.server.stop();
  const { online, on } = app;
  const all = (flag: string): string[] => ['a', 'b', 'c'].flatMap((letter) => [flag, `vault-${letter}`]);
  const thresholds = ['--root-threshold', '2', '--targets-threshold', '2'];
  await app.stage('init', app.name, ...all('--root-key'), ...all('--targets-key'), ...thresholds);
  await app.addhash('app/1.bin');
  await online.ok('export', '-o', on('q.tar'), '--fill', 'vault-a');
  // Nobody has seen another's answer.
  for (const [index, name] of ['a', 'b', 'c'].entries())
    expect((await signAt(app, app.at(index), ['q.tar'], `${name}.tar`)).code).toBe(EXIT.incomplete);
  await online.ok('combine', on('a.tar'), on('b.tar'), '-o', on('ab.tar'));
  await app.at(0).ok('combine', on('c.tar'), on('ab.tar'), '-o', on('cab.tar'));
  const finals = (files: string): Promise<string[]> =>
    finalFiles(
      online.home,
      files.split(' ').map((name) => on(`${name}.tar`)),
    );
  const expected = await finals('a b c');
  expect(expected).toHaveLength(2);
  const orders = ['a c b', 'b a c', 'b c a', 'c a b', 'c b a', 'ab c', 'c ab', 'cab', 'cab b', 'a a b c'];
  for (const files of orders) expect(await finals(files), files).toEqual(expected);
  // Two of the three are enough, and another file than all three; each pair the same in both orders.
  for (const [one, other] of [
    ['a', 'b'],
    ['a', 'c'],
    ['b', 'c'],
  ] as const) {
    const two = await finals(`${one} ${other}`);
    expect(two).not.toEqual(expected);
    expect(await finals(`${other} ${one}`)).toEqual(two);
  }
  await online.ok('publish', on('c.tar'), on('ab.tar'), ...app.secrets);
  const published = ['root', 'targets'].map((role) =>
    sha256(readFileSync(join(app.folder, 'metadata', `1.${role}.json`))),
  );
  expect(published).toEqual(expected);
});

describe('a repository of another program, adopted', () => {
  let app: TestStations;
  let foreign: ForeignRepository;
  let server: FolderServer;
  let first: (role: string) => ForeignFile;
  /** What review showed at first contact. */
  let met: string;
  /** A client that had the repository before it was adopted. */
  let kept: ReturnType<typeof tufClient>;

  beforeAll(async () => {
    app = await stations({ dialect: 'tuf' });
    await withOnlineKeys(app);
    const keyFile = ['--dialect', 'tuf', '--keyfile', '--passphrase-file', app.passphraseFile];
    await app.offline.ok('key', 'generate', 'targets', ...keyFile);
    const listed: Record<string, { id: string; pem: string }> = {};
    for (const station of [app.offline, app.online])
      for (const { id, role } of await keysOf(station)) {
        const file = join(scratchFolder('public'), 'key.pem');
        await station.ok('key', 'export', id, '-o', file);
        listed[role] = { id: `${role} of ours`, pem: readFileSync(file, 'utf8') };
      }
    foreign = foreignRepository(listed);
    server = await serveFolder(foreign.folder);
    kept = tufClient(foreign.folder, server);
    await kept.download('app/1.bin');
    const files = new Map(['root', 'targets', 'snapshot', 'timestamp'].map((role) => [role, read(role, 1)]));
    first = (role) => files.get(role) as ForeignFile;
    await app.online.ok('repository', 'add', NAME, '--dialect', 'tuf', '--directory', foreign.folder);
    await app.online.ok('repository', 'adopt', NAME, '-o', app.on('adopt.request.tar'));
    met = (await app.offline.run(['review', app.on('adopt.request.tar')])).stdout;
    await signAll(app, 'adopt.request.tar', 'adopt.response.tar');
    await publish(app, 'adopt.response.tar');
    return () => server.stop();
  });

  function read(role: string, version: number): ForeignFile {
    const name = role === 'timestamp' ? 'timestamp' : `${String(version)}.${role}`;
    return JSON.parse(readFileSync(join(foreign.folder, 'metadata', `${name}.json`), 'utf8')) as ForeignFile;
  }

  /** What a file says besides what a change must write anew. */
  function rest(file: ForeignFile, ...anew: readonly string[]): string {
    const { signed, signatures, ...outside } = file;
    expect(signatures.length).toBeGreaterThan(0);
    const stays = Object.entries(signed).filter(([name]) => !['version', 'expires', ...anew].includes(name));
    return canonicalize({ outside, signed: Object.fromEntries(stays) });
  }

  const readable = (): Map<string, Buffer> =>
    new Map([...foreign.targets].filter(([name]) => name !== UNREADABLE));

  async function clientsRead(names: ReadonlyMap<string, Buffer>): Promise<void> {
    for (const client of [kept, tufClient(foreign.folder, server)])
      for (const [name, bytes] of names) expect(await client.download(name), name).toEqual(bytes);
  }

  test('adopting changes no byte; the clients of before read it as ever', async () => {
    for (const role of ['root', 'targets', 'snapshot', 'timestamp'])
      expect(read(role, 1)).toEqual(first(role));
    await clientsRead(readable());
  });

  test('first contact shows every key under the ID that it has, and which of them nothing here verifies', () => {
    expect(met).toMatch(/^ {8}legacy key 1\n {8}key [0-9a-f]{64}$/m);
    expect(met).toMatch(/^ {8}root of ours$/m);
    expect(met).toMatch(/a key of a kind that nothing here verifies, never counted\n {8}a-sigstore-key$/m);
    expect(met).not.toContain('made here at signing');
  });

  test('unknown members survive a new target, in signed parts and envelopes', async () => {
    const bytes = Buffer.from('new');
    placeTarget(foreign.folder, 'new.bin', sha256(bytes), bytes);
    await app.online.ok('addhash', NAME, 'new.bin', '3', '--sha256', sha256(bytes));
    await exportAll(app, 'add.request.tar');
    const { repositories, tracker } = await app.offline.ok<Reviewed>('review', app.on('add.request.tar'));
    // What nobody understands is signed with the rest, so it is shown: in what is signed, and in what stays.
    expect(repositories[0]?.roles[0]).toMatchObject({
      role: 'targets',
      notUnderstood: [
        '/x-outside',
        '/signed/x-note',
        '/signed/delegations/x-delegations',
        '/signed/targets/__proto__/x-entry',
        '/signed/targets/app~11.bin/x-entry',
        '/signed/targets/gr\u00fcn.bin/x-entry',
      ],
    });
    expect(repositories[0]?.notUnderstood.map(({ role, members }) => [role, members.length])).toEqual([
      ['root', 17],
      ['timestamp', 3],
      ['snapshot', 3],
    ]);
    // A key that nobody here can verify with is among those that may sign, and marked.
    const marks = tracker[0]?.roles[0]?.signers.map(({ keyid, verifiable }) => [keyid, verifiable]);
    expect(marks).toEqual([
      ['legacy key 1', true],
      ['targets of ours', true],
      ['a-sigstore-key', false],
    ]);
    const { stdout } = await app.offline.run(['review', app.on('add.request.tar')]);
    expect(stdout).toMatch(
      /not understood, and kept as it is [^]*^ {6}\/signed\/delegations\/x-delegations$/m,
    );
    expect(stdout).toContain('not understood in root 1, which stays: /x-outside /signed/x-note');
    expect(stdout).toMatch(/ignored {2}[0-9a-f]{16} {2}new +unknown: of a kind that nothing here verifies/);
    await signAll(app, 'add.request.tar', 'add.response.tar');
    await publish(app, 'add.response.tar');
    const after = read('targets', 2);
    const entry = { hashes: { sha256: sha256(bytes) }, length: 3 };
    const targets = { ...(first('targets').signed['targets'] as object), 'new.bin': entry };
    // `__proto__` among the targets: a name like any other.
    expect(canonicalize(after.signed['targets'])).toBe(canonicalize(targets));
    expect(rest(after, 'targets')).toBe(rest(first('targets'), 'targets'));
    expect(rest(read('snapshot', 2), 'meta')).toBe(rest(first('snapshot'), 'meta'));
    expect(rest(read('timestamp', 2), 'meta')).toBe(rest(first('timestamp'), 'meta'));
    await clientsRead(new Map([...readable(), ['new.bin', bytes]]));
  });

  test('custom of a target stays while its content does, and goes with it', async () => {
    const [name, same] = [UNREADABLE, foreign.targets.get(UNREADABLE) as Buffer];
    const other = Buffer.from('other content');
    placeTarget(foreign.folder, 'app/1.bin', sha256(other), other);
    const stage = (target: string, bytes: Buffer): Promise<unknown> =>
      app.online.ok('addhash', NAME, target, String(bytes.length), '--sha256', sha256(bytes));
    await stage(name, same);
    await stage('app/1.bin', other);
    await roundTrip(app, 'custom');
    const targets = read('targets', 3).signed['targets'] as Record<string, Record<string, unknown>>;
    expect(targets[name]).toMatchObject({ custom: PLANTED, 'x-entry': PLANTED });
    expect(targets['app/1.bin']).toEqual({ hashes: { sha256: sha256(other) }, length: other.length });
    await clientsRead(
      new Map([
        [name, same],
        ['app/1.bin', other],
      ]),
    );
  });

  test('a next root keeps every key as it is listed, its ID, what nobody can verify with, and the envelope', async () => {
    await app.online.ok('refresh', NAME, 'root');
    await roundTrip(app, 'root');
    const after = read('root', 2);
    expect(after.signed['version']).toBe(2);
    expect(rest(after)).toBe(rest(first('root')));
    expect(after.signatures.map(({ keyid }) => keyid)).toEqual(['root of ours']);
    await clientsRead(new Map([['new.bin', Buffer.from('new')]]));
  });
});

async function keysOf(
  station: TestStation,
): Promise<readonly { readonly id: string; readonly role: string }[]> {
  return (await station.ok<{ keys: { id: string; role: string }[] }>('key', 'list')).keys;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
