import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { notary as dialect } from '../../src/metadata/notary/dialect.ts';
import { fetchRepository } from '../../src/online/reading/fetch.ts';
import { openNotaryServer, type NotaryServer } from '../../src/online/notary-server/server.ts';
import type { Store } from '../../src/online/repositories/store.ts';
import { dockerClient } from '../peers/docker-client.ts';
import { startNotaryServer, type NotaryServerPeer } from '../peers/notary-server.ts';
import { station, type TestStation } from '../peers/stations.ts';
import { stockNotary } from '../peers/stock-notary.ts';
import {
  signByHand,
  stockRepository,
  type DelegateKey,
  type StockRepository,
} from './delegated-repository.ts';

let peer: NotaryServerPeer;
let server: NotaryServer;
let online: TestStation;
beforeAll(async () => {
  peer = await startNotaryServer();
  server = openNotaryServer({ url: peer.url, ca: peer.caPem, environment: {} });
  online = await station('online', 'build');
});
afterAll(async () => {
  await server.close();
  await peer.stop();
});

const know = (gun: string) => online.ok('repository', 'add', gun, '--server', peer.url, '--ca', peer.ca);
const fresh = () => stockNotary({ url: peer.url, ca: peer.ca });

interface Listed {
  readonly targets: readonly { name: string; role: string; length: number; hashes: { sha256: string } }[];
  readonly broken: readonly { role: string; check: string }[];
}

async function list(gun: string, ...roles: string[]): Promise<object[]> {
  const { targets } = await online.ok<Listed>('list', gun, ...roles.flatMap((role) => ['-r', role]));
  return targets.map(({ name, role, length, hashes }) => ({ name, role, length, sha256: hashes.sha256 }));
}

async function stockList(gun: string, ...roles: string[]): Promise<object[]> {
  const table = await fresh().run(['list', gun, ...roles.flatMap((role) => ['-r', role])]);
  return [...table.stdout.matchAll(/^(\S+) +([0-9a-f]{64}) +([0-9]+) +(targets\S*)$/gm)].map(
    ([, name, sha256, length, role]) => ({ name, role, length: Number(length), sha256 }),
  );
}

describe('a repository with nested delegations and paths that were taken away', () => {
  let made: StockRepository;
  beforeAll(async () => {
    made = await stockRepository(peer, 'nested/app');
    for (const role of ['targets/z', 'targets/a', 'targets/releases', 'targets/unused'])
      await made.delegate(role, '*');
    await made.delegate('targets/team', ['team/', 'other/']);
    await made.publish();
    await made.delegate('targets/z/n', '*');
    await made.delegate('targets/team/sub', ['team/sub/', 'other/']);
    await made.publish();
    await made.add('t', 1, 'targets/z/n');
    await made.add('t', 2, 'targets/a');
    await made.add('zz', 3, 'targets/z');
    await made.add('zz', 4, 'targets/a');
    await made.add('base', 5);
    await made.add('base', 6, 'targets/a');
    await made.add('team/sub/x', 7, 'targets/team/sub');
    await made.add('v10', 8, 'targets/releases', 'targets/z/n', 'targets/a');
    await made.add('v2', 9, 'targets/releases');
    await made.add('2', 11);
    await made.add('other/p', 12, 'targets/team');
    await made.add('other/o', 13, 'targets/team/sub');
    await made.publish();
    await made.notary('delegation', 'remove', made.gun, 'targets/team', '--paths', 'other/', '-y');
    await made.publish();
    await know(made.gun);
  });

  test.each([
    [[]],
    [['targets/a']],
    [['targets/z/n', 'targets/a']],
    [['targets/a', 'targets/z']],
    [['targets/z', 'targets/z/n']],
    [['targets/team']],
    [['targets/releases', 'targets']],
    [['targets', 'targets/z/n']],
    [['targets/unused']],
    [['targets/nobody']],
  ])('list -r %j names the same targets, from the same roles, as the stock client', async (roles) => {
    const ours = await list(made.gun, ...roles);
    expect(ours).toEqual(await stockList(made.gun, ...roles));
    expect(JSON.stringify(ours)).not.toContain('other/');
  });

  test('lookup finds what the stock client finds, and no target outside the paths of its role', async () => {
    for (const name of ['t', 'zz', 'base', 'team/sub/x', 'v10', 'v2', '2']) {
      const found = await online.ok<{ length: number; hashes: { sha256: string } }>('lookup', made.gun, name);
      expect(await fresh().lookup(made.gun, name)).toMatchObject({
        length: found.length,
        sha256: found.hashes.sha256,
      });
    }
    for (const name of ['other/p', 'other/o', 'nothing']) {
      expect(await fresh().lookup(made.gun, name)).toBeNull();
      const refused = await online.run(['lookup', made.gun, name, '--json']);
      expect([refused.code, refused.json()]).toMatchObject([3, { error: { check: 'READ-TARGET' } }]);
    }
  });

  test('lookup -r looks into the given roles alone, in their order', async () => {
    const roleOf = async (...roles: string[]) =>
      (await online.ok('lookup', made.gun, 't', ...roles.flatMap((role) => ['-r', role])))['role'];
    expect(await roleOf()).toBe('targets/a');
    expect(await roleOf('targets/z')).toBe('targets/z/n');
    expect(await roleOf('targets/z', 'targets/a')).toBe('targets/z/n');
    expect((await online.run(['lookup', made.gun, 't', '-r', 'targets/team'])).code).toBe(3);
    const wrong = await online.run(['lookup', made.gun, 't', '-r', 'Team', '--json']);
    expect(wrong.json()).toMatchObject({ error: { check: 'NAME-ROLE' } });
  });

  test.each([
    ['the repository', ''],
    ['a tag of several signers', ':v10'],
    ['a tag of targets', ':base'],
    ['a tag that nobody released', ':t'],
    ['a tag that there is not', ':nothing'],
  ])('inspect of %s is byte for byte what docker trust inspect prints, pretty too', async (_, tag) => {
    const docker = dockerClient({ url: peer.url, ca: peer.ca });
    const theirs = await docker.trustInspect(made.gun + tag);
    const ours = await online.run(['inspect', made.gun + tag]);
    expect([ours.stdout, ours.stderr, ours.code]).toEqual([theirs.stdout, '', 0]);
    expect((await online.run(['inspect', made.gun + tag, '--json'])).json()).toEqual(
      JSON.parse(theirs.stdout),
    );
    const pretty = await docker.trustInspect('--pretty', made.gun + tag);
    expect((await online.run(['inspect', '--pretty', made.gun + tag])).stdout).toBe(
      pretty.stdout.replaceAll('\t', ' '),
    );
  });

  test('inspect of several names is what docker prints of them', async () => {
    const docker = dockerClient({ url: peer.url, ca: peer.ca });
    const names = [`${made.gun}:v2`, made.gun];
    expect((await online.run(['inspect', ...names])).stdout).toBe(
      (await docker.trustInspect(...names)).stdout,
    );
    expect((await online.run(['inspect', '--pretty', ...names])).stdout).toBe(
      (await docker.trustInspect('--pretty', ...names)).stdout.replaceAll('\t', ' '),
    );
  });
});

test('inspect: one tag with two hashes is two rows; a repository of one signer and none at all', async () => {
  const made = await stockRepository(peer, 'plain/app');
  await know(made.gun);
  const docker = dockerClient({ url: peer.url, ca: peer.ca });
  const rows = (text: string) => {
    const [{ SignedTags, ...rest }] = JSON.parse(text) as [{ SignedTags: { Digest: string }[] }];
    return { ...rest, SignedTags: SignedTags.sort((a, b) => (a.Digest < b.Digest ? -1 : 1)) };
  };
  const same = async () => {
    for (const name of [made.gun, `${made.gun}:v1`])
      expect(rows((await online.run(['inspect', name])).stdout)).toEqual(
        rows((await docker.trustInspect(name)).stdout),
      );
    const pretty = await docker.trustInspect('--pretty', made.gun);
    const lines = (text: string) => text.replaceAll('\t', ' ').split('\n').sort();
    expect(lines((await online.run(['inspect', '--pretty', made.gun])).stdout)).toEqual(lines(pretty.stdout));
  };
  await same();
  await made.add('v1', 1);
  await made.publish();
  await same();
  await made.delegate('targets/releases', '*');
  await made.delegate('targets/a', '*');
  await made.publish();
  await made.add('v1', 2, 'targets/releases', 'targets/a');
  await made.publish();
  await same();
});

describe('a delegation that nobody can read', () => {
  let made: StockRepository;
  let lapsed: DelegateKey;
  let context: { repository: string; now: number };
  beforeAll(async () => {
    made = await stockRepository(peer, 'broken/app');
    context = { repository: made.gun, now: Date.now() };
    const first = await made.delegate('targets/a', '*');
    lapsed = await made.delegate('targets/lapsed', '*');
    await made.delegate('targets/z', '*');
    await made.publish();
    await made.delegate('targets/a/below', '*');
    await made.publish();
    await made.add('one', 1, 'targets/a', 'targets/z');
    await made.add('two', 2, 'targets/a/below');
    await made.add('three', 3);
    await made.publish();
    // Another key for the role: what the first one signed does not count any more.
    await made.delegate('targets/a', '*');
    await made.notary('delegation', 'remove', made.gun, 'targets/a', first.id, '-y');
    await made.publish();
    const soon = new Date(Date.now() + 2_500).toISOString().replace(/\.[0-9]+Z$/, 'Z');
    await signByHand(peer, made.gun, 'targets/lapsed', lapsed, { version: 1, expires: soon, name: 'late' });
    await sleep(Date.parse(soon) + 1_100 - Date.now());
    await know(made.gun);
  });

  test('CHAIN-TARGETS, READ-EXPIRED: reading verbs pass over it with a warning, as the stock clients do', async () => {
    const stock = await fresh().run(['list', made.gun]);
    expect(stock.stderr + stock.stdout).toMatch(/targets\/a: valid signatures did not meet threshold/);
    expect(await list(made.gun)).toEqual(await stockList(made.gun));
    const ours = await online.run(['list', made.gun, '--json']);
    expect(ours.stderr).toMatch(/^warning \[CHAIN-TARGETS\]: targets\/a of /m);
    expect(ours.stderr).toMatch(/^warning \[READ-EXPIRED\]: targets\/lapsed of /m);
    const { broken, targets } = ours.json() as Listed;
    expect(broken).toMatchObject([
      { role: 'targets/a', check: 'CHAIN-TARGETS' },
      { role: 'targets/lapsed', check: 'READ-EXPIRED' },
    ]);
    expect(targets.map(({ name, role }) => [name, role])).toEqual([
      ['one', 'targets/z'],
      ['three', 'targets'],
    ]);
  });

  test('lookup and inspect agree with the stock clients too', async () => {
    expect((await online.ok('lookup', made.gun, 'one'))['role']).toBe('targets/z');
    for (const name of ['two', 'late']) {
      expect((await online.run(['lookup', made.gun, name])).code).toBe(3);
      expect(await fresh().lookup(made.gun, name)).toBeNull();
    }
    const docker = dockerClient({ url: peer.url, ca: peer.ca });
    const ours = await online.run(['inspect', made.gun]);
    expect(ours.stdout).toBe((await docker.trustInspect(made.gun)).stdout);
    expect(ours.stderr).toContain('CHAIN-TARGETS');
  });

  test('CHAIN-TARGETS: whoever does not ask for it gets a refusal, and what is set apart is named with its file', async () => {
    const store = server.repository(made.gun);
    await expect(fetchRepository(dialect, store, null, 1, null, context)).rejects.toMatchObject({
      check: 'CHAIN-TARGETS',
      exit: 3,
    });
    const read = await fetchRepository(dialect, store, null, 1, null, context, 'set-apart');
    expect(read?.verified.broken).toMatchObject([
      { role: 'targets/a', check: 'CHAIN-TARGETS', document: { role: 'targets/a', version: 2 } },
    ]);
    expect([...(read?.verified.targets.keys() ?? [])]).toEqual(['targets', 'targets/lapsed', 'targets/z']);
    const named = ['targets/a', 'targets/a/below'];
    const wanted = new Map(named.map((role) => [role, null]));
    const asked = await fetchRepository(dialect, store, null, 1, wanted, context, 'set-apart');
    expect(asked?.verified.broken.map(({ role }) => role)).toEqual(named);
  });

  test('SERVER-INCOMPLETE, CHAIN-TARGETS: a missing or exchanged file is refused, whatever is set apart', async () => {
    const store = server.repository(made.gun);
    const with_ = (listed: Store['listed']): Store => ({ ...store, listed });
    const gone = with_((role, entry, consistent) =>
      role === 'targets/z' ? Promise.resolve(null) : store.listed(role, entry, consistent),
    );
    await expect(fetchRepository(dialect, gone, null, 1, null, context, 'set-apart')).rejects.toMatchObject({
      check: 'SERVER-INCOMPLETE',
    });
    const other = await store.current('targets/lapsed');
    const exchanged = with_((role, entry, consistent) =>
      role === 'targets/z' ? Promise.resolve(other) : store.listed(role, entry, consistent),
    );
    await expect(
      fetchRepository(dialect, exchanged, null, 1, null, context, 'set-apart'),
    ).rejects.toMatchObject({ check: 'CHAIN-TARGETS' });
    const unasked = with_((role, entry, consistent) => {
      expect(role).not.toBe('targets/a/below');
      return store.listed(role, entry, consistent);
    });
    await fetchRepository(dialect, unasked, null, 1, null, context, 'set-apart');
  });
});
