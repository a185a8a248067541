import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openNotaryServer } from '../../src/online/notary-server/server.ts';
import type { NotaryServer } from '../../src/online/notary-server/server.ts';
import { startNotaryServer } from '../peers/notary-server.ts';
import type { NotaryServerPeer } from '../peers/notary-server.ts';
import { freePort } from '../peers/ports.ts';
import { runOk, scratchFolder } from '../peers/process.ts';
import { stockNotary } from '../peers/stock-notary.ts';
import type { StockNotary } from '../peers/stock-notary.ts';

let peer: NotaryServerPeer;
let server: NotaryServer;
let stock: StockNotary;
let gun: string;

beforeAll(async () => {
  peer = await startNotaryServer();
  server = openNotaryServer({ url: peer.url, ca: peer.caPem, environment: {} });
  stock = stockNotary(peer);
  gun = `${peer.host}/team/app`;
  await stock.init(gun);
  await stock.addhash(gun, 'v1', 7, 'ab'.repeat(32));
  await stock.publish(gun);
  const folder = scratchFolder('delegate');
  await runOk('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'],
    ...['-subj', '/CN=alice', '-keyout', join(folder, 'key'), '-out', join(folder, 'crt')],
  ]);
  writeFileSync(join(folder, 'pem'), (await runOk('cat', [join(folder, 'key')])).stdout, { mode: 0o600 });
  await stock.run(['key', 'import', join(folder, 'pem'), '-r', 'alice']);
  await stock.run(['delegation', 'add', gun, 'targets/alice', join(folder, 'crt'), '--all-paths', '-p']);
  await stock.addhash(gun, 'd1', 9, 'cd'.repeat(32), ['targets/alice']);
  await stock.publish(gun);
});
afterAll(async () => {
  await server.close();
  await peer.stop();
});

const text = (bytes: Uint8Array | null): string => Buffer.from(bytes ?? []).toString();
const signed = (bytes: Uint8Array | null): { version: number; _type: string } =>
  (JSON.parse(text(bytes)) as { signed: { version: number; _type: string } }).signed;
const hash = (bytes: Uint8Array | null): string =>
  createHash('sha256')
    .update(bytes ?? new Uint8Array())
    .digest('hex');

test('every file that the stock client published is read, by name, by hash and by version', async () => {
  const store = server.repository(gun);
  for (const role of ['root', 'targets', 'snapshot', 'timestamp', 'targets/alice']) {
    const current = await store.current(role);
    expect(current, role).not.toBeNull();
    expect(await store.byHash(role, hash(current), current?.length)).toEqual(current);
  }
  expect(signed(await store.current('targets/alice'))._type).toBe('Targets');
  const root = await store.current('root');
  expect(await store.rootVersion(signed(root).version)).toEqual(root);
  expect(signed(await store.rootVersion(1)).version).toBe(1);
});

test('what does not exist is null: repository, role, hash, version', async () => {
  const store = server.repository(gun);
  expect(await store.current('targets/bob')).toBeNull();
  expect(await store.byHash('targets', '00'.repeat(32))).toBeNull();
  expect(await store.rootVersion(77)).toBeNull();
  expect(await server.repository(`${gun}-none`).current('root')).toBeNull();
});

test('facts 6: the hash alone finds a file of the memory store, so the role in it is for the caller to check', async () => {
  const store = server.repository(gun);
  const root = await store.current('root');
  expect(await store.byHash('targets', hash(root))).toEqual(root);
});

test('serverKey: the public keys that the server signs with', async () => {
  const store = server.repository(`${peer.host}/team/new`);
  for (const role of ['snapshot', 'timestamp'] as const)
    expect(JSON.parse(text(await store.serverKey(role)))).toMatchObject({ keytype: 'ed25519' });
});

test('publish of nothing makes the server sign snapshot and timestamp anew', async () => {
  const store = server.repository(gun);
  const before = signed(await store.current('timestamp')).version;
  await store.publish(new Map());
  expect(signed(await store.current('timestamp')).version).toBe(before + 1);
});

test('SERVER-VERSION: publishing what is there already is a conflict (exit 5) and changes nothing', async () => {
  const store = server.repository(gun);
  const before = await store.current('timestamp');
  const files = new Map<string, Uint8Array>();
  for (const role of ['targets', 'targets/alice'])
    files.set(role, (await store.current(role)) ?? new Uint8Array());
  await expect(store.publish(files)).rejects.toMatchObject({ check: 'SERVER-VERSION', exit: 5 });
  expect(await store.current('timestamp')).toEqual(before);
});

test('SERVER-REFUSED: a root that names the timestamp key of another server, posted whole or not at all', async () => {
  const other = await startNotaryServer();
  const target = openNotaryServer({ url: other.url, ca: other.caPem, environment: {} });
  try {
    // The name is free text: the server does not look at the host in it.
    const fresh = stockNotary({ ...peer, trustDir: stock.trustDir });
    const name = `${peer.host}/moved/app`;
    await fresh.init(name, { serverSnapshot: false });
    await fresh.addhash(name, 'v1', 7, 'ef'.repeat(32));
    await fresh.publish(name);
    const source = server.repository(name);
    const files = new Map<string, Uint8Array>();
    for (const role of ['root', 'targets', 'snapshot'])
      files.set(role, (await source.current(role)) ?? new Uint8Array());
    // The root names a timestamp key that only the first server holds.
    await expect(target.repository(name).publish(files)).rejects.toMatchObject({
      check: 'SERVER-REFUSED',
      exit: 5,
      found: expect.stringContaining('no  timestamp keys exist on the server') as string,
    });
    expect(await target.repository(name).current('root')).toBeNull();
  } finally {
    await target.close();
    await other.stop();
  }
});

test('SERVER-REFUSED: an upload that the server judges invalid is exit 5, its words are data', async () => {
  const store = server.repository(gun);
  const broken = new Map([['targets', Buffer.from('{"signed":{"_type":"Targets"},"signatures":[]}')]]);
  await expect(store.publish(broken)).rejects.toMatchObject({
    check: 'SERVER-REFUSED',
    exit: 5,
    found: expect.stringContaining('INVALID_UPDATE') as string,
  });
  const malformed = new Map([['targets/alice', Buffer.from('nothing')]]);
  await expect(store.publish(malformed)).rejects.toMatchObject({
    check: 'SERVER-REFUSED',
    found: expect.stringContaining('MALFORMED_JSON') as string,
  });
});

test('SERVER-TLS: without the authority of the server nothing is sent, and the hint names --ca', async () => {
  const strange = openNotaryServer({ url: peer.url, environment: {} });
  await expect(strange.repository(gun).current('root')).rejects.toMatchObject({
    check: 'SERVER-TLS',
    exit: 6,
    hint: expect.stringContaining('--ca') as string,
  });
  await expect(strange.repository(gun).publish(new Map())).rejects.toMatchObject({
    check: 'SERVER-TLS',
    exit: 6,
  });
  await strange.close();
});

test('SERVER-UNREACHABLE: nobody listens (exit 6)', async () => {
  const nobody = openNotaryServer({ url: `https://127.0.0.1:${String(await freePort())}`, environment: {} });
  await expect(nobody.repository(gun).current('root')).rejects.toMatchObject({
    check: 'SERVER-UNREACHABLE',
    exit: 6,
  });
  await expect(nobody.repository(gun).publish(new Map())).rejects.toMatchObject({
    check: 'SERVER-UNREACHABLE',
  });
  await expect(nobody.probe()).rejects.toMatchObject({ check: 'SERVER-UNREACHABLE' });
  await nobody.close();
});

test('a thousand reads of many repositories share one small pool', async () => {
  const names = Array.from({ length: 1_000 }, (_, index) => `${peer.host}/many/${String(index)}`);
  const answers = await Promise.all(names.map(async (name) => server.repository(name).current('root')));
  expect(answers.every((answer) => answer === null)).toBe(true);
});

test.each(['with space', 'ümlaut', 'a:b@c', 'quote"s', '日本', 'plus+and&', "it's(1)!"])(
  'SERVER-GUN: %j is one and the same repository for the stock client and for us',
  async (name) => {
    const odd = `${peer.host}/odd/${name}`;
    await stock.init(odd, { serverSnapshot: false });
    await stock.publish(odd);
    expect(await server.repository(odd).current('root')).not.toBeNull();
  },
);

test.each([
  '',
  '/a',
  'a/',
  'a//b',
  'a/../b',
  './a',
  'a*',
  'a?b',
  'a#b',
  'a%2Fb',
  'a\\b',
  'a\nb',
  '\ud800',
  'x'.repeat(256),
])('SERVER-GUN: %j is refused before anything is sent', (name) => {
  expect(() => server.repository(name)).toThrow(
    expect.objectContaining({ check: 'SERVER-GUN', exit: 2 }) as Error,
  );
});

test.each([
  '',
  'Root',
  'targets/',
  'targets/A',
  'targets//a',
  'targets/..',
  'root.1',
  `targets/${'a'.repeat(248)}`,
])('SERVER-ROLE: %j is refused before anything is sent', async (role) => {
  const store = server.repository(gun);
  await expect(store.current(role)).rejects.toMatchObject({ check: 'SERVER-ROLE' });
  await expect(store.publish(new Map([[role, Buffer.from('{}')]]))).rejects.toMatchObject({
    check: 'SERVER-ROLE',
  });
});

test.each(['http://example.com', 'https://u:p@h', 'https://h/path', 'https://h?q', 'ftp://h', 'h:443', ''])(
  'SERVER-URL: %j is refused',
  (url) => {
    expect(() => openNotaryServer({ url, environment: {} })).toThrow(
      expect.objectContaining({ check: 'SERVER-URL', exit: 2 }) as Error,
    );
  },
);
