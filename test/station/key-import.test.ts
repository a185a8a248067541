import { createPrivateKey } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dockerClient } from '../peers/docker-client.ts';
import { startNotaryServer, type NotaryServerPeer } from '../peers/notary-server.ts';
import { run, runOk, scratchFolder } from '../peers/process.ts';
import { softHsm } from '../peers/softhsm.ts';
import { exportAll, pair, publish, signAll, station, stations, withOnlineKeys } from '../peers/stations.ts';
import type { TestStation } from '../peers/stations.ts';
import { PASSPHRASE, stockNotary, type StockNotary } from '../peers/stock-notary.ts';

interface Listed {
  readonly id: string;
  readonly role: string;
  readonly repository: string | null;
  readonly grade: string;
}

interface Imported {
  readonly imported: readonly (Listed & { readonly file: string; readonly misnamed: string | null })[];
  readonly skipped: readonly { readonly role: string; readonly why: string }[];
}

const NOTARY = { NOTARY_ROOT_PASSPHRASE: PASSPHRASE, NOTARY_TARGETS_PASSPHRASE: PASSPHRASE };

let server: NotaryServerPeer;
let client: StockNotary;
let gun: string;
/** `notary key list`: role, repository as far as it is shown, canonical key ID. */
let listed: readonly { readonly role: string; readonly id: string }[];
beforeAll(async () => {
  server = await startNotaryServer();
  gun = `${server.host}/import/app`;
  client = stockNotary({ url: server.url, ca: server.ca });
  await client.init(gun, { serverSnapshot: false });
  const { stdout } = await client.run(['key', 'list']);
  listed = [...stdout.matchAll(/^(root|targets|snapshot)\s.*?([0-9a-f]{64})/gm)].map(([, role, id]) => ({
    role: role ?? '',
    id: id ?? '',
  }));
});
afterAll(() => server.stop());

/** A vault and the file with the passphrase of its own key files. */
async function vault(env: Readonly<Record<string, string>> = {}): Promise<TestStation> {
  return station('offline', 'vault', env);
}

function secret(text: string): string {
  const file = join(scratchFolder('secret'), 'secret');
  writeFileSync(file, `${text}\n`, { mode: 0o600 });
  return file;
}

function keyFileOf(role: string): string {
  const id = listed.find((key) => key.role === role)?.id ?? '';
  return join(client.trustDir, 'private', `${id}.key`);
}

async function keysOf(at: TestStation): Promise<readonly Listed[]> {
  return (await at.ok<{ keys: Listed[] }>('key', 'list')).keys;
}

describe('a trust folder of the stock notary client', () => {
  test('its root and targets keys, under the IDs that notary key list prints; a second run changes nothing', async () => {
    expect(listed).toHaveLength(3);
    const offline = await vault(NOTARY);
    const folder = join(client.trustDir, 'private');
    const result = await offline.ok<Imported>('key', 'import', folder);
    expect(result.skipped).toMatchObject([{ role: 'snapshot', why: 'other-side' }]);
    const expected = listed.filter(({ role }) => role !== 'snapshot');
    const keys = await keysOf(offline);
    expect(keys.map(({ role, id }) => ({ role, id })).sort(byId)).toEqual([...expected].sort(byId));
    expect(keys.map(({ role, repository, grade }) => [role, repository, grade]).sort()).toEqual([
      ['root', null, 'F'],
      ['targets', `notary:${gun}`, 'F'],
    ]);
    expect(result.imported.map(({ misnamed }) => misnamed)).toEqual([null, null]);
    const again = await offline.ok<Imported>('key', 'import', folder);
    expect(again.imported).toEqual([]);
    expect(again.skipped.map(({ why }) => why).sort()).toEqual(['known', 'known', 'other-side']);
    expect(await keysOf(offline)).toEqual(keys);
  });

  test('the snapshot key belongs to an online station, and no other key does', async () => {
    const online = await station('online', 'build', { NOTARY_SNAPSHOT_PASSPHRASE: PASSPHRASE });
    const result = await online.ok<Imported>('key', 'import', join(client.trustDir, 'private'));
    expect(result.imported.map(({ role }) => role)).toEqual(['snapshot']);
    const refused = await online.run(['key', 'import', keyFileOf('root'), '--json']);
    expect(refused.code).toBe(2);
    expect(refused.json()).toMatchObject({ error: { check: 'KEY-ROLE' } });
  });

  test('KEY-KNOWN: a file that is named itself is not taken twice', async () => {
    const offline = await vault(NOTARY);
    await offline.ok('key', 'import', keyFileOf('root'));
    const twice = await offline.run(['key', 'import', keyFileOf('root'), '--json']);
    expect(twice.code).toBe(2);
    expect(twice.json()).toMatchObject({ error: { check: 'KEY-KNOWN', where: keyFileOf('root') } });
  });

  test('R12 S22 PASSPHRASE-INCORRECT: one error that says where the passphrase came from, and nothing is kept', async () => {
    const wrong = { NOTARY_ROOT_PASSPHRASE: 'canary-wrong-5521' };
    const offline = await vault(wrong);
    const refused = await offline.run(['key', 'import', keyFileOf('root'), '--json']);
    expect(refused.code).toBe(6);
    expect(refused.json()).toMatchObject({
      error: {
        check: 'PASSPHRASE-INCORRECT',
        found: 'the passphrase from NOTARY_ROOT_PASSPHRASE',
        where: keyFileOf('root'),
      },
    });
    expect(refused.stdout + refused.stderr).not.toContain('canary');
    expect(readdirSync(join(offline.home, 'keys'))).toEqual([]);
    expect(await keysOf(offline)).toEqual([]);
    // a file comes before the variable
    const [right, own] = [secret(PASSPHRASE), secret('own passphrase')];
    await offline.ok(
      ...['key', 'import', keyFileOf('root'), '--import-passphrase-file', right, '--passphrase-file', own],
    );
  });

  test('S22 PASSPHRASE-VARIABLES: two variables that differ', async () => {
    const offline = await vault({ ...NOTARY, DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: 'another' });
    const refused = await offline.run(['key', 'import', keyFileOf('root'), '--json']);
    expect(refused.code).toBe(2);
    expect(refused.json()).toMatchObject({ error: { check: 'PASSPHRASE-VARIABLES' } });
  });

  test('a file under the name of another key is taken in, and shown', async () => {
    const offline = await vault(NOTARY);
    const other = 'ab'.repeat(32);
    const file = join(scratchFolder('misnamed'), `${other}.key`);
    copyFileSync(keyFileOf('root'), file);
    const { code, stdout } = await offline.run(['key', 'import', file]);
    expect(code).toBe(0);
    expect(stdout).toContain('is named after another key');
    expect(stdout).toContain(other);
    expect(stdout).toContain(listed.find(({ role }) => role === 'root')?.id);
    expect(stdout).toContain('Rotate');
  });

  test('what notary key export writes, several keys in one file', async () => {
    const file = join(scratchFolder('exported'), 'all.pem');
    await client.run(['key', 'export', '-o', file]);
    const offline = await vault(NOTARY);
    const bad = await offline.run(['key', 'import', file, '--json']);
    expect(bad.json()).toMatchObject({ error: { check: 'KEY-ROLE' } });
    const folder = scratchFolder('folder');
    renameSync(file, join(folder, 'all.pem'));
    const result = await offline.ok<Imported>('key', 'import', folder);
    expect(result.imported.map(({ role }) => role).sort()).toEqual(['root', 'targets']);
  });
});

describe('keys of the docker client', () => {
  test('a signer key made by docker trust key generate: role targets/NAME, on either side', async () => {
    const folder = scratchFolder('docker');
    const env = {
      HOME: folder,
      DOCKER_CONFIG: folder,
      DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: 'docker root',
      DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: 'docker repository',
      DOCKER_CONTENT_TRUST_SERVER: server.url,
      DOCKER_HOST: 'unix:///nonexistent/docker.sock',
    };
    dockerClient({ url: server.url, ca: server.ca, config: folder });
    await runOk('docker', ['trust', 'key', 'generate', 'alice'], { env, cwd: folder });
    const repository = `${server.host}/import/docker`;
    await runOk(
      'docker',
      ['trust', 'signer', 'add', '--key', join(folder, 'alice.pub'), 'alice', repository],
      {
        env,
        cwd: folder,
      },
    );
    const trust = join(folder, 'trust', 'private');
    for (const at of [await vault(env), await station('online', 'build', env)]) {
      const result = await at.ok<Imported>('key', 'import', trust);
      const roles = result.imported.map(({ role }) => role).sort();
      expect(roles).toEqual(at.name === 'vault' ? ['root', 'targets', 'targets/alice'] : ['targets/alice']);
      for (const { id, misnamed } of result.imported) {
        expect(misnamed).toBeNull();
        expect(readdirSync(trust)).toContain(`${id}.key`);
      }
    }
  });
});

describe('layouts and roles', () => {
  test('the folders of Notary before 0.4: role and repository from the path', async () => {
    const old = scratchFolder('old');
    const name = 'registry.example.com:5000/old/app';
    const [root, targets] = ['root', 'targets'].map((role) => plainPem(keyFileOf(role)));
    const ids = ['root', 'targets'].map((role) => listed.find((key) => key.role === role)?.id ?? '');
    mkdirSync(join(old, 'private', 'root_keys'), { recursive: true });
    mkdirSync(join(old, 'private', 'tuf_keys', name), { recursive: true });
    writeFileSync(join(old, 'private', 'root_keys', `${ids[0] ?? ''}_root.key`), root ?? '');
    writeFileSync(join(old, 'private', 'tuf_keys', name, `${ids[1] ?? ''}_targets.key`), targets ?? '');
    const offline = await vault();
    const result = await offline.ok<Imported>('key', 'import', old, '--passphrase-file', secret('own'));
    expect(result.imported.map(({ role, repository, id }) => [role, repository, id]).sort()).toEqual([
      ['root', null, ids[0]],
      ['targets', `notary:${name}`, ids[1]],
    ]);
  });

  test.each([
    ['no role anywhere', '', [], 2, 'KEY-ROLE'],
    ['just "delegation"', 'role: delegation\n\n', [], 2, 'KEY-ROLE'],
    ['another role than the file says', 'role: root\n\n', ['--role', 'targets'], 2, 'KEY-ROLE'],
    ['a role that is no name', 'role: Up/../x\n\n', [], 3, 'NAME-ROLE'],
    [
      'another repository than the file says',
      'gun: registry.example.com/a\nrole: targets\n\n',
      ['--repository', 'registry.example.com/b'],
      2,
      'KEY-REPOSITORY',
    ],
    ['a repository that is no name', 'gun: a//b\nrole: targets\n\n', [], 3, 'NAME-REPOSITORY'],
  ])('refused: %s', async (_, headers, flags, code, check) => {
    const offline = await vault();
    const file = join(scratchFolder('role'), 'key.pem');
    writeFileSync(file, plainPem(keyFileOf('root')).replace('-----\n', `-----\n${headers}`));
    const finished = await offline.run(['key', 'import', file, ...flags, '--json']);
    expect(finished.code).toBe(code);
    expect(finished.json()).toMatchObject({ error: { check } });
    expect(await keysOf(offline)).toEqual([]);
  });

  test.each([
    ['role: delegation\n\n', ['--role', 'targets/releases'], 'targets/releases'],
    ['role: alice\n\n', [], 'targets/alice'],
    ['role: targets/releases\n\n', [], 'targets/releases'],
    ['', ['--role', 'bob'], 'targets/bob'],
  ])('%j with %j is a key of %s', async (headers, flags, role) => {
    const online = await station('online', 'build');
    const file = join(scratchFolder('role'), 'key.pem');
    writeFileSync(file, plainPem(keyFileOf('root')).replace('-----\n', `-----\n${headers}`));
    const own = secret('own');
    const result = await online.ok<Imported>('key', 'import', file, ...flags, '--passphrase-file', own);
    expect(result.imported).toMatchObject([{ role, repository: null }]);
  });

  test('KEY-FILES and KEY-IMPORT: nothing there, no keys there, a damaged file among good ones', async () => {
    const offline = await vault(NOTARY);
    const folder = scratchFolder('damaged');
    for (const [names, code, check] of [
      [[join(folder, 'none')], 2, 'KEY-FILES'],
      [[folder], 2, 'KEY-FILES'],
      [[join(client.trustDir, 'private'), folder], 3, 'KEY-IMPORT'],
    ] as const) {
      if (check === 'KEY-IMPORT') writeFileSync(join(folder, 'damaged.key'), 'not a key\n');
      const finished = await offline.run(['key', 'import', ...names, '--json']);
      expect(finished.code).toBe(code);
      expect(finished.json()).toMatchObject({ error: { check } });
    }
    // every file is judged before the first is taken in
    expect(await keysOf(offline)).toEqual([]);
    expect(readdirSync(join(offline.home, 'keys'))).toEqual([]);
  });
});

describe('into a token', () => {
  test('grade B, under its own label, with the advice to rotate; it signs a first root', async () => {
    const token = await softHsm('vault');
    const both = await stations({ token, rootKey: false });
    const { offline, secrets } = both;
    const variables = { env: { ...token.env, ...NOTARY } };
    const uri = `${token.uri};object=old-root`;
    const { code, stdout, stderr } = await offline.run(
      ['key', 'import', keyFileOf('root'), '--token', uri, ...secrets],
      variables,
    );
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toContain('Rotate');
    const [key] = await keysOf(offline);
    expect(key).toMatchObject({
      id: listed.find(({ role }) => role === 'root')?.id,
      grade: 'B',
      where: { kind: 'token', label: 'old-root' },
    });
    await withOnlineKeys(both);
    const name = 'registry.example.com/moved/app';
    await both.online.ok('repository', 'add', name, '--directory', scratchFolder('published'));
    await both.online.ok('init', name);
    await exportAll(both, 'first.tar');
    await signAll(both, 'first.tar', 'first.response.tar');
    await publish(both, 'first.response.tar');
  });

  test('the imported root in a key file signs a first root that stock clients take', async () => {
    const stick = scratchFolder('stick');
    const online = await station('online', 'build');
    const offline = await vault({ ...NOTARY });
    await pair(online, offline, stick);
    await offline.ok('key', 'import', keyFileOf('root'));
    const name = `${server.host}/import/moved`;
    await online.ok('repository', 'add', name, '--server', server.url, '--ca', server.ca);
    await online.ok('init', name);
    const [request, response] = [join(stick, 'a.tar'), join(stick, 'b.tar')];
    const { request: digest } = await online.ok<{ request: string }>('export', '-o', request);
    // no passphrase file: the variables open the root key, and encrypt the new targets key
    await offline.ok('sign', request, '-o', response, '--approve', digest, '--accept', `FIRST-ROOT:${name}`);
    await online.ok('publish', response);
    expect(await stockNotary({ url: server.url, ca: server.ca }).list(name)).toEqual([]);
  });
});

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : 1;
}

/** A key file of the stock client, without encryption and headers. */
function plainPem(file: string): string {
  const pem = readFileSync(file, 'utf8')
    .replace(/^(?:gun|role): .*\n/gm, '')
    .replace('-----\n\n', '-----\n');
  return createPrivateKey({ key: pem, passphrase: PASSPHRASE }).export({
    format: 'pem',
    type: 'pkcs8',
  }) as string;
}

test('the peer is the real client', async () => {
  expect((await run('notary', ['version'])).stdout).toContain('notary');
});
