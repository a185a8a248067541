import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { directoryStore } from '../../src/online/directory/repository.ts';
import { openStores } from '../../src/online/repositories/stores.ts';
import type { HashStore } from '../../src/online/repositories/store.ts';
import { dockerClient } from '../peers/docker-client.ts';
import { startNotaryServer } from '../peers/notary-server.ts';
import { scratchFolder } from '../peers/process.ts';
import { stockNotary } from '../peers/stock-notary.ts';
import { testTls } from '../peers/tls.ts';
import { sealState, stateFiles } from './directory-fixture.ts';

const GUN = 'registry.example.com:5000/team/app';
const DELEGATIONS = ['targets/releases', 'targets/team/sub'];
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const trustOf = (folder: string, gun = GUN): string => join(folder, 'v2', gun, '_trust');

let publisher: string;
beforeAll(async () => {
  publisher = join(scratchFolder('publisher'), 'publisher.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'directory-publisher.ts')],
    ...{ outfile: publisher, bundle: true, platform: 'node', format: 'esm' },
  });
});

/** The version of the published state, after checking that all of it is there and belongs together; 0 = nothing. */
async function completeVersion(store: HashStore): Promise<number> {
  const timestamp = await store.current('timestamp');
  if (timestamp === null) return 0;
  const parsed = JSON.parse(Buffer.from(timestamp).toString()) as {
    signed: { version: number; meta: { snapshot: { hashes: { sha256: string } } } };
  };
  const { version } = parsed.signed;
  const wanted = stateFiles(version, DELEGATIONS);
  expect(Buffer.from(timestamp)).toEqual(wanted.get('timestamp'));
  for (const [role, bytes] of wanted)
    expect(Buffer.from((await store.byHash(role, sha256(bytes))) ?? []), role).toEqual(bytes);
  for (let root = 1; root <= version; root++)
    expect(Buffer.from((await store.rootVersion(root)) ?? [])).toEqual(stateFiles(root).get('root'));
  return version;
}

test('R14: published files are read back by name, hash and version; what is not there is null', async () => {
  const folder = scratchFolder('directory');
  const store = directoryStore(folder, GUN);
  expect(await store.current('root')).toBeNull();
  expect(await store.rootVersion(1)).toBeNull();
  expect(await store.serverKey('snapshot')).toBeNull();
  for (const version of [1, 2, 3]) {
    const files = stateFiles(version, DELEGATIONS);
    await store.publish(files);
    for (const [role, bytes] of files) expect(Buffer.from((await store.current(role)) ?? [])).toEqual(bytes);
  }
  expect(await completeVersion(store)).toBe(3);
  expect(await store.current('targets/none')).toBeNull();
  expect(await store.byHash('targets', '0'.repeat(64))).toBeNull();
  expect(await directoryStore(folder, 'registry.example.com:5000/team').current('root')).toBeNull();
  // A name below another one is another repository.
  const below = directoryStore(folder, `${GUN}/below`);
  await below.publish(stateFiles(1));
  expect(await completeVersion(store)).toBe(3);
  expect(readlinkSync(join(trustOf(folder), 'tuf'))).toBe('generation.3');
  expect(readdirSync(trustOf(folder)).sort()).toEqual(['generation.2', 'generation.3', 'lock', 'tuf']);
});

test('R14: an update of some roles leaves the others; a role that the snapshot drops is no longer current', async () => {
  const store = directoryStore(scratchFolder('directory'), GUN);
  const first = stateFiles(1, ['targets/a', 'targets/b']);
  await store.publish(first);
  const second = new Map([...first, ['targets', Buffer.from('{"signed":{"version":2}}')]]);
  second.delete('snapshot');
  second.delete('timestamp');
  second.delete('targets/b');
  const sealed = sealState(second, 2);
  const posted = new Map([...sealed].filter(([role]) => ['targets', 'snapshot', 'timestamp'].includes(role)));
  await store.publish(posted);
  expect(Buffer.from((await store.current('targets/a')) ?? [])).toEqual(first.get('targets/a'));
  expect(await store.current('targets/b')).toBeNull();
  const dropped = first.get('targets/b') ?? Buffer.alloc(0);
  expect(Buffer.from((await store.byHash('targets/b', sha256(dropped))) ?? [])).toEqual(dropped);
});

const without = (files: Map<string, Buffer>, role: string) =>
  new Map([...files].filter(([name]) => name !== role));
const withFile = (files: Map<string, Buffer>, role: string, text: string) =>
  new Map<string, Buffer>([...files, [role, Buffer.from(text)]]);

test.each<[string, string, () => Map<string, Buffer>]>([
  ['DIRECTORY-VERSION', 'the same state again', () => stateFiles(2)],
  ['DIRECTORY-VERSION', 'an older state', () => stateFiles(1)],
  ['DIRECTORY-VERSION', 'a root that leaves out a version', () => stateFiles(4)],
  ['DIRECTORY-INCOMPLETE', 'no snapshot', () => without(stateFiles(3), 'snapshot')],
  ['DIRECTORY-INCOMPLETE', 'no timestamp', () => without(stateFiles(3), 'timestamp')],
  ['DIRECTORY-INCOMPLETE', 'targets alone', () => withFile(new Map(), 'targets', '{"signed":{"version":3}}')],
  [
    'DIRECTORY-INCOMPLETE',
    'another targets',
    () => withFile(stateFiles(3), 'targets', '{"signed":{"version":3}}'),
  ],
  [
    'DIRECTORY-INCOMPLETE',
    'an unlisted role',
    () => withFile(stateFiles(3), 'targets/x', '{"signed":{"version":3}}'),
  ],
  ['DIRECTORY-FILE', 'no JSON', () => withFile(stateFiles(3), 'targets', '{')],
  ['DIRECTORY-FILE', 'no version', () => withFile(stateFiles(3), 'targets', '{"signed":{}}')],
])('%s: %s is a conflict (exit 5) and changes nothing', async (check, _, files) => {
  const folder = scratchFolder('directory');
  const store = directoryStore(folder, GUN);
  await store.publish(stateFiles(1));
  await store.publish(stateFiles(2));
  await expect(store.publish(files())).rejects.toMatchObject({ check, exit: 5 });
  expect(Buffer.from((await store.current('timestamp')) ?? [])).toEqual(stateFiles(2).get('timestamp'));
  expect(readdirSync(trustOf(folder)).sort()).toEqual(['generation.1', 'generation.2', 'lock', 'tuf']);
});

test.each([
  '',
  '/a',
  'a//b',
  '../a',
  'a/./b',
  'a/_trust',
  '.hidden/a',
  'a\nb',
  'a\0b',
  'a*b',
  '\ud800',
  'é'.repeat(128),
])('DIRECTORY-NAME: %j is refused (exit 2)', (name) => {
  expect(() => directoryStore('/tmp/none', name)).toThrow(
    expect.objectContaining({ check: 'DIRECTORY-NAME', exit: 2 }) as Error,
  );
});

test.each(['..', 'targets/../../x', 'root.1', 'targets/', 'Targets', 'targets/.x'])(
  'DIRECTORY-ROLE: %j is refused before anything is written',
  async (role) => {
    const folder = scratchFolder('directory');
    const store = directoryStore(folder, GUN);
    await expect(store.publish(withFile(stateFiles(1), role, '{}'))).rejects.toMatchObject({
      check: 'DIRECTORY-ROLE',
      exit: 2,
    });
    expect(readdirSync(folder)).toEqual([]);
  },
);

test('DIRECTORY-HASH, DIRECTORY-TOO-LARGE, DIRECTORY-IO: files that somebody else changed are not passed on', async () => {
  const folder = scratchFolder('directory');
  const store = directoryStore(folder, GUN);
  await store.publish(stateFiles(1));
  const hash = sha256(stateFiles(1).get('targets') ?? Buffer.alloc(0));
  const file = join(trustOf(folder), 'tuf', `targets.${hash}.json`);
  chmodSync(file, 0o644);
  writeFileSync(file, 'x');
  await expect(store.byHash('targets', hash)).rejects.toMatchObject({ check: 'DIRECTORY-HASH', exit: 6 });
  writeFileSync(join(trustOf(folder), 'tuf', 'timestamp.json'), Buffer.alloc(1_048_577));
  await expect(store.current('timestamp')).rejects.toMatchObject({ check: 'DIRECTORY-TOO-LARGE', exit: 6 });
  writeFileSync(join(folder, 'file'), '');
  const nowhere = directoryStore(join(folder, 'file'), GUN);
  expect(await nowhere.current('root')).toBeNull();
  await expect(nowhere.publish(stateFiles(1))).rejects.toMatchObject({ check: 'DIRECTORY-IO', exit: 6 });
});

test('R14: a publisher killed at 50 instants leaves the old state or the new, and the next one goes on', async () => {
  const folder = scratchFolder('directory');
  const store = directoryStore(folder, GUN);
  const begin = performance.now();
  await store.publish(stateFiles(1, DELEGATIONS));
  const once = performance.now() - begin;
  let version = 1;
  let inside = 0;
  for (let round = 0; round < 50; round++) {
    const child = spawn(process.execPath, [publisher, folder, GUN, String(version + 1)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let announced = version;
    const started = new Promise<void>((resolve) => {
      child.stdout.on('data', (chunk: Buffer) => {
        announced = Number(chunk.toString().trim().split('\n').at(-1));
        resolve();
      });
    });
    const gone = new Promise((resolve) => child.once('close', resolve));
    await started;
    await sleep(Math.random() * Math.max(60, once * 6));
    child.kill('SIGKILL');
    await gone;
    const found = await completeVersion(store);
    expect([announced - 1, announced]).toContain(found);
    if (readdirSync(trustOf(folder)).length > 4 || found === announced - 1) inside++;
    version = found;
  }
  expect(version).toBeGreaterThan(1);
  expect(inside).toBeGreaterThan(0);
  await store.publish(stateFiles(version + 1, DELEGATIONS));
  expect(readdirSync(trustOf(folder)).length).toBe(4);
});

test('R14: readers see whole states only while others publish, and never one that goes back', async () => {
  const folder = scratchFolder('directory');
  const store = directoryStore(folder, GUN);
  const child = spawn(process.execPath, [publisher, folder, GUN, '1', '40'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  let last = 0;
  let reads = 0;
  while (child.exitCode === null) {
    const version = await completeVersion(store);
    expect(version).toBeGreaterThanOrEqual(last);
    last = version;
    reads++;
  }
  expect(await completeVersion(store)).toBe(40);
  expect(reads).toBeGreaterThan(10);
});

test('R14: of several publishers from the same state one publishes, the others are in conflict (exit 5)', async () => {
  const folder = scratchFolder('directory');
  await directoryStore(folder, GUN).publish(stateFiles(1));
  const outcomes = await Promise.allSettled(
    Array.from({ length: 6 }, () => directoryStore(folder, GUN).publish(stateFiles(2))),
  );
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const outcome of outcomes)
    if (outcome.status === 'rejected')
      expect(outcome.reason).toMatchObject({ check: 'DIRECTORY-VERSION', exit: 5 });
});

const cleanUp: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const step of cleanUp) await step();
});

test('design section 6: behind a plain web server the stock clients read the folder as a trust server', async () => {
  const tls = await testTls();
  const folder = scratchFolder('directory');
  const web = createServer({ key: tls.keyPem, cert: tls.certPem }, (request, response) => {
    const file = join(folder, decodeURIComponent(request.url ?? '/'));
    try {
      response.end(readFileSync(statSync(file).isDirectory() ? join(file, 'index.html') : file));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  const host = `localhost:${String((web.address() as AddressInfo).port)}`;
  const url = `https://${host}`;
  const gun = `${host}/team/app`;
  // Made by the stock client on a real server, then copied.
  const peer = await startNotaryServer();
  const stores = openStores({});
  cleanUp.push(
    () => stores.close(),
    () => peer.stop(),
    () => new Promise((resolve) => web.close(resolve)),
    () => Promise.resolve(web.closeAllConnections()),
  );
  const stock = stockNotary(peer);
  await stock.init(gun);
  await stock.addhash(gun, 'v1', 7, 'ab'.repeat(32));
  await stock.publish(gun);
  const source = stores.open({
    dialect: 'notary',
    name: gun,
    place: { kind: 'server', url: peer.url, ca: peer.caPem },
  });
  const target = stores.open({
    dialect: 'notary',
    name: gun,
    place: { kind: 'directory', path: folder },
  });
  const files = new Map<string, Uint8Array>();
  for (const role of ['root', 'targets', 'snapshot', 'timestamp'])
    files.set(role, (await source.current(role)) ?? new Uint8Array());
  await target.publish(files);
  expect(await stockNotary({ url, ca: tls.ca }).list(gun)).toEqual([
    { name: 'v1', sha256: 'ab'.repeat(32), length: 7, role: 'targets' },
  ]);
  expect((await dockerClient({ url, ca: tls.ca }).inspect(gun))?.SignedTags).toEqual([
    { SignedTag: 'v1', Digest: 'ab'.repeat(32), Signers: ['Repo Admin'] },
  ]);
});
