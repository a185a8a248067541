import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { testKey } from '../tuf/documents.ts';
import { clients, type Clients } from './clients.ts';
import { Repository, type Delegated } from './repository.ts';

const TOP = ['targets', 'snapshot', 'timestamp'];

/** Roles that were asked for below the top-level ones, in order. */
const delegatedAsked = (client: Clients): string[] =>
  client
    .asked()
    .map((path) => /^\/metadata\/\d+\.(.*)\.json$/.exec(path)?.[1] ?? '')
    .filter((role) => !['', 'root', 'snapshot', 'targets'].includes(role))
    .map((role) => decodeURIComponent(role));

test.each([[['sha256']], [['sha512']], [['sha256', 'sha512']]])(
  'a file is fetched by %j and kept; the right file is not fetched twice',
  async (algorithms) => {
    const repository = new Repository();
    repository.add('targets', 'path/to a/file.txt', 'content', algorithms);
    repository.publish(...TOP);
    const client = await clients(repository);
    expect(await client.refresh()).toBe(true);
    expect(client.downloaded()).toEqual([]);
    for (const times of [1, 0]) {
      expect(await client.download('path/to a/file.txt')).toBe(true);
      expect(client.asked().filter((path) => path.startsWith('/targets/'))).toHaveLength(times);
      expect(client.downloaded()).toEqual(['content']);
    }
    repository.add('targets', 'path/to a/file.txt', 'other content', algorithms);
    repository.publish(...TOP);
    expect(await client.download('path/to a/file.txt')).toBe(true);
    expect(client.downloaded()).toEqual(['other content']);
  },
);

test('VERIFY-HASH: a hash of a kind that nobody knows proves nothing', async () => {
  const repository = new Repository();
  repository.add('targets', 'file', 'content');
  const { hashes } = repository.of('targets')['targets']['file'] as { hashes: Record<string, string> };
  repository.of('targets')['targets']['file'].hashes = { unknown: hashes['sha256'] };
  repository.publish(...TOP);
  const client = await clients(repository);
  expect(await client.download('file')).toBe(false);
  expect(client.downloaded()).toEqual([]);
});

test('without consistent snapshots files are asked for by their plain names', async () => {
  const repository = new Repository();
  const first = repository.served('root');
  repository.of('root')['consistent_snapshot'] = false;
  repository.add('targets', 'dir/file', 'content');
  repository.publish('root', ...TOP);
  for (const role of ['snapshot', 'targets'])
    repository.metadata.set(`${role}.json`, repository.served(role));
  repository.files.set('dir/file', Buffer.from('content'));
  const client = await clients(repository, first);
  expect(await client.download('dir/file')).toBe(true);
  expect(client.asked().slice(-3)).toEqual([
    '/metadata/snapshot.json',
    '/metadata/targets.json',
    '/targets/dir/file',
  ]);
});

type Edge = readonly [parent: string, name: string, more?: Partial<Delegated>];
test.each<[string, Edge[], string[]]>([
  [
    'one level',
    [
      ['targets', 'A'],
      ['targets', 'B'],
    ],
    ['A', 'B'],
  ],
  [
    'depth first',
    [
      ['targets', 'A'],
      ['targets', 'B'],
      ['A', 'C'],
      ['A', 'D'],
    ],
    ['A', 'C', 'D', 'B'],
  ],
  [
    'three levels',
    [
      ['targets', 'A'],
      ['targets', 'B'],
      ['A', 'C'],
      ['C', 'D'],
    ],
    ['A', 'C', 'D', 'B'],
  ],
  [
    'a terminating one ends it',
    [
      ['targets', 'A'],
      ['targets', 'B'],
      ['A', 'C', { terminating: true }],
      ['A', 'D'],
      ['C', 'E'],
    ],
    ['A', 'C', 'E'],
  ],
  [
    'other paths',
    [
      ['targets', 'A', { paths: ['*.py'] }],
      ['targets', 'B'],
      ['A', 'C'],
    ],
    ['B'],
  ],
  [
    'a circle',
    [
      ['targets', 'A'],
      ['A', 'B'],
      ['B', 'C'],
      ['C', 'A'],
    ],
    ['A', 'B', 'C'],
  ],
  [
    'names of all kinds',
    ['?', '#', '/role', '../role'].map((name) => ['targets', name]),
    ['?', '#', '/role', '../role'],
  ],
])('5.6.7, delegations are asked in order: %s', async (_, edges, order) => {
  const repository = new Repository();
  for (const [parent, name, more] of edges) {
    const keys = repository.signers.get(name);
    repository.delegate(parent, { name, ...more, ...(keys ? { keys } : {}) });
  }
  repository.publish(...new Set(edges.map(([, name]) => name)), ...TOP);
  const client = await clients(repository);
  expect(await client.download('missing')).toBe(false);
  expect(delegatedAsked(client)).toEqual(order);
  expect(Object.keys(client.trusted()).map((role) => decodeURIComponent(role))).toEqual(
    expect.arrayContaining(order),
  );
  expect(readdirSync(client.metadataDir)).toHaveLength(4 + order.length);
});

test.each<[string, boolean, string[]]>([
  ['targetfile', true, []],
  ['README.md', true, ['A']],
  ['foo-1.tgz', true, ['A']],
  ['foo-alpha.tgz', false, []],
  ['releases/README.md', false, []],
  ['releases/x/x_v1', true, ['B', 'C']],
  ['releases/y/y_v1.zip', true, ['B', 'D']],
  ['releases/z/z_v1.zip', false, ['B']],
  ['README.MD', false, []],
])('%s is found %s by way of %j', async (path, found, order) => {
  const repository = new Repository();
  repository.delegate('targets', { name: 'A', paths: ['*.doc', '*.md', 'foo-?.tgz'] });
  repository.delegate('targets', { name: 'B', paths: ['releases/*/*'] });
  repository.delegate('B', { name: 'C', paths: ['releases/x/*'] });
  repository.delegate('B', { name: 'D', paths: ['releases/y/*.zip'] });
  for (const [role, name] of [
    ['targets', 'targetfile'],
    ['A', 'README.md'],
    ['A', 'releases/README.md'],
    ['A', 'foo-1.tgz'],
    ['A', 'foo-alpha.tgz'],
    ['C', 'releases/x/x_v1'],
    ['D', 'releases/y/y_v1.zip'],
    ['D', 'releases/z/z_v1.zip'],
  ] as const)
    repository.add(role, name, `${name} of ${role}`);
  repository.publish('A', 'B', 'C', 'D', ...TOP);
  const client = await clients(repository);
  expect(await client.download(path)).toBe(found);
  expect(delegatedAsked(client)).toEqual(order);
  expect(client.downloaded()).toHaveLength(found ? 1 : 0);
});

test('a role is verified by each delegation that leads to it: what one vouches for proves nothing to another', async () => {
  const repository = new Repository();
  repository.delegate('targets', { name: 'parent-a', paths: ['a/*'] });
  repository.delegate('targets', { name: 'parent-b', paths: ['b/*'] });
  const key = testKey('ed25519');
  repository.delegate('parent-a', { name: 'release', paths: ['a/*'], keys: [key] });
  repository.delegate('parent-b', { name: 'release', paths: ['b/*'] });
  repository.signers.set('release', [key]);
  repository.add('release', 'a/file', 'good');
  repository.add('release', 'b/file', 'bad');
  repository.publish('release', 'parent-a', 'parent-b', ...TOP);
  const client = await clients(repository);
  // tuf-js keeps a role that one delegation led to for all others
  expect(await client.download(['a/file', 'b/file'], { tufJs: 'not asked' })).toBe(false);
  expect(client.reason()).toContain('CHAIN-TARGETS');
  expect(client.downloaded()).toEqual(['good']);
  expect(await client.download('b/file', { tufJs: 'not asked' })).toBe(false);
});

test('a role that the snapshot does not list is not asked for', async () => {
  const repository = new Repository();
  repository.delegate('targets', { name: 'role' });
  repository.publish('role', 'targets');
  delete repository.of('snapshot')['meta']['role.json'];
  repository.publish('snapshot', 'timestamp');
  const client = await clients(repository);
  expect(await client.refresh()).toBe(true);
  expect(await client.download('file')).toBe(false);
  expect(client.asked()).toEqual(['/metadata/2.root.json', '/metadata/timestamp.json']);
  expect(client.trusted()).not.toHaveProperty('role');
});

test('of 4,096 bins one is read for a name, and 32 roles at most of those that may hold it', async () => {
  const repository = new Repository();
  const [key] = repository.signers.get('targets') ?? [];
  const succinct = { keyids: [key!.id], threshold: 1, bit_length: 12, name_prefix: 'bin' };
  const keys = { [key!.id]: repository.of('root')['keys'][key!.id] as object };
  repository.of('targets')['delegations'] = { keys, succinct_roles: succinct };
  const { meta } = repository.of('snapshot') as { meta: Record<string, object> };
  for (let bin = 0; bin < 4_096; bin++)
    meta[`bin-${bin.toString(16).padStart(3, '0')}.json`] = { version: 1 };
  repository.publish(...TOP);
  const client = await clients(repository);
  await client.download('some/file', { tufJs: 'not asked' });
  // its one bin, which is not served (also not under its name encoded once more)
  const bins = client.asked().filter((path) => path.includes('bin-'));
  expect(new Set(bins).size).toBe(1);

  const wide = new Repository();
  for (let role = 0; role < 40; role++) wide.delegate('targets', { name: `r${String(role)}`, keys: [key!] });
  const all = Array.from({ length: 40 }, (_, role) => `r${String(role)}`);
  wide.publish(...all, ...TOP);
  const second = await clients(wide);
  expect(await second.download('missing')).toBe(false);
  expect(delegatedAsked(second)).toEqual(all.slice(0, 31));
});
