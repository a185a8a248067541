import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import {
  agreed,
  delegate,
  estate,
  stationKey,
  type Agreed,
  type Delegate,
  type Estate,
} from '../loop/estate.ts';
import { plainRequest } from '../peers/https.ts';
import { dockerClient } from '../peers/docker-client.ts';
import type { NotaryServerPeer } from '../peers/notary-server.ts';
import { runOk, scratchFolder } from '../peers/process.ts';
import { softHsm } from '../peers/softhsm.ts';
import { hashOf, roundTrip } from '../peers/stations.ts';
import { stockNotary, type StockNotary } from '../peers/stock-notary.ts';
import { keysOf, signedBy, signersOf } from './what-docker-shows.ts';

// each step is a dozen programs, one after the other
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

/**
 * One repository's life, operation by operation (facts, notary-v1.md 13): root and targets keys in an HSM, keys of
 * delegations at the online station and at people who use the stock client. After each operation the stock clients
 * agree with ours.
 */
export function testOperations(startServer: () => Promise<NotaryServerPeer>): void {
  let server: NotaryServerPeer;
  let app: Estate;
  /** What all clients agreed on after the last operation. */
  let last: Agreed;
  /** The root key in use. */
  let root: string[] = [];
  let alice: { readonly id: string; readonly file: string };
  let sub: { readonly id: string; readonly file: string };
  let bob: Delegate;
  let carol: Delegate;

  beforeAll(async () => {
    server = await startServer();
    app = await estate(server, 'estate/app', { token: await softHsm() });
  });
  afterAll(() => server.stop());

  const step = async (name: string): Promise<Agreed> => (last = await app.step(name, ...root));
  const agree = async (): Promise<Agreed> => (last = await app.agree());
  const addhash = (name: string, number: number, ...roles: string[]): Promise<unknown> =>
    app.stage(
      ...['addhash', app.gun, name, String(100 + number), '--sha256', hashOf(number)],
      ...roles.flatMap((role) => ['-r', role]),
    );
  /** Signs with keys that the online station holds, and publishes: no stick. */
  const publishHere = async (): Promise<Agreed> => {
    await app.online.ok('publish', '--passphrase-file', app.passphraseFile);
    return agree();
  };

  async function newRoot(label: string): Promise<void> {
    const { id } = await app.offline.ok<{ id: string }>(
      ...['key', 'generate', 'root', '--token', `${app.token?.uri ?? ''};object=${label}`, ...app.secrets],
    );
    root = ['--key', id];
    await app.stage('key', 'rotate', app.gun, 'root');
  }

  test('init', async () => {
    const { targets, versions } = await agree();
    expect(targets).toEqual(['v1 targets', 'v2 targets']);
    expect(versions).toEqual({ root: 1, targets: 1, snapshot: 1, timestamp: 1 });
  });

  test('add', async () => {
    await addhash('v3', 3);
    expect((await step('add')).targets).toEqual(['v1 targets', 'v2 targets', 'v3 targets']);
  });

  test('remove', async () => {
    await app.stage('remove', app.gun, 'v1');
    expect((await step('remove')).targets).toEqual(['v2 targets', 'v3 targets']);
    expect(last.versions).toMatchObject({ root: 1, targets: 3 });
  });

  test('two signers are added, one with a key of this station, one with a certificate', async () => {
    alice = await stationKey(app, app.online, 'targets/alice');
    await app.online.ok('signer', 'add', 'alice', alice.file, app.gun);
    expect(signersOf(await step('alice'))).toEqual(['alice']);
    bob = await delegate(server);
    await app.online.ok('signer', 'add', 'bob', bob.certificate, app.gun);
    expect(signersOf(await step('bob'))).toEqual(['bob', 'alice']);
    expect(last.versions).toMatchObject({ root: 1, targets: 5 });
  });

  test('both sign into their delegations', async () => {
    await addhash('a1', 11, 'targets/alice', 'targets/releases');
    expect(signedBy(await publishHere(), 'a1')).toEqual(['alice']);
    await bob.sign(app.gun, 'b1', 12, 'targets/bob', 'targets/releases');
    expect(signedBy(await agree(), 'b1')).toEqual(['bob']);
    await addhash('a2', 13, 'targets/alice', 'targets/releases');
    expect((await publishHere()).targets).toEqual([
      ...['a1 targets/alice', 'a2 targets/alice', 'b1 targets/releases'],
      ...['v2 targets', 'v3 targets'],
    ]);
    expect(last.versions).toMatchObject({ targets: 5, 'targets/releases': 3, 'targets/alice': 2 });
  });

  test('a nested delegation is declared by the file of its parent, and signed into', async () => {
    sub = await stationKey(app, app.online, 'targets/alice/sub');
    await app.stage('delegation', 'add', app.gun, 'targets/alice/sub', sub.file, '--paths', 's/');
    expect((await publishHere()).versions).toMatchObject({ 'targets/alice': 3 });
    await addhash('s/1', 21, 'targets/alice/sub');
    expect((await publishHere()).targets).toContain('s/1 targets/alice/sub');
    expect(last.versions).toMatchObject({ 'targets/alice': 3, 'targets/alice/sub': 1 });
  });

  test('the targets key is rotated', async () => {
    const before = last;
    await app.stage('key', 'rotate', app.gun, 'targets');
    expect(keysOf(await step('targets-key'), 'Repository')).not.toEqual(keysOf(before, 'Repository'));
    expect(last.targets).toEqual(before.targets);
    expect(last.versions).toMatchObject({ root: 2, targets: 6 });
  });

  test('the root key is rotated, and twice more while a client is asleep', async () => {
    const roots = [keysOf(last, 'Root')];
    await newRoot('second');
    roots.push(keysOf(await step('root-2'), 'Root'));
    const sleepers = [stockNotary(server), dockerClient(server)] as const;
    await Promise.all([sleepers[0].list(app.gun), sleepers[1].inspect(app.gun)]);
    for (const label of ['third', 'fourth']) {
      await newRoot(label);
      roots.push(keysOf(await step(label), 'Root'));
    }
    expect(new Set(roots.flat()).size).toBe(4);
    expect(last.versions).toMatchObject({ root: 5, targets: 6 });
    await agreed({ ...app, kept: sleepers[0], docker: sleepers[1] });
  });

  test('each role is refreshed', async () => {
    const before = last;
    await app.stage('refresh', app.gun, '--expires', '1000d');
    await step('refresh');
    await app.stage('refresh', app.gun, 'targets/alice', 'targets/alice/sub', 'targets/releases');
    await publishHere();
    expect(last.targets).toEqual(before.targets);
    const { versions } = before;
    for (const role of ['root', 'targets', 'targets/alice', 'targets/alice/sub', 'targets/releases'])
      expect(last.versions[role], role).toBe((versions[role] ?? 0) + 1);
    expect(last.versions['targets/bob']).toBe(versions['targets/bob']);
  });

  test('the keys of the server are rotated', async () => {
    const keys = async (): Promise<(string | undefined)[]> => {
      const { body } = await plainRequest(`${server.url}/v2/${app.gun}/_trust/tuf/root.json`, server);
      const { signed } = JSON.parse(body.toString()) as {
        signed: { roles: Record<string, { keyids: string[] }> };
      };
      return ['snapshot', 'timestamp'].map((role) => signed.roles[role]?.keyids.join(' '));
    };
    const before = await keys();
    for (const role of ['snapshot', 'timestamp']) await app.stage('key', 'rotate', app.gun, role, '-r');
    expect((await step('server-keys')).versions).toMatchObject({ root: 7, targets: 7 });
    const after = await keys();
    expect(new Set([...before, ...after]).size).toBe(4);
  });

  test('witness', async () => {
    const before = last;
    await app.stage('witness', app.gun, 'targets/alice');
    await publishHere();
    await app.stage('witness', app.gun, 'targets');
    await step('witness');
    expect(last.targets).toEqual(before.targets);
    expect(last.versions).toMatchObject({ root: 7, targets: 8, 'targets/alice': 5 });
  });

  test('a signer is removed', async () => {
    await app.online.ok('signer', 'remove', 'bob', app.gun);
    expect(signersOf(await step('remove-bob'))).toEqual(['alice/sub', 'alice']);
    expect(signedBy(last, 'b1')).toEqual(['Repo Admin']);
    expect(last.versions['targets/bob']).toBeUndefined();
  });

  test('the root certificate is renewed', async () => {
    const before = last;
    await app.stage('key', 'renew', app.gun);
    expect(keysOf(await step('certificate'), 'Root')).not.toEqual(keysOf(before, 'Root'));
    expect(last.versions).toMatchObject({ root: 8, targets: 9 });
  });

  test('revoke', async () => {
    await app.stage('revoke', `${app.gun}:a1`);
    expect((await publishHere()).targets).not.toContain('a1 targets/alice');
    await app.stage('revoke', `${app.gun}:v2`);
    expect((await step('revoke')).targets).toEqual([
      ...['a2 targets/alice', 'b1 targets/releases', 's/1 targets/alice/sub', 'v3 targets'],
    ]);
  });

  test('the stock client adds a target on top with the key of its delegation, and we go on from that', async () => {
    carol = await delegate(server, 'rsa');
    await app.online.ok('signer', 'add', 'carol', carol.publicKey, app.gun);
    await step('carol');
    const releases = last.versions['targets/releases'] ?? 0;
    await carol.sign(app.gun, 'c1', 31, 'targets/carol', 'targets/releases');
    expect(signedBy(await agree(), 'c1')).toEqual(['carol']);
    expect(last.versions['targets/releases']).toBe(releases + 1);
    await addhash('a3', 32, 'targets/alice', 'targets/releases');
    expect((await publishHere()).targets).toEqual([
      ...['a2 targets/alice', 'a3 targets/alice', 'b1 targets/releases', 'c1 targets/releases'],
      ...['s/1 targets/alice/sub', 'v3 targets'],
    ]);
    expect(last.versions['targets/releases']).toBe(releases + 2);
    await addhash('v4', 4);
    expect((await step('on-top')).targets).toContain('v4 targets');
  });

  test('the stock client adds a target on top with the targets key, and we go on from that', async () => {
    const gun = `${server.host}/estate/shared`;
    const folder = scratchFolder('shared');
    const [key, file] = [join(folder, 'key.pem'), join(folder, 'public.pem')];
    await runOk('openssl', ['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', key]);
    await runOk('openssl', ['pkey', '-in', key, '-pubout', '-out', file]);
    const [stock, kept]: StockNotary[] = [stockNotary(server), stockNotary(server)] as const;
    const imported = await stock.run(['key', 'import', key, '-r', 'targets', '-g', gun]);
    expect(imported.code, imported.stderr).toBe(0);
    await app.offline.ok(
      ...['key', 'import', key, '--role', 'targets', '--repository', gun, ...app.secrets],
      ...['--token', `${app.token?.uri ?? ''};object=shared`],
    );
    await app.online.ok('repository', 'add', gun, '--server', server.url, '--ca', server.ca);
    await app.online.ok('init', gun, '--targets-key', file);
    await app.online.ok('addhash', gun, 'o1', '101', '--sha256', hashOf(41));
    await roundTrip(app, 'shared', ...root);
    const watchers = { ...app, gun, kept, docker: dockerClient(server) };
    expect((await agreed(watchers)).targets).toEqual(['o1 targets']);

    await stock.addhash(gun, 's1', 102, hashOf(42));
    await stock.publish(gun);
    expect((await agreed(watchers)).versions).toMatchObject({ root: 1, targets: 2 });
    await app.online.ok('addhash', gun, 'o2', '103', '--sha256', hashOf(43));
    await roundTrip(app, 'shared-on-top', ...root);
    const on = await agreed(watchers);
    expect(on.targets).toEqual(['o1 targets', 'o2 targets', 's1 targets']);
    expect(on.versions).toMatchObject({ root: 1, targets: 3 });
  });
}
