import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { digestWords } from '../../src/encoding/words.ts';
import { deleteRepository, planDeletion } from '../../src/online/repositories/delete-repository.ts';
import { withOnlineStation } from '../../src/online/session.ts';
import type { Store } from '../../src/online/repositories/store.ts';
import { plainRequest } from '../peers/https.ts';
import { startNotaryServer, type NotaryServerPeer } from '../peers/notary-server.ts';
import { scratchFolder } from '../peers/process.ts';
import { openTerminal, PROGRAM, type Finished } from '../peers/program.ts';
import {
  exportAll,
  roundTrip,
  signAll,
  station,
  stations,
  withOnlineKeys,
  type TestStation,
} from '../peers/stations.ts';
import { startTokenServer } from '../peers/token-server.ts';
import { stockRepository } from './delegated-repository.ts';

let peer: NotaryServerPeer;
let online: TestStation;
beforeAll(async () => {
  peer = await startNotaryServer();
  online = await station('online', 'build');
});
afterAll(() => peer.stop());

const refusal = ({ code, json }: Finished): unknown => [
  code,
  (json() as { error: { check: string } }).error.check,
];
const know = (home: TestStation, gun: string) =>
  home.ok('repository', 'add', gun, '--server', peer.url, '--ca', peer.ca);

async function published(gun: string): Promise<{ status: number; sha256: string }> {
  const { status, body } = await plainRequest(`${peer.url}/v2/${gun}/_trust/tuf/root.json`, {
    caPem: peer.caPem,
  });
  return { status, sha256: createHash('sha256').update(body).digest('hex') };
}

interface Line {
  readonly event: string;
  readonly data: Record<string, unknown>;
}
const lines = (home: TestStation): Line[] =>
  readFileSync(join(home.home, 'ledger.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

interface Known {
  readonly pinned: { version: number } | null;
  readonly roots: { version: number; file: string; expires: string; keyids: string[] }[];
}

test('repository fetch keeps every verified root, repository show lists the chain; delete forgets the place only', async () => {
  const made = await stockRepository(peer, 'delete/local');
  await made.notary('key', 'rotate', made.gun, 'targets');
  await know(online, made.gun);
  expect(await online.ok<Known>('repository', 'show', made.gun)).toMatchObject({ pinned: null, roots: [] });
  await online.ok('repository', 'fetch', made.gun);
  const chain = await online.ok<Known>('repository', 'show', made.gun);
  expect(chain.roots.map(({ version }) => version)).toEqual([1, 2, 3]);
  expect(chain.pinned?.version).toBe(3);
  for (const { version, file, keyids } of chain.roots) {
    const served = await plainRequest(`${peer.url}/v2/${made.gun}/_trust/tuf/${String(version)}.root.json`, {
      caPem: peer.caPem,
    });
    expect(readFileSync(join(online.home, 'archive', file))).toEqual(served.body);
    expect(createHash('sha256').update(served.body).digest('hex')).toBe(file);
    expect(keyids).toHaveLength(1);
  }
  await made.notary('key', 'rotate', made.gun, 'targets');
  await online.ok('repository', 'fetch');
  const { roots } = await online.ok<Known>('repository', 'show', made.gun);
  expect(roots.map(({ version }) => version)).toEqual([1, 2, 3, 4]);
  expect((await online.run(['repository', 'show', made.gun])).stdout).toContain(roots[3]?.file);
  const before = lines(online).length;
  expect(await online.ok('repository', 'fetch', made.gun)).toMatchObject({ repositories: [{ recorded: 0 }] });
  expect(lines(online)).toHaveLength(before);

  const current = await published(made.gun);
  expect(current.sha256).toBe(roots[3]?.file);
  await online.ok('delete', made.gun, '--approve', current.sha256);
  expect(lines(online).at(-1)).toMatchObject({
    event: 'deleted',
    data: { repository: `notary:${made.gun}`, root: current.sha256, remote: false },
  });
  expect(refusal(await online.run(['repository', 'show', made.gun, '--json']))).toEqual([
    2,
    'REPOSITORY-UNKNOWN',
  ]);
  expect((await published(made.gun)).status).toBe(200);
  await know(online, made.gun);
  expect((await online.ok<Known>('repository', 'show', made.gun)).pinned?.version).toBe(4);
  await online.ok('log', 'verify');
});

test('ARCHIVE-DAMAGED: a kept root that was changed is not shown', async () => {
  const made = await stockRepository(peer, 'delete/damaged');
  const home = await station('online', 'damaged');
  await know(home, made.gun);
  await home.ok('repository', 'fetch');
  const { roots } = await home.ok<Known>('repository', 'show', made.gun);
  const file = join(home.home, 'archive', roots[0]?.file ?? '');
  writeFileSync(file, `${readFileSync(file, 'utf8')} `);
  expect(refusal(await home.run(['repository', 'show', made.gun, '--json']))).toEqual([3, 'ARCHIVE-DAMAGED']);
});

test('delete --remote removes it for everybody, says so first, and finds nothing after', async () => {
  const made = await stockRepository(peer, 'delete/remote');
  await made.add('v1', 1);
  await made.publish();
  await know(online, made.gun);
  const { sha256 } = await published(made.gun);
  const wrong = await online.run(['delete', made.gun, '--remote', '--approve', '00'.repeat(32), '--json']);
  expect(refusal(wrong)).toEqual([3, 'APPROVE-DIGEST']);
  expect(wrong.json()).toMatchObject({ error: { expected: sha256 } });
  expect(refusal(await online.run(['delete', made.gun, '--remote', '--json']))).toEqual([
    6,
    'CONFIRM-TERMINAL',
  ]);
  expect((await published(made.gun)).status).toBe(200);
  await online.ok('delete', made.gun, '--remote', '--approve', sha256);
  expect((await published(made.gun)).status).toBe(404);
  const repository = `notary:${made.gun}`;
  expect(lines(online).slice(-2)).toMatchObject([
    { event: 'deleting', data: { repository, root: sha256 } },
    { event: 'deleted', data: { repository, root: sha256, remote: true } },
  ]);
  const feed = await online.ok<{ changes: { category: string; repository: string }[] }>(
    'changes',
    '--server',
    peer.url,
  );
  expect(feed.changes.at(-1)).toMatchObject({ category: 'deletion', repository: made.gun, version: 0 });
  // Run again, as after a kill: nothing is there, nothing is pinned, and it is forgotten without a question.
  await know(online, made.gun);
  await online.ok('delete', made.gun, '--remote');
  expect(refusal(await online.run(['delete', made.gun, '--json']))).toEqual([2, 'REPOSITORY-UNKNOWN']);
});

test('delete at a terminal: two words of the root digest', async () => {
  const made = await stockRepository(peer, 'delete/typed');
  await made.add('v1', 1);
  await made.publish();
  await know(online, made.gun);
  const { sha256 } = await published(made.gun);
  const terminal = openTerminal([PROGRAM, 'delete', made.gun, '--remote'], { home: online.home });
  try {
    const asked = /type words (\d+) and (\d+) of the root digest to delete it:/;
    const shown = await terminal.waitFor(asked);
    expect(shown).toMatch(/!! delete ".*delete\/typed" for everybody/);
    expect(shown).toContain('1 targets are published');
    terminal.send('no no\n');
    await terminal.waitFor(/\[exit 3\]/);
  } finally {
    terminal.close();
  }
  expect((await published(made.gun)).status).toBe(200);
  const again = openTerminal([PROGRAM, 'delete', made.gun, '--remote'], { home: online.home });
  try {
    const [, one, two] = /type words (\d+) and (\d+) of/.exec(await again.waitFor(/to delete it:/)) ?? [];
    const words = digestWords(sha256);
    again.send(`${words[Number(one) - 1] ?? ''} ${words[Number(two) - 1] ?? ''}\n`);
    await again.waitFor(/\[exit 0\]/);
  } finally {
    again.close();
  }
  expect((await published(made.gun)).status).toBe(404);
});

test('DELETE-STAGED, DELETE-OUTSTANDING: not while something is staged or on its way', async () => {
  const pair = await stations();
  await withOnlineKeys(pair);
  const folder = scratchFolder('folder');
  await pair.online.ok('repository', 'add', 'staged/app', '--directory', folder);
  await pair.online.ok('init', 'staged/app');
  const run = () => pair.online.run(['delete', 'staged/app', '--json']);
  expect(refusal(await run())).toEqual([5, 'DELETE-STAGED']);
  await pair.online.ok('export', '-o', pair.on('one.tar'));
  expect(refusal(await run())).toEqual([5, 'DELETE-OUTSTANDING']);
  expect((await pair.online.ok<{ repositories: unknown[] }>('repository', 'list')).repositories).toHaveLength(
    1,
  );
});

test('READ-ROLLBACK: an older state of a folder is refused; delete --remote empties the folder', async () => {
  const pair = await stations();
  await withOnlineKeys(pair);
  const folder = scratchFolder('folder');
  await pair.online.ok('repository', 'add', 'rolled/app', '--directory', folder);
  await pair.online.ok('init', 'rolled/app');
  await roundTrip(pair, 'first');
  const old = join(scratchFolder('old'), 'copy');
  cpSync(folder, old, { recursive: true, verbatimSymlinks: true });
  await pair.online.ok('addhash', 'rolled/app', 'v1', '1', '--sha256', 'ab'.repeat(32));
  await roundTrip(pair, 'second');
  await pair.online.ok('list', 'rolled/app');
  rmSync(folder, { recursive: true });
  cpSync(old, folder, { recursive: true, verbatimSymlinks: true });
  for (const verb of [['list'], ['inspect'], ['repository', 'fetch']])
    expect(refusal(await pair.online.run([...verb, 'rolled/app', '--json']))).toEqual([3, 'READ-ROLLBACK']);
  const root = readFileSync(join(folder, 'v2/rolled/app/_trust/tuf/root.json'));
  const sha256 = createHash('sha256').update(root).digest('hex');
  await pair.online.ok('delete', 'rolled/app', '--remote', '--approve', sha256);
  expect(readdirSync(join(folder, 'v2/rolled/app/_trust'))).toEqual(['lock']);
  expect(existsSync(join(folder, 'v2/index.html'))).toBe(true);
  await pair.online.ok('repository', 'add', 'rolled/app', '--directory', folder);
  expect(refusal(await pair.online.run(['list', 'rolled/app', '--json']))).toEqual([6, 'READ-NONE']);
});

test('READ-ROLLBACK: nothing is built on an older state of a folder, or posted to it', async () => {
  const pair = await stations();
  await withOnlineKeys(pair);
  const folder = scratchFolder('folder');
  await pair.online.ok('repository', 'add', 'rolled/other', '--directory', folder);
  await pair.online.ok('init', 'rolled/other');
  await roundTrip(pair, 'first');
  const old = join(scratchFolder('old'), 'copy');
  cpSync(folder, old, { recursive: true, verbatimSymlinks: true });
  const add = (name: string): string[] => ['addhash', 'rolled/other', name, '1', '--sha256', 'ab'.repeat(32)];
  await pair.online.ok(...add('v1'));
  await roundTrip(pair, 'second');
  await pair.online.ok(...add('v2'));
  await exportAll(pair, 'third.request.tar');
  await signAll(pair, 'third.request.tar', 'third.response.tar');
  rmSync(folder, { recursive: true });
  cpSync(old, folder, { recursive: true, verbatimSymlinks: true });
  const secret = ['--passphrase-file', pair.passphraseFile];
  const published = await pair.online.run(['publish', pair.on('third.response.tar'), ...secret, '--json']);
  expect([published.code, published.stdout.includes('"READ-ROLLBACK"')]).toEqual([3, true]);
  const { request } = await pair.offline
    .ok<{ manifest: { request: { digest: string } } }>('bundle', 'inspect', pair.on('third.response.tar'))
    .then(({ manifest }) => ({ request: manifest.request.digest }));
  const anew = ['export', '--supersede', request, '-o', pair.on('fourth.request.tar')];
  expect(refusal(await pair.online.run([...anew, '--json']))).toEqual([3, 'READ-ROLLBACK']);
  expect(existsSync(pair.on('fourth.request.tar'))).toBe(false);
});

test('DELETE-MOVED, DELETE-READBACK: another root meanwhile, or a server that keeps what it should delete', async () => {
  const made = await stockRepository(peer, 'delete/moved');
  await know(online, made.gun);
  const attempt = (change: (store: Store) => Store): Promise<void> =>
    withOnlineStation(online.home, 'delete', 'write', async ({ station: opened, stores }) => {
      const plan = await planDeletion(opened, stores, made.gun, true);
      if (!plan.store) throw new Error('no store');
      await deleteRepository(opened, { ...plan, store: change(plan.store) });
    });
  const before = lines(online).length;
  await expect(
    attempt((store) => ({ ...store, current: () => Promise.resolve(Buffer.from('another')) })),
  ).rejects.toMatchObject({ check: 'DELETE-MOVED', exit: 5 });
  expect(lines(online)).toHaveLength(before);
  await expect(attempt((store) => ({ ...store, remove: () => Promise.resolve() }))).rejects.toMatchObject({
    check: 'DELETE-READBACK',
    exit: 1,
  });
  expect(lines(online).slice(before)).toMatchObject([{ event: 'deleting' }]);
  expect((await published(made.gun)).status).toBe(200);
  const { sha256 } = await published(made.gun);
  await online.ok('delete', made.gun, '--remote', '--approve', sha256);
});

test('SERVER-AUTH: DELETE asks for the scope *, and without it nothing is deleted', async () => {
  const tokens = await startTokenServer({ users: { alice: 'secret' }, anonymous: ['pull'] });
  const closed = await startNotaryServer({ auth: tokens.auth });
  try {
    const gun = `${closed.host}/app`;
    const NOTARY_AUTH = Buffer.from('alice:secret').toString('base64');
    const { stockNotary } = await import('../peers/stock-notary.ts');
    await stockNotary({ url: closed.url, ca: closed.ca, env: { NOTARY_AUTH } }).init(gun);
    const home = await station('online', 'authorized');
    await home.ok('repository', 'add', gun, '--server', closed.url, '--ca', closed.ca);
    await home.ok('repository', 'fetch');
    const file = (await home.ok<Known>('repository', 'show', gun)).roots.at(-1)?.file ?? '';
    const args = ['delete', gun, '--remote', '--approve', file, '--json'];
    expect(refusal(await home.run(args))).toEqual([6, 'SERVER-AUTH']);
    await home.ok('list', gun);
    expect((await home.run(args, { env: { NOTARY_AUTH } })).code).toBe(0);
    expect(tokens.requests.map(({ query }) => query.get('scope'))).toContain(`repository:${gun}:*`);
  } finally {
    await closed.stop();
    await tokens.stop();
  }
});
