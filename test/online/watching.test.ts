import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseDuration } from '../../src/online/reading/expiry.ts';
import { compareNaturally } from '../../src/online/reading/natural-order.ts';
import { openNotaryServer } from '../../src/online/notary-server/server.ts';
import { startNotaryServer, type NotaryServerPeer } from '../peers/notary-server.ts';
import { freePort } from '../peers/ports.ts';
import { scratchFolder } from '../peers/process.ts';
import type { Finished } from '../peers/program.ts';
import { roundTrip, station, stations, withOnlineKeys, type TestStation } from '../peers/stations.ts';
import { testTls } from '../peers/tls.ts';
import { startTokenServer } from '../peers/token-server.ts';
import { signByHand, stockRepository, type StockRepository } from './delegated-repository.ts';

let peer: NotaryServerPeer;
let online: TestStation;
let made: StockRepository;
beforeAll(async () => {
  peer = await startNotaryServer();
  online = await station('online', 'build');
  made = await stockRepository(peer, 'watched/app');
  const soon = await made.delegate('targets/soon', '*');
  await made.publish();
  const expires = new Date(Date.now() + 5 * 86_400_000).toISOString().replace(/\.[0-9]+Z$/, 'Z');
  await signByHand(peer, made.gun, 'targets/soon', soon, { version: 1, expires, name: 't' });
  await online.ok('repository', 'add', made.gun, '--server', peer.url, '--ca', peer.ca);
});
afterAll(() => peer.stop());

interface Expiry {
  readonly endings: {
    repository: string;
    what: string;
    expires: string;
    seconds: number;
    due: boolean;
    renewed: boolean;
  }[];
  readonly errors: { repository: string; error: { check: string } }[];
}

const expiry = async (home: TestStation, ...args: string[]): Promise<[number | null, Expiry]> => {
  const { code, json } = await home.run(['expiry', ...args, '--json']);
  return [code, json() as Expiry];
};
const refusal = ({ code, json }: Finished): unknown => [
  code,
  (json() as { error: { check: string } }).error.check,
];

test('expiry: every role and the root certificate, soonest first', async () => {
  const [code, { endings, errors }] = await expiry(online);
  expect([code, errors]).toEqual([0, []]);
  expect(endings.map(({ what }) => what).sort()).toEqual(
    ['root', 'root certificate', 'snapshot', 'targets', 'targets/soon', 'timestamp'].sort(),
  );
  expect(endings[0]).toMatchObject({ what: 'targets/soon', renewed: false });
  const seconds = endings.map((ending) => ending.seconds);
  expect(seconds).toEqual([...seconds].sort((a, b) => a - b));
  const certificate = endings.find(({ what }) => what === 'root certificate');
  expect(Math.round((certificate?.seconds ?? 0) / 86_400)).toBe(3650);
  const lines = (await online.run(['expiry', made.gun])).stdout.split('\n');
  expect(lines[1]).toMatch(/^[45] d +20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ +.*targets\/soon 1$/);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
});

test('expiry --within: exit 4 for what ends; a timestamp that the server renews does not count', async () => {
  expect((await expiry(online, '--within', '4d'))[0]).toBe(0);
  const [code, { endings }] = await expiry(online, '--within', '3w');
  expect(code).toBe(4);
  expect(endings.filter(({ due }) => due).map(({ what }) => what)).toEqual(['targets/soon']);
  expect(endings.find(({ what }) => what === 'timestamp')).toMatchObject({ renewed: true, due: false });
  expect((await expiry(online, '--within', '121h'))[0]).toBe(4);
  expect((await online.run(['expiry', '--within', '3w'])).stdout).toMatch(/^!! 4 d/m);
  for (const wrong of ['30', '30x', 'd', '-1d', '1.5d', '30d ', ''])
    expect(refusal(await online.run(['expiry', `--within=${wrong}`, '--json']))).toEqual([
      2,
      'EXPIRY-WITHIN',
    ]);
});

test('parseDuration: hours, days, weeks, and nothing else', () => {
  expect([parseDuration('12h'), parseDuration('30d'), parseDuration('2w')]).toEqual([
    43_200, 2_592_000, 1_209_600,
  ]);
  fc.assert(
    fc.property(fc.string(), (text) => {
      if (/^[0-9]{1,6}[hdw]$/.test(text)) expect(parseDuration(text)).toBeGreaterThanOrEqual(0);
      else expect(() => parseDuration(text)).toThrow();
    }),
  );
});

test('expiry: a repository that cannot be reached is listed with its error, exit 6 if nothing else', async () => {
  const other = await station('online', 'other');
  await other.ok('repository', 'add', made.gun, '--server', peer.url, '--ca', peer.ca);
  const gone = `https://localhost:${String(await freePort())}`;
  await other.ok('repository', 'add', 'gone.example/app', '--server', gone, '--ca', peer.ca);
  await other.ok('repository', 'add', `${peer.host}/none`, '--server', peer.url, '--ca', peer.ca);
  const [code, { endings, errors }] = await expiry(other);
  expect(code).toBe(6);
  expect(endings.length).toBe(6);
  expect(errors.map(({ repository, error }) => [repository, error.check])).toEqual([
    ['gone.example/app', 'SERVER-UNREACHABLE'],
    [`${peer.host}/none`, 'READ-NONE'],
  ]);
  expect((await expiry(other, '--within', '30d'))[0]).toBe(4);
  expect((await expiry(other, made.gun))[0]).toBe(0);
  expect((await other.run(['expiry'])).stdout).toMatch(
    /^not read: gone\.example\/app\n {2}unavailable \[SERVER-UNREACHABLE\]/m,
  );
  expect(refusal(await other.run(['expiry', 'unknown', '--json']))).toEqual([2, 'REPOSITORY-UNKNOWN']);
});

test('expiry: an ended or badly signed delegation is listed too; a folder renews no timestamp', async () => {
  const pair = await stations();
  await withOnlineKeys(pair);
  await pair.online.ok('repository', 'add', 'folder/app', '--directory', scratchFolder('folder'));
  await pair.online.ok('init', 'folder/app');
  await roundTrip(pair, 'first');
  const [code, { endings }] = await expiry(pair.online, '--within', '100w');
  expect(code).toBe(4);
  expect(endings.find(({ what }) => what === 'timestamp')).toMatchObject({ renewed: false, due: true });
  const broken = await stockRepository(peer, 'watched/broken');
  const first = await broken.delegate('targets/a', '*');
  await broken.publish();
  await broken.add('x', 1, 'targets/a');
  await broken.publish();
  await broken.delegate('targets/a', '*');
  await broken.notary('delegation', 'remove', broken.gun, 'targets/a', first.id, '-y');
  await broken.publish();
  await online.ok('repository', 'add', broken.gun, '--server', peer.url, '--ca', peer.ca);
  const [, report] = await expiry(online, broken.gun);
  expect(report.endings.map(({ what }) => what)).toContain('targets/a');
});

interface Changes {
  readonly changes: {
    id: string;
    repository: string;
    version: number;
    category: string;
    sha256: string | null;
  }[];
}

test('changes: what the real server recorded, newest or after an ID, of one repository or all', async () => {
  const gun = made.gun;
  const changes = async (...args: string[]) => (await online.ok<Changes>('changes', ...args)).changes;
  const all = await changes(gun);
  expect(all.map(({ version }) => version)).toEqual(all.map((_, at) => at + 1));
  expect(all.length).toBeGreaterThan(2);
  expect(all.every(({ category, repository }) => category === 'update' && repository === gun)).toBe(true);
  expect(await changes(gun, '--records', '2')).toEqual(all.slice(-2));
  expect(await changes(gun, '--since', all[0]?.id ?? '', '--records', '1')).toEqual([all[1]]);
  expect(await changes(gun, '--since', '999999')).toEqual([]);
  const names = new Set(
    (await changes('--server', peer.url, '--records', '1000')).map((one) => one.repository),
  );
  expect(names.has(gun)).toBe(true);
  expect(await changes()).toEqual(await changes('--server', peer.url, '--ca', peer.ca));
  const text = (await online.run(['changes', gun])).stdout;
  expect(text).toContain('timestamp 1');
  expect(text).toMatch(/to go on from here: --since \d+$/m);
});

test('CHANGES-RECORDS, CHANGES-SINCE, CHANGES-SERVER, CHANGES-NONE: what cannot be asked', async () => {
  const gun = made.gun;
  const asked = async (...args: string[]) => refusal(await online.run(['changes', ...args, '--json']));
  for (const records of ['0', '-2', '1001'])
    expect(await asked(gun, `--records=${records}`)).toEqual([2, 'CHANGES-RECORDS']);
  for (const since of ['x&y', '-1', '', '1'.repeat(65)])
    expect(await asked(gun, `--since=${since}`)).toEqual([2, 'CHANGES-SINCE']);
  expect(await asked(gun, '--server', peer.url)).toEqual([2, 'CHANGES-SERVER']);
  const other = await station('online', 'empty');
  expect(refusal(await other.run(['changes', '--json']))).toEqual([2, 'CHANGES-SERVER']);
  await other.ok('repository', 'add', 'folder/app', '--directory', scratchFolder('folder'));
  expect(refusal(await other.run(['changes', 'folder/app', '--json']))).toEqual([2, 'CHANGES-NONE']);
});

test('changes: the whole server is asked for with registry:catalog:*', async () => {
  const tokens = await startTokenServer({ users: { alice: 'secret' } });
  const closed = await startNotaryServer({ auth: tokens.auth });
  const NOTARY_AUTH = Buffer.from('alice:secret').toString('base64');
  const environment = { HOME: '/nonexistent', NOTARY_AUTH };
  const server = openNotaryServer({ url: closed.url, ca: closed.caPem, environment });
  try {
    await server.changes(null, { since: null, records: 5 });
  } catch (error) {
    expect(error).toMatchObject({ exit: 6 });
  } finally {
    await server.close();
    await closed.stop();
    await tokens.stop();
  }
  expect(tokens.requests.map(({ query }) => query.get('scope'))).toEqual(['registry:catalog:*']);
});

test('SERVER-CHANGES: a server that answers something else is not believed', async () => {
  const tls = await testTls();
  let body = '';
  const fake = createServer({ key: tls.keyPem, cert: tls.certPem }, (_request, response) =>
    response.end(body),
  );
  await new Promise<void>((resolve) => fake.listen(0, '127.0.0.1', resolve));
  const url = `https://localhost:${String((fake.address() as AddressInfo).port)}`;
  const server = openNotaryServer({ url, ca: tls.caPem, environment: {} });
  const good = {
    ...{ ID: '1', CreatedAt: '2026-11-21T03:55:07.501262741Z', GUN: 'h/app', Version: 1 },
    ...{ SHA256: 'ab'.repeat(32), Category: 'update' },
  };
  const read = (value: unknown, gun: string | null = 'h/app') => {
    body = typeof value === 'string' ? value : JSON.stringify(value);
    return server.changes(gun, { since: null, records: 2 });
  };
  const feed = (...records: object[]) => ({ count: records.length, records });
  try {
    expect(await read(feed(good))).toHaveLength(1);
    expect(await read({ count: 0, records: null })).toEqual([]);
    const deletion = { ...good, Category: 'deletion', Version: 0, SHA256: '' };
    expect(await read(feed(deletion))).toMatchObject([{ category: 'deletion', sha256: null }]);
    expect(await read(feed({ ...good, GUN: 'h/other' }), null)).toHaveLength(1);
    for (const bad of [
      '',
      'null',
      '[]',
      '{"count":1,"count":1,"records":[]}',
      { count: 0, records: {} },
      { count: 2, records: [good] },
      feed(good, good),
      feed(good, { ...good, ID: '2' }, { ...good, ID: '3' }),
      feed({ ...good, GUN: 'h/other' }),
      feed({ ...good, ID: 1 }),
      feed({ ...good, ID: '\u001b[2J' }),
      feed({ ...good, Version: '1' }),
      feed({ ...good, Version: -1 }),
      feed({ ...good, SHA256: 'AB'.repeat(32) }),
      feed({ ...good, Category: 'other' }),
      feed({ ...good, CreatedAt: 'now' }),
      feed({ ...good, GUN: '' }),
      { count: 1, records: [null] },
    ])
      await expect(read(bad), JSON.stringify(bad)).rejects.toMatchObject({
        check: 'SERVER-CHANGES',
        exit: 6,
      });
    await expect(read(' '.repeat(20_000))).rejects.toMatchObject({ check: 'SERVER-TOO-LARGE' });
  } finally {
    await server.close();
    fake.closeAllConnections();
    await new Promise((resolve) => fake.close(resolve));
  }
});

test('compareNaturally: numbers by their value, digits first, and an order whatever the names', () => {
  const sorted = [
    '1',
    '2',
    '02',
    '10',
    'V1',
    'base',
    'v',
    'v1',
    'v1.2',
    'v1.10',
    'v2',
    'v02',
    'v10',
    '\u{ff5e}',
    '\u{1f600}',
  ];
  expect([...sorted].reverse().sort(compareNaturally)).toEqual(sorted);
  const name = fc.stringMatching(/^[a0-2.\u{1f600}\u{ff5e}]{0,8}$/u);
  fc.assert(
    fc.property(name, name, name, (a, b, c) => {
      expect(Math.sign(compareNaturally(a, b)) + Math.sign(compareNaturally(b, a))).toBe(0);
      expect(compareNaturally(a, b) === 0).toBe(a === b);
      if (compareNaturally(a, b) < 0 && compareNaturally(b, c) < 0)
        expect(compareNaturally(a, c)).toBeLessThan(0);
    }),
  );
});
