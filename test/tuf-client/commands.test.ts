import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { scratchFolder } from '../peers/process.ts';
import { station, type TestStation } from '../peers/stations.ts';
import { clients, type Clients } from './clients.ts';
import { Repository } from './repository.ts';

const TOP = ['targets', 'snapshot', 'timestamp'];
let online: TestStation;
let repository: Repository;
let client: Clients;
let bin = '';
beforeAll(async () => {
  repository = new Repository();
  repository.add('targets', 'app/one.bin', 'one');
  repository.delegate('targets', { name: 'team a', paths: ['a/*'] });
  repository.delegate('targets', { name: 'team b', paths: ['b/*'] });
  repository.add('team a', 'a/tool', 'tool of a');
  repository.add('team b', 'b/tool', 'tool of b');
  repository.add('team b', 'b/.hidden', 'hidden');
  repository.publish('team a', 'team b', ...TOP);
  client = await clients(repository);
  online = await station('online', 'desk');
  await online.ok('repository', 'add', 'fw', '--dialect', 'tuf', '--url', `${client.url}/metadata`);
  bin = scratchFolder('downloads');
});

/** Delegated roles that were asked for since the last look. */
function rolesAsked(): string[] {
  const roles = client.asked().filter((path) => path.includes('team'));
  client.asked().length = 0;
  return roles.map((path) => decodeURIComponent(path.replace(/^.*\d\.|\.json$/g, '')));
}

test('lookup, verify and download read the roles on the way alone; list and inspect read all', async () => {
  rolesAsked();
  expect(await online.ok('lookup', 'fw', 'app/one.bin')).toMatchObject({ role: 'targets', length: 3 });
  expect(rolesAsked()).toEqual([]);
  expect(await online.ok('lookup', 'fw', 'b/tool')).toMatchObject({ role: 'team b' });
  expect(rolesAsked()).toEqual(['team b']);
  const file = join(bin, 'given');
  writeFileSync(file, 'tool of a');
  expect(await online.ok('verify', 'fw', 'a/tool', file)).toMatchObject({ verified: true, role: 'team a' });
  expect(rolesAsked()).toEqual(['team a']);
  const { targets } = await online.ok<{ targets: { name: string; role: string }[] }>('list', 'fw');
  expect(targets.map(({ name, role }) => `${role}: ${name}`)).toEqual([
    'team a: a/tool',
    'targets: app/one.bin',
    'team b: b/.hidden',
    'team b: b/tool',
  ]);
  expect(rolesAsked().sort()).toEqual(['team a', 'team b']);
  const [inspected] = (await online.ok('inspect', 'fw')) as unknown as [
    { SignedTags: { SignedTag: string; Signers: string[] }[]; Signers: { Name: string }[] },
  ];
  expect(inspected.SignedTags.map(({ SignedTag, Signers }) => [SignedTag, ...Signers])).toEqual(
    targets.map(({ name, role }) => [name, role]),
  );
  expect(inspected.Signers.map(({ Name }) => Name).sort()).toEqual(['team a', 'team b']);
});

test('download: the file has its name when it is verified, and no other is replaced unless it is named', async () => {
  const file = join(bin, 'tool');
  const run = (...args: string[]) => online.run(['download', 'fw', ...args, '--json'], { cwd: bin });
  expect((await run('a/tool')).json()).toMatchObject({ file, fetched: true, role: 'team a' });
  expect(readFileSync(file, 'utf8')).toBe('tool of a');
  expect((await run('a/tool')).json()).toMatchObject({ fetched: false });
  const taken = await run('b/tool');
  expect([taken.code, taken.json()]).toMatchObject([2, { error: { check: 'DOWNLOAD-EXISTS' } }]);
  expect(readFileSync(file, 'utf8')).toBe('tool of a');
  expect((await run('b/tool', '-o', file)).json()).toMatchObject({ file, fetched: true });
  expect(readFileSync(file, 'utf8')).toBe('tool of b');
  const hidden = await run('b/.hidden');
  expect([hidden.code, hidden.json()]).toMatchObject([2, { error: { check: 'DOWNLOAD-NAME' } }]);
  const absent = await run('a/nothing');
  expect([absent.code, absent.json()]).toMatchObject([3, { error: { check: 'READ-TARGET' } }]);
  const nowhere = await run('a/tool', '-o', join(bin, 'none', 'x'));
  expect([nowhere.code, nowhere.json()]).toMatchObject([6, { error: { check: 'DOWNLOAD-WRITE' } }]);
});

test('VERIFY-MISMATCH, DOWNLOAD-ABSENT: other bytes, or none, leave nothing behind', async () => {
  const [name] = [...repository.files].find(([, bytes]) => bytes.toString() === 'one') ?? [];
  const before = readdirSync(bin).sort();
  const run = () => online.run(['download', 'fw', 'app/one.bin', '--json'], { cwd: bin });
  repository.files.set(name!, Buffer.from('two'));
  const other = await run();
  expect([other.code, other.json()]).toMatchObject([3, { error: { check: 'VERIFY-MISMATCH' } }]);
  repository.files.delete(name!);
  const none = await run();
  expect([none.code, none.json()]).toMatchObject([6, { error: { check: 'DOWNLOAD-ABSENT' } }]);
  expect(readdirSync(bin).sort()).toEqual(before);
});

test('DOWNLOAD-PLACE: a repository without target files says what to do instead', async () => {
  const folder = scratchFolder('notary');
  await online.ok('repository', 'add', 'registry.example.com/app', '--directory', folder);
  const refused = await online.run(['download', 'registry.example.com/app', '1.0', '--json'], { cwd: bin });
  expect([refused.code, refused.json()]).toMatchObject([
    2,
    { error: { check: 'DOWNLOAD-PLACE', hint: expect.stringContaining('countersign verify') as string } },
  ]);
  expect(existsSync(join(bin, '1.0'))).toBe(false);
});
