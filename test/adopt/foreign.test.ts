import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Updater } from 'tuf-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { refusalOf } from '../attacks/refusal.ts';
import { scratchFolder } from '../peers/process.ts';
import { pair, stations, station, type TestStations } from '../peers/stations.ts';
import {
  cosign,
  foreignKey,
  serve,
  writeForeign,
  writeOnline,
  type ForeignRepository,
} from './foreign-repository.ts';

interface Reviewed {
  readonly digest: string;
  readonly anomalies: readonly { id: string; typed: boolean; text: string }[];
  readonly repositories: readonly {
    history: readonly { version: number; file: string }[];
    notUnderstood: readonly { role: string; members: readonly string[] }[];
    contact: readonly { role: string; thresholdAfter: number; keys: readonly { keyid: string }[] }[];
    roles: readonly {
      role: string;
      toVersion: number;
      quorums: readonly {
        role: string;
        keys: readonly { keyid: string; state: string; holder?: string }[];
      }[];
    }[];
  }[];
}
interface Tracked {
  readonly roles: readonly {
    missing: number;
    signers: readonly { keyid: string; signed: boolean; elsewhere: boolean; holder: string }[];
  }[];
}

const sha256 = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

let app: TestStations;
let foreign: ForeignRepository;
let server: { url: string; stop: () => Promise<void> };

beforeAll(async () => {
  app = await stations({ rootKey: false });
  foreign = writeForeign(scratchFolder('foreign'));
  server = await serve(foreign.dir);
  await app.online.ok(
    ...['repository', 'add', 'upstream', '--dialect', 'tuf', '--url', `${server.url}/metadata`],
  );
}, 60_000);
afterAll(() => server.stop());

/** Reviews, and signs with everything accepted that is typed, but what `instead` names. */
async function sign(
  { offline, on, secrets }: TestStations,
  request: string,
  response: string,
  ...more: string[]
): Promise<Reviewed> {
  const reviewed = await offline.ok<Reviewed>('review', on(request));
  const accept = reviewed.anomalies
    .filter(({ typed, id }) => typed && !(more.includes('--pin') && id.startsWith('FIRST-CONTACT')))
    .flatMap(({ id }) => ['--accept', id]);
  const finished = await offline.run([
    ...[
      'sign',
      on(request),
      '-o',
      on(response),
      ...secrets,
      '--approve',
      reviewed.digest,
      ...accept,
      ...more,
    ],
  ]);
  expect([0, 4], finished.stdout + finished.stderr).toContain(finished.code);
  return reviewed;
}

test('M10 a repository of another tool is adopted from root 1, its history verified, what is not understood shown', async () => {
  const { online, on } = app;
  await online.ok('repository', 'adopt', 'upstream', '-o', on('adopt.tar'));
  const seen = await sign(app, 'adopt.tar', 'adopted.tar');
  const [repository] = seen.repositories;
  expect(repository?.history.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  expect(seen.anomalies.filter(({ typed }) => typed).map(({ id }) => id)).toEqual([
    `FIRST-CONTACT:upstream:${sha256(foreign.root(12))}`,
  ]);
  const strange = repository?.notUnderstood.flatMap(({ role, members }) =>
    members.map((member) => `${role} ${member}`),
  );
  expect(strange).toEqual(expect.arrayContaining(['root /signed/x-operator', 'targets /signed/x-note']));
  const contact = repository?.contact.find(({ role }) => role === 'root');
  expect([contact?.thresholdAfter, contact?.keys.map(({ keyid }) => keyid)]).toEqual([
    1,
    ['carol-2022', 'dave-2022'],
  ]);
  const text = await app.offline.run(['review', on('adopt.tar')]);
  expect(text.code).toBe(3);
  await online.ok('publish', on('adopted.tar'));
}, 60_000);

test('M10 a root in the history may be what the officer pins; another digest is not accepted (APPROVE-ANOMALY)', async () => {
  const { online } = app;
  const other = await station('offline', 'safe');
  const stick = scratchFolder('stick');
  await pair(online, other, stick);
  await online.ok(
    ...['repository', 'add', 'mirror', '--dialect', 'tuf', '--url', `${server.url}/metadata/`],
    ...['--first-root', '7'],
  );
  const file = join(stick, 'request.tar');
  await online.ok('repository', 'adopt', 'mirror', '--to', 'safe', '-o', file);
  const lines = await other.run(['review', file]);
  expect(lines.stdout).toContain('roots 7 to 12: each verified by the one before it and by its own keys');
  expect(lines.stdout).toContain('nothing is known of the roots before 7');
  expect(lines.stdout).toContain('root file digest');
  const { digest } = await other.ok<Reviewed>('review', file);
  const approve = (pin: string): string[] => [
    ...['sign', file, '-o', join(stick, 'response.tar'), '--approve', digest, '--pin', `mirror=${pin}`],
  ];
  const wrong = await other.run([...approve(sha256(foreign.root(6))), '--json']);
  expect(refusalOf(wrong).check).toBe('APPROVE-ANOMALY');
  await other.ok(...approve(sha256(foreign.root(7))));
  await online.ok('publish', join(stick, 'response.tar'));
}, 60_000);

test('R10 M17 the next root: our key joins, one of theirs signs elsewhere, and a client that starts at root 1 follows', async () => {
  const { online, offline, on, passphraseFile } = app;
  const key = await offline.ok<{ id: string }>(
    ...['key', 'generate', 'root', '--keyfile', '--dialect', 'tuf', '--passphrase-file', passphraseFile],
  );
  const pem = on('vault.pem');
  await offline.ok('key', 'export', key.id, '-o', pem);
  await online.ok('threshold', 'upstream', 'root', '2', '--add', pem);
  await online.ok('export', 'upstream', '--to', 'vault', '-o', on('root.tar'));
  const seen = await sign(app, 'root.tar', 'ours.tar');
  const [root] = seen.repositories[0]?.roles ?? [];
  expect([root?.role, root?.toVersion]).toEqual(['root', 13]);
  const quorum = root?.quorums.find(({ role }) => role === 'root');
  expect(quorum?.keys.filter(({ state }) => state === 'stays').map(({ keyid }) => keyid)).toEqual([
    'carol-2022',
    'dave-2022',
  ]);

  // Too few so far: nothing is published, and what there is can be handed on.
  const early = await online.run(['publish', on('ours.tar')]);
  expect(early.code).toBe(4);
  const candidate = on('13.root.json');
  const payload = await online.ok<{ keyids: string[]; signatures: number }>(
    ...['request', 'payload', on('root.tar'), 'root', on('ours.tar'), '-o', candidate],
  );
  expect(payload.signatures).toBe(1);
  expect(payload.keyids).toContain('carol-2022');
  cosign(candidate, foreign.rootKeys[0] as (typeof foreign.rootKeys)[number]);

  const combined = await offline.ok<{ metadata: string[] }>(
    ...['combine', on('root.tar'), on('ours.tar'), candidate, '-o', on('both.tar')],
  );
  expect(combined.metadata).toEqual([sha256(candidate)]);
  const readOnly = await online.run(['publish', on('both.tar'), '--json']);
  expect(readOnly.code).toBe(2);
  const failed = readOnly.json() as {
    repositories: ({ error: { check: string } } & { signatures: Tracked['roles'] })[];
  };
  expect(JSON.stringify(failed)).toContain('STORE-READ-ONLY');
  const [tracked] = failed.repositories[0]?.signatures ?? [];
  const theirs = tracked?.signers.filter(({ elsewhere }) => elsewhere);
  expect(theirs?.map(({ keyid, holder, signed }) => [keyid, holder, signed])).toEqual([
    ['carol-2022', 'unknown', true],
  ]);

  const written = await online.ok<{ state: string; files: { file: string }[] }>(
    ...['publish', on('both.tar'), '--to', on('candidate')],
  );
  expect([written.state, readdirSync(on('candidate'))]).toEqual(['complete', ['13.root.json']]);
  copyFileSync(join(on('candidate'), '13.root.json'), foreign.root(13));
  const there = await online.ok<{ repositories: { state: string }[] }>('publish', on('both.tar'));
  expect(there.repositories.map(({ state }) => state)).toEqual(['already-published']);

  const cache = scratchFolder('cache');
  copyFileSync(foreign.root(1), join(cache, 'root.json'));
  const updater = new Updater({
    ...{ metadataDir: cache, metadataBaseUrl: `${server.url}/metadata` },
    ...{ targetDir: scratchFolder('got'), targetBaseUrl: `${server.url}/targets` },
  });
  await updater.refresh();
  const target = await updater.getTargetInfo('app/one.bin');
  if (!target) throw new Error('the target is not there');
  expect(readFileSync(await updater.downloadTarget(target), 'utf8')).toBe('the first release\n');
  const cached = JSON.parse(readFileSync(join(cache, 'root.json'), 'utf8')) as { signed: object };
  expect(cached.signed).toMatchObject({ version: 13, 'x-operator': { since: 12 } });
}, 120_000);

test('B-42 EXCHANGE-CONTENT and EXCHANGE-SIGNATURE refuse files of others that sign something else, or by a stranger', async () => {
  const { online, offline, on } = app;
  await online.ok('refresh', 'upstream', 'root');
  await online.ok('export', 'upstream', '--to', 'vault', '-o', on('next.tar'));
  await sign(app, 'next.tar', 'next.response.tar');
  const file = on('14.root.json');
  await online.ok('request', 'payload', on('next.tar'), 'root', '-o', file, '--payload', on('bytes'));
  expect(readFileSync(on('bytes'), 'utf8')).toContain('"version":14');
  const bytes = readFileSync(file, 'utf8');
  const given = on('given.json');
  const refused = async (content: string, ...signers: Parameters<typeof cosign>[1][]): Promise<string[]> => {
    writeFileSync(given, content);
    for (const key of signers) cosign(given, key);
    const all = [
      online.run(['publish', on('next.response.tar'), given, '--json']),
      offline.run(['combine', on('next.tar'), on('next.response.tar'), given, '-o', on('no.tar'), '--json']),
    ];
    return (await Promise.all(all)).map((one) => refusalOf(one).check);
  };
  const [carol] = foreign.rootKeys;
  if (!carol) throw new Error('no key');
  const other = bytes.replace('"version":14', '"version":15');
  expect(await refused(other, carol)).toEqual(['EXCHANGE-CONTENT', 'EXCHANGE-CONTENT']);
  expect(await refused(bytes, carol, foreignKey('mallory'))).toEqual([
    'EXCHANGE-SIGNATURE',
    'EXCHANGE-SIGNATURE',
  ]);
  expect(await refused(bytes, { ...foreignKey('x'), id: 'carol-2022' })).toEqual([
    'EXCHANGE-SIGNATURE',
    'EXCHANGE-SIGNATURE',
  ]);
  const without = await offline.run([
    'combine',
    on('next.response.tar'),
    given,
    '-o',
    on('no.tar'),
    '--json',
  ]);
  expect([refusalOf(without).check, without.code]).toEqual(['COMBINE-REQUEST', 2]);
}, 60_000);

test.each([
  [
    'a history without its oldest root',
    'SERVER-INCOMPLETE',
    (at: Copy) => {
      rmSync(at.root(1));
    },
    [],
  ],
  [
    'a root signed by too few',
    'CHAIN-ROOT',
    (at: Copy) => {
      at.edit(4, (file) => ({ ...file, signatures: file.signatures.slice(0, 1) }));
    },
    [],
  ],
  [
    'another root 6 below a root 7 that is known: roots that do not lead to each other are no history',
    'CHAIN-ROOT',
    (at: Copy) => {
      at.edit(6, (file) => ({ ...file, signed: { ...file.signed, fork: true } }));
      cosign(at.root(6), foreignKey('alice-2019'));
    },
    ['--first-root', '5'],
  ],
] as const)('CHAIN-ROOT %s is refused: %s', async (title, check, spoil, flags) => {
  const name = `spoilt-${createHash('sha256').update(title).digest('hex').slice(0, 8)}`;
  const dir = scratchFolder('spoilt');
  cpSync(foreign.dir, dir, { recursive: true });
  spoil(copyAt(dir));
  await app.online.ok('repository', 'add', name, '--dialect', 'tuf', '--directory', dir, ...flags);
  const finished = await app.online.run(['repository', 'adopt', name, '-o', app.on(`${name}.tar`), '--json']);
  expect([refusalOf(finished).check, finished.code]).toEqual([check, 3]);
});

interface Envelope {
  readonly signed: object;
  readonly signatures: readonly object[];
}
interface Copy {
  readonly root: (version: number) => string;
  edit(version: number, change: (file: Envelope) => Envelope): void;
}

function copyAt(dir: string): Copy {
  const root = (version: number): string => join(dir, 'metadata', `${String(version)}.root.json`);
  return {
    root,
    edit(version, change) {
      writeFileSync(
        root(version),
        JSON.stringify(change(JSON.parse(readFileSync(root(version), 'utf8')) as Envelope)),
      );
    },
  };
}

test('READ-ROLLBACK a hostile web server that goes back to an older timestamp is noticed', async () => {
  const older = scratchFolder('older');
  mkdirSync(join(older, 'metadata'));
  writeOnline(join(older, 'metadata'), foreign.online, 3);
  let back = false;
  const hostile = await serve(foreign.dir, (path) =>
    back && !path.includes('root') ? readFileSync(join(older, path)) : undefined,
  );
  try {
    const { online, on } = app;
    await online.ok(
      ...['repository', 'add', 'hostile', '--dialect', 'tuf', '--url', `${hostile.url}/metadata/`],
    );
    await online.ok('repository', 'fetch', 'hostile');
    back = true;
    const finished = await online.run(['repository', 'adopt', 'hostile', '-o', on('hostile.tar'), '--json']);
    expect([refusalOf(finished).check, finished.code]).toEqual(['READ-ROLLBACK', 3]);
  } finally {
    await hostile.stop();
  }
});

test('KEY-NONE a folder whose snapshot and timestamp keys are other people\u2019s is not published into: the refusal says how to hand over', async () => {
  const { online, offline, on, passphraseFile } = app;
  const dir = scratchFolder('shared');
  const shared = writeForeign(dir);
  await online.ok('repository', 'add', 'shared', '--dialect', 'tuf', '--directory', dir);
  await online.ok('repository', 'adopt', 'shared', '-o', on('shared.tar'));
  await sign(app, 'shared.tar', 'shared.response.tar');
  await online.ok('publish', on('shared.response.tar'));
  const key = await offline.ok<{ id: string }>(
    ...['key', 'generate', 'root', '--label', 'shared', '--keyfile', '--dialect', 'tuf'],
    ...['--repository', 'shared', '--passphrase-file', passphraseFile],
  );
  await offline.ok('key', 'export', key.id, '-o', on('shared.pem'));
  await online.ok('threshold', 'shared', 'root', '2', '--add', on('shared.pem'));
  await online.ok('export', 'shared', '--to', 'vault', '-o', on('shared-root.tar'));
  await sign(app, 'shared-root.tar', 'shared-root.response.tar');
  const file = on('shared.13.root.json');
  const answers = [on('shared-root.response.tar'), file];
  await online.ok('request', 'payload', on('shared-root.tar'), 'root', answers[0]!, '-o', file);
  cosign(file, shared.rootKeys[0]!);
  const before = readdirSync(join(dir, 'metadata'));
  const finished = await online.run(['publish', ...answers, '--json']);
  expect(finished.code).toBe(4);
  const [failed] = (finished.json() as { repositories: { state: string; error: object }[] }).repositories;
  expect(failed).toMatchObject({
    state: 'failed',
    error: {
      check: 'KEY-NONE',
      hint: expect.stringContaining('publish FILE... --to DIR writes the signed files for them') as string,
    },
  });
  expect((await online.run(['publish', ...answers])).stdout).toContain('--to DIR');
  expect(readdirSync(join(dir, 'metadata'))).toEqual(before);
  await online.ok('publish', ...answers, '--to', on('shared-candidate'));
  copyFileSync(join(on('shared-candidate'), '13.root.json'), shared.root(13));
  const there = await online.ok<{ repositories: { state: string }[] }>('publish', ...answers);
  expect(there.repositories.map(({ state }) => state)).toEqual(['already-published']);
}, 60_000);
