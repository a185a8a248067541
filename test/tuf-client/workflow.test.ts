import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scratchFolder } from '../peers/process.ts';
import { testKey } from '../tuf/documents.ts';
import { clients } from './clients.ts';
import { inDays, Repository } from './repository.ts';

const TOP = ['targets', 'snapshot', 'timestamp'];

test('a refresh asks for root, timestamp, snapshot and targets, and keeps the bytes that were served', async () => {
  const repository = new Repository();
  const file = Buffer.concat([repository.served('timestamp'), Buffer.from(' \n')]);
  repository.serve('timestamp', 1, file);
  const client = await clients(repository);
  expect(await client.refresh()).toBe(true);
  expect(client.asked()).toEqual(
    ['2.root', 'timestamp', '1.snapshot', '1.targets'].map((name) => `/metadata/${name}.json`),
  );
  expect(client.trusted()).toEqual({ root: 1, snapshot: 1, targets: 1, timestamp: 1 });
  expect(client.trustedFile('timestamp')).toEqual(file);
  // nothing new: nothing but root and timestamp is asked for
  expect(await client.refresh()).toBe(true);
  expect(client.asked()).toEqual(['/metadata/2.root.json', '/metadata/timestamp.json']);
  // a download refreshes first
  repository.publish(...TOP);
  expect(await client.download('nonexistent')).toBe(false);
  expect(client.trusted()).toEqual({ root: 1, snapshot: 2, targets: 2, timestamp: 2 });
});

test('an initial root that is not signed by its keys, or is no root, is not gone by: nothing is asked for', async () => {
  const repository = new Repository();
  const unsigned = JSON.parse(repository.served('root').toString()) as {
    signed: object;
    signatures: object[];
  };
  for (const root of [
    { ...unsigned, signatures: [] },
    { ...unsigned, signed: {} },
  ]) {
    const client = await clients(repository, Buffer.from(JSON.stringify(root)));
    expect(await client.refresh({ tufJs: 'not asked' })).toBe(false);
    expect(client.asked()).toEqual([]);
  }
});

test.each([
  ['root', { root: 1 }],
  ['timestamp', { root: 2 }],
  ['snapshot', { root: 2, timestamp: 2 }],
  ['targets', { root: 2, snapshot: 2, timestamp: 2 }],
])('%s that nobody signed is refused; what came before it is kept', async (role, trusted) => {
  const repository = new Repository();
  const first = repository.served('root');
  repository.signers.set(role, []);
  repository.publish('root', ...TOP);
  const client = await clients(repository, first);
  expect(await client.refresh()).toBe(false);
  expect(client.trusted()).toEqual(trusted);
});

test.each(['root', 'snapshot', 'targets'])(
  '%s of another version than its name or its list says is refused',
  async (role) => {
    const repository = new Repository();
    const first = repository.served('root');
    repository.publish('root', ...TOP);
    repository.of(role)['version'] = repository.version(role) + 1;
    repository.serve(role, 2, repository.sign(role));
    const client = await clients(repository, first);
    expect(await client.refresh()).toBe(false);
    expect(client.trusted()[role] ?? 0).toBe(role === 'root' ? 1 : 0);
  },
);

test('a timestamp of the version that is trusted already is not looked at, whatever it lists', async () => {
  const repository = new Repository();
  const client = await clients(repository);
  expect(await client.refresh()).toBe(true);
  const before = client.trustedFile('timestamp');
  repository.of('timestamp')['meta']['snapshot.json'] = { version: 100 };
  repository.write('timestamp');
  expect(await client.refresh()).toBe(true);
  expect(client.asked().at(-1)).toBe('/metadata/timestamp.json');
  expect(client.trustedFile('timestamp')).toEqual(before);
});

test.each(['snapshot', 'targets'])('a hash that %s has not is a refusal', async (role) => {
  const repository = new Repository();
  repository.hashes = true;
  repository.publish(...TOP);
  const client = await clients(repository);
  expect(await client.refresh()).toBe(true);
  const list = role === 'snapshot' ? 'timestamp' : 'snapshot';
  repository.publish(...TOP.slice(0, TOP.indexOf(role) + 1));
  repository.of(list)['meta'][`${role}.json`].hashes.sha256 = '0'.repeat(64);
  repository.publish(...TOP.slice(TOP.indexOf(list)));
  expect(await client.refresh()).toBe(false);
  expect(client.trusted()).toMatchObject({ [list]: 3, [role]: 2 });
});

test.each([
  ['snapshot', { root: 1, snapshot: 1, targets: 1, timestamp: 2 }],
  ['targets', { root: 1, snapshot: 2, targets: 1, timestamp: 2 }],
  ['timestamp', { root: 1, snapshot: 1, targets: 1, timestamp: 1 }],
])('%s that is not served ends the refresh there', async (role, trusted) => {
  const repository = new Repository();
  const client = await clients(repository);
  expect(await client.refresh()).toBe(true);
  repository.publish(...TOP);
  const served = repository.served(role);
  for (const [name, file] of repository.metadata) if (file === served) repository.metadata.delete(name);
  expect(await client.refresh()).toBe(false);
  expect(client.trusted()).toEqual(trusted);
});

test('a snapshot under the name of the timestamp is refused, though the same key signed it', async () => {
  const repository = new Repository();
  const first = repository.served('root');
  repository.setKeys('snapshot', repository.signers.get('timestamp') ?? []);
  repository.of('snapshot')['meta'] = { 'snapshot.json': { version: 1 } };
  repository.publish('root', 'snapshot');
  repository.serve('timestamp', 1, repository.served('snapshot'));
  const client = await clients(repository, first);
  expect(await client.refresh()).toBe(false);
  expect(client.trusted()).toEqual({ root: 2 });
});

test('members that nobody knows are signed and kept', async () => {
  const repository = new Repository();
  const client = await clients(repository);
  Object.assign(repository.of('root'), { 'x-note': { deep: [1, 'two'] } });
  repository.of('root')['roles']['snapshot']['x-more'] = true;
  repository.publish('root');
  expect(await client.refresh()).toBe(true);
  expect(client.trusted()['root']).toBe(2);
});

test.each([
  ['root', { root: 2, snapshot: 1, targets: 1, timestamp: 1 }],
  ['timestamp', { root: 1, snapshot: 1, targets: 1, timestamp: 1 }],
  ['snapshot', { root: 1, snapshot: 1, targets: 1, timestamp: 2 }],
  ['targets', { root: 1, snapshot: 2, targets: 1, timestamp: 2 }],
])('READ-EXPIRED: %s that has expired is not gone by; only a root is kept', async (role, trusted) => {
  const repository = new Repository();
  const client = await clients(repository);
  expect(await client.refresh()).toBe(true);
  repository.of(role)['expires'] = inDays(-1);
  repository.publish(...(role === 'root' ? ['root'] : []), ...TOP);
  expect(await client.refresh()).toBe(false);
  expect(client.reason()).toContain('READ-EXPIRED');
  expect(client.trusted()).toEqual(trusted);
});

test('what expired meanwhile is replaced by what has not: a root, and a timestamp', async () => {
  const repository = new Repository();
  for (const role of ['root', 'timestamp']) repository.of(role)['expires'] = inDays(7);
  repository.publish('root', 'timestamp');
  const client = await clients(repository);
  expect(await client.refresh()).toBe(true);
  expect(await client.refresh({ later: 18 * 86_400_000 })).toBe(false);
  for (const role of ['root', 'timestamp']) repository.of(role)['expires'] = inDays(21);
  repository.publish('root', ...TOP);
  expect(await client.refresh({ later: 18 * 86_400_000 })).toBe(true);
  expect(client.trusted()).toEqual({ root: 3, snapshot: 2, targets: 2, timestamp: 3 });
});

type RootVersion = readonly [keys: readonly number[], threshold: number, signers: readonly number[]];
test.each<[string, boolean, RootVersion[]]>([
  [
    'one key for another',
    true,
    [
      [[1], 1, [1]],
      [[2], 1, [2, 1]],
      [[2], 1, [2]],
    ],
  ],
  [
    'signatures of strangers beside',
    true,
    [
      [[1], 1, [3, 1, 4]],
      [[2], 1, [3, 2, 1, 4]],
    ],
  ],
  [
    '3 of 5, other ones each time',
    true,
    [
      [[0, 1, 2, 3, 4], 3, [0, 2, 4]],
      [[0, 1, 2, 3, 4], 3, [1, 3, 4]],
    ],
  ],
  [
    '3 of 5, all changed',
    true,
    [
      [[0, 1, 2, 3, 4], 3, [0, 2, 4]],
      [[5, 6, 7, 8, 9], 3, [0, 2, 4, 5, 6, 7]],
    ],
  ],
  [
    'threshold 1 to 2',
    true,
    [
      [[1, 2, 3], 1, [1]],
      [[1, 2, 3], 2, [1, 2]],
    ],
  ],
  [
    'threshold 2 to 1',
    true,
    [
      [[1, 2, 3], 2, [1, 2]],
      [[1, 2, 3], 1, [1, 2]],
      [[1, 2, 3], 1, [3]],
    ],
  ],
  [
    'the old key did not sign',
    false,
    [
      [[1], 1, [1]],
      [[2], 1, [2, 3, 4]],
    ],
  ],
  [
    'the new key did not sign',
    false,
    [
      [[1], 1, [1]],
      [[2], 1, [1, 3, 4]],
    ],
  ],
  [
    'too few new keys',
    false,
    [
      [[0, 1, 2, 3, 4], 3, [0, 2, 4]],
      [[0, 1, 3, 4, 5], 3, [0, 2, 4]],
    ],
  ],
  [
    'too few old keys',
    false,
    [
      [[0, 1, 2, 3, 4], 3, [0, 2, 4]],
      [[0, 1, 3, 4, 5], 3, [0, 4, 5]],
    ],
  ],
  [
    'the new threshold is not reached',
    false,
    [
      [[1, 2, 3], 1, [1]],
      [[1, 2, 3], 2, [2]],
    ],
  ],
  [
    'the old threshold is not reached',
    false,
    [
      [[1, 2, 3], 2, [1, 2]],
      [[1, 2, 3], 1, [1]],
    ],
  ],
])('CHAIN-ROOT: rotation of root keys, %s: accepted %s', async (_, accepted, versions) => {
  const keys = Array.from({ length: 10 }, () => testKey('ed25519'));
  const some = (numbers: readonly number[]) => numbers.map((number) => keys[number]!);
  const repository = new Repository();
  for (const [at, [own, threshold, signers]] of versions.entries()) {
    repository.setKeys('root', some(own), threshold);
    repository.signers.set('root', some(signers));
    repository.of('root')['version'] = at + 1;
    repository.write('root');
  }
  const client = await clients(repository);
  expect(await client.refresh()).toBe(accepted);
  expect(client.trusted()['root']).toBe(accepted ? versions.length : versions.length - 1);
});

test.each(['rsa-2048', 'ecdsa-p256', 'ecdsa-p384', 'ed25519'] as const)(
  'a root key of %s is needed, and its signature has to be right',
  async (algorithm) => {
    const tufJs = algorithm === 'ecdsa-p384' ? 'not asked' : undefined;
    const options = tufJs ? ({ tufJs } as const) : {};
    const repository = new Repository();
    const client = await clients(repository);
    const [old] = repository.signers.get('root') ?? [];
    repository.setKeys('root', [old!, testKey(algorithm)], 2);
    repository.publish('root');
    expect(await client.refresh(options)).toBe(true);
    repository.publish('root');
    const file = JSON.parse(repository.served('root').toString()) as { signatures: { sig: string }[] };
    const last = file.signatures[1]!;
    last.sig = last.sig.slice(0, -2) + (last.sig.endsWith('00') ? '01' : '00');
    repository.serve('root', 3, Buffer.from(JSON.stringify(file)));
    expect(await client.refresh(options)).toBe(false);
    expect(client.trusted()['root']).toBe(2);
  },
);

test('R10: a threshold counts keys: one fewer, more than there are, one key many times', async () => {
  const few = new Repository();
  few.setKeys(
    'snapshot',
    [1, 2, 3].map(() => testKey('ed25519')),
    3,
  );
  few.publish('root', ...TOP);
  const client = await clients(few);
  expect(await client.refresh()).toBe(true);
  few.signers.get('snapshot')?.pop();
  few.publish(...TOP);
  expect(await client.refresh()).toBe(false);
  expect(client.trusted()['snapshot']).toBe(2);

  const many = new Repository();
  many.of('root')['roles']['snapshot'].threshold = 2;
  many.publish('root', ...TOP);
  expect(await (await clients(many)).refresh()).toBe(false);

  const twice = new Repository();
  const file = JSON.parse(twice.served('snapshot').toString()) as { signatures: object[] };
  file.signatures.push(file.signatures[0]!);
  twice.serve('snapshot', 1, Buffer.from(JSON.stringify(file)));
  const third = await clients(twice);
  expect(await third.refresh()).toBe(false);
  expect(third.trusted()).not.toHaveProperty('snapshot');
});

test('a signature too many, wrong or empty, does not matter where enough are right', async () => {
  const repository = new Repository();
  const [own] = repository.signers.get('timestamp') ?? [];
  const other = testKey('ed25519');
  repository.setKeys('timestamp', [own!, other]);
  repository.publish('root');
  const client = await clients(repository);
  for (const sig of ['00'.repeat(64), '']) {
    repository.publish('timestamp');
    const file = JSON.parse(repository.served('timestamp').toString()) as { signatures: { sig: string }[] };
    file.signatures[1]!.sig = sig;
    repository.serve('timestamp', 0, Buffer.from(JSON.stringify(file)));
    expect(await client.refresh()).toBe(true);
  }
});

test('the program speaks the command-line protocol of the conformance suite: exit 0, or 1 and the reason', async () => {
  const repository = new Repository();
  const { url, metadataDir } = await clients(repository);
  const program = join(import.meta.dirname, 'tuf-client');
  const run = (...args: string[]) => spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });
  const folder = join(scratchFolder('metadata'), 'new');
  const initial = join(metadataDir, 'root.json');
  expect(run('--metadata-dir', folder, 'init', initial)).toMatchObject({ status: 0, stderr: '' });
  const closed = run('--metadata-dir', folder, '--metadata-url', `${url.replace(/\d+$/, '1')}/x`, 'refresh');
  expect(closed).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('SERVER-UNREACHABLE') as string,
  });
});
