import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { nssToken } from '../peers/nss.ts';
import { softHsm, type TestToken } from '../peers/softhsm.ts';
import { onlineKey, tufEstate, type TufEstate } from './estate.ts';

// each step is a dozen programs, one after the other
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let app: TufEstate;
let tokens: readonly TestToken[];
beforeAll(async () => {
  tokens = [await softHsm('a'), await softHsm('b'), await nssToken()];
  app = await tufEstate('firmware', tokens);
});
afterAll(() => app.server.stop());

interface Listed {
  readonly targets: readonly { readonly name: string; readonly role: string }[];
  readonly roles: readonly { readonly role: string; readonly version: number }[];
}

/** What our own reader lists: `name role`, and the version of each role. */
async function listed(): Promise<{ targets: string[]; versions: Record<string, number> }> {
  const { targets, roles } = await app.online.ok<Listed>('list', app.name);
  return {
    targets: targets.map(({ name, role }) => `${name} ${role}`),
    versions: Object.fromEntries(roles.map(({ role, version }) => [role, version])),
  };
}

/** A key of a delegated role in a station's token, known at the online one by its card. */
async function delegateKey(index: number, role: string): Promise<void> {
  const station = app.at(index);
  const place = ['--dialect', 'tuf', '--token', `${tokens[index]?.uri ?? ''};object=${role}-${station.name}`];
  await station.ok('key', 'generate', role, ...place, ...station.secrets);
  await app.renewCard(index);
}

async function keysOf(index: number, role: string): Promise<string[]> {
  const { keys } = await app.at(index).ok<{ keys: { id: string; role: string }[] }>('key', 'list');
  return keys.filter((key) => key.role === role).map(({ id }) => id);
}

test('init', async () => {
  await app.stage('init', app.name, '--root-key', 'vault-a', '--targets-key', 'vault-a');
  await app.addhash('app/1.bin');
  await app.step('init');
  expect((await listed()).versions).toMatchObject({ root: 1, targets: 1, snapshot: 1, timestamp: 1 });
});

test('addhash', async () => {
  await app.addhash('app/2.bin');
  await app.step('addhash');
  expect((await listed()).targets).toEqual(['app/1.bin targets', 'app/2.bin targets']);
});

test('add --from a list', async () => {
  const lines = ['list/1.bin', 'list/2.bin', 'top'].map((name) => {
    const { length, sha256 } = app.target(name);
    return `${name},${length},${sha256}\n`;
  });
  const list = app.on('list.csv');
  writeFileSync(list, `name,length,sha256\n${lines.join('')}`);
  await app.stage('add', app.name, '--from', list);
  await app.step('list');
});

test('remove', async () => {
  await app.stage('remove', app.name, 'list/2.bin');
  app.expected.delete('list/2.bin');
  await app.step('remove');
  expect((await listed()).targets).toEqual(
    ['app/1.bin', 'app/2.bin', 'list/1.bin', 'top'].map((name) => `${name} targets`),
  );
});

test('delegation add, to a key of the same offline station', async () => {
  await delegateKey(0, 'team');
  await app.stage('delegation', 'add', app.name, 'team', 'vault-a', '--paths', 'team/*');
  await app.step('delegation');
});

test('a target into the delegated role', async () => {
  await app.addhash('team/1.bin', 'team');
  await app.step('into');
  expect((await listed()).targets).toContain('team/1.bin team');
});

test('delegation with two keys and threshold 2, over two stations', async () => {
  await delegateKey(0, 'release');
  await delegateKey(1, 'release');
  const keys = ['vault-a', 'vault-b'];
  await app.stage(
    'delegation',
    'add',
    app.name,
    'release',
    ...keys,
    '--paths',
    'release/*',
    '--threshold',
    '2',
  );
  await app.addhash('release/1.bin', 'release');
  await app.step('two', 0, 1);
});

test('delegation remove', async () => {
  await app.stage('delegation', 'remove', app.name, 'team');
  app.expected.delete('team/1.bin');
  await app.step('undelegated');
  expect((await listed()).targets).not.toContain('team/1.bin team');
});

test('rotation of the targets key', async () => {
  await app.stage('key', 'rotate', app.name, 'targets', '--key', 'vault-b');
  await app.step('targets', 0, 1);
});

test('rotation of the root key', async () => {
  await app.stage('key', 'rotate', app.name, 'root', '--key', 'vault-b');
  await app.step('root', 0, 1);
  expect((await listed()).versions).toMatchObject({ root: 3 });
});

test.each(['snapshot', 'timestamp'])('rotation of the %s key, held online', async (role) => {
  await onlineKey(app, role, `newer ${role}`);
  await app.stage('key', 'rotate', app.name, role);
  await app.step(role, 1);
});

test('targets need 2 of 3 keys of three stations', async () => {
  await app.stage('threshold', app.name, 'targets', '2', '--add', 'vault-a', '--add', 'vault-c');
  await app.step('targets-threshold', 1, 2);
  await app.addhash('app/3.bin');
  await app.step('two-of-three-targets', 0, 2);
});

test('root needs 2 of 3 keys of three stations', async () => {
  await app.stage('threshold', app.name, 'root', '2', '--add', 'vault-a', '--add', 'vault-c');
  await app.step('root-threshold', 1, 2);
  await app.stage('refresh', app.name, 'root');
  await app.step('two-of-three-root', 0, 2);
});

test('remove-compromised: a key of root and one of targets leave without being asked', async () => {
  for (const role of ['root', 'targets'])
    for (const key of await keysOf(0, role)) await app.stage('remove-compromised', app.name, role, key);
  await app.step('compromised', 1, 2);
  const [left = ''] = await keysOf(1, 'root');
  await expect(app.stage('remove-compromised', app.name, 'root', left, '--threshold', '1')).rejects.toThrow(
    /CHANGE-QUORUM/,
  );
});

test('refresh of root and targets', async () => {
  await app.stage('refresh', app.name, '--expires', '80d');
  await app.step('refresh', 2, 1);
});
