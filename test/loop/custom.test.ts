import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../src/encoding/json.ts';
import { EXIT } from '../../src/errors.ts';
import { refusalOf } from '../attacks/refusal.ts';
import { plainRequest } from '../peers/https.ts';
import { startNotaryServer, type NotaryServerPeer } from '../peers/notary-server.ts';
import { scratchFolder } from '../peers/process.ts';
import {
  exportAll,
  hashOf,
  publish,
  roundTrip,
  signAll,
  stations,
  withOnlineKeys,
  type TestStations,
} from '../peers/stations.ts';
import { PASSPHRASE, stockNotary } from '../peers/stock-notary.ts';
import { serveFolder, tufClient } from '../peers/tuf-updater.ts';

let server: NotaryServerPeer;
beforeAll(async () => {
  server = await startNotaryServer();
});
afterAll(() => server.stop());

/** Custom data of published targets by name, as `list --json` has them. */
async function listed({ online }: TestStations, repository: string): Promise<Record<string, unknown>> {
  const { targets } = await online.ok<{ targets: { name: string; custom?: unknown }[] }>('list', repository);
  return Object.fromEntries(targets.map(({ name, custom }) => [name, custom ?? 'none']));
}

const build = { build: { commit: 'c0ffee', number: 7 }, channels: ['stable', null], signed: true };
const unicode = { note: 'gr\u00fcn \u{1f511} \u061c "quoted" \\' };

test('Notary: custom data of the stock client and ours are kept by each other, and a change of them alone is shown', async () => {
  const gun = `${server.host}/custom/app`;
  const old = stockNotary({ url: server.url, ca: server.ca });
  await old.init(gun);
  const file = join(old.trustDir, 'custom.json');
  writeFileSync(file, '{"by":"stock"}');
  for (const name of ['theirs', 'same', 'next'])
    await old.run(['addhash', gun, name, '10', '--sha256', hashOf(1), '--custom', file]);
  await old.publish(gun);

  const pair = await stations();
  const { online, offline, on } = pair;
  await online.ok('repository', 'add', gun, '--server', server.url, '--ca', server.ca);
  await online.ok('repository', 'adopt', gun, '-o', on('adopt.tar'));
  await signAll(pair, 'adopt.tar', 'adopted.tar');
  await publish(pair, 'adopted.tar');
  const secret = join(scratchFolder('secrets'), 'stock');
  writeFileSync(secret, `${PASSPHRASE}\n`, { mode: 0o600 });
  const from = ['--import-passphrase-file', secret, ...pair.secrets];
  await offline.ok('key', 'import', join(old.trustDir, 'private'), ...from);
  expect(await listed(pair, gun)).toEqual({
    next: { by: 'stock' },
    same: { by: 'stock' },
    theirs: { by: 'stock' },
  });

  writeFileSync(on('build.json'), JSON.stringify(build, null, 2));
  const stage = (name: string, length: string, hash: string, ...more: string[]): Promise<unknown> =>
    online.ok('addhash', gun, name, length, '--sha256', hash, ...more);
  await stage('ours', '20', hashOf(2), '--custom', `@${on('build.json')}`);
  await stage('theirs', '10', hashOf(1), '--custom', JSON.stringify(unicode));
  await stage('same', '10', hashOf(1));
  await stage('next', '30', hashOf(3));
  const status = await online.run(['status', gun]);
  expect(status.stdout).toMatch(/add "ours" 20 bytes, custom \{"build":/);
  await exportAll(pair, 'first.tar');
  const { stdout } = await offline.run(['review', on('first.tar')]);
  expect(stdout).toContain('other custom data: theirs');
  expect(stdout).toContain('1 added, 1 moved, 0 removed, 1 with other custom data; then 4 in all');
  expect(stdout).toContain('old custom {"by":"stock"}');
  // R9: escaped, never raw
  expect(stdout).toContain(String.raw`new custom {"note":"gr\u{fc}n \u{1f511} \u{61c} \\"quoted\\" \\\\"}`);
  expect(stdout).toMatch(/new custom none/);
  expect(stdout).toMatch(/^[\n -~]*$/);
  const review = await offline.ok<{ repositories: { roles: { role: string; targets: unknown[] }[] }[] }>(
    'review',
    on('first.tar'),
  );
  expect(review.repositories[0]?.roles.find(({ role }) => role === 'targets')?.targets).toContainEqual(
    expect.objectContaining({
      name: 'theirs',
      before: expect.objectContaining({ custom: { by: 'stock' } }) as object,
      after: expect.objectContaining({ custom: unicode }) as object,
    }),
  );
  await signAll(pair, 'first.tar', 'signed.tar');
  await publish(pair, 'signed.tar');
  const expected = { next: 'none', ours: build, same: { by: 'stock' }, theirs: unicode };
  expect(await listed(pair, gun)).toEqual(expected);

  const fresh = stockNotary({ url: server.url, ca: server.ca });
  for (const client of [old, fresh]) {
    expect((await client.list(gun)).map(({ name }) => name)).toEqual(['next', 'ours', 'same', 'theirs']);
    expect(await client.lookup(gun, 'ours')).toMatchObject({ sha256: hashOf(2), length: 20 });
  }
  // The stock client signs the file again, with our custom data in it, as anybody else verifies it.
  await old.addhash(gun, 'again', 40, hashOf(4));
  await old.publish(gun);
  expect((await fresh.list(gun)).map(({ name }) => name)).toContain('again');
  expect(await listed(pair, gun)).toEqual({ ...expected, again: 'none' });
  const { body } = await plainRequest(`${server.url}/v2/${gun}/_trust/tuf/targets.json`, {
    caPem: server.caPem,
  });
  const { signed } = JSON.parse(body.toString()) as { signed: { targets: Record<string, JsonObject> } };
  expect(signed.targets['ours']?.['custom']).toEqual(build);

  // null takes them away, and nothing else
  await stage('ours', '20', hashOf(2), '--custom', 'null');
  await roundTrip(pair, 'second');
  expect(await listed(pair, gun)).toEqual({ ...expected, again: 'none', ours: 'none' });
}, 120_000);

test('CHANGE-CUSTOM JSON-STRICT R17 what Notary cannot carry is refused when it is staged, and stages nothing', async () => {
  const pair = await stations({ rootKey: false });
  const gun = `${server.host}/custom/refused`;
  await pair.online.ok('repository', 'add', gun, '--server', server.url, '--ca', server.ca);
  const add = ['addhash', gun, 'v1', '1', '--sha256', hashOf(1), '--custom'];
  const refusedBy = async (...args: string[]): Promise<[string, number | null]> => {
    const finished = await pair.online.run([...args, '--json']);
    return [refusalOf(finished).check, finished.code];
  };
  expect(await refusedBy(...add, '{"a":"<"}')).toEqual(['CHANGE-CUSTOM', EXIT.refused]);
  expect(await refusedBy(...add, '{"a":1,"a":1}')).toEqual(['JSON-STRICT', EXIT.refused]);
  expect(await refusedBy(...add, '@/nowhere')).toEqual(['CUSTOM-FILE', EXIT.usage]);
  const list = pair.on('list.csv');
  writeFileSync(list, `name,length,sha256,custom\nv1,1,${hashOf(1)},{\n`);
  const both = ['add', gun, '--from', list, '--custom', '{}'];
  expect(await refusedBy(...both)).toEqual(['USAGE-SOURCE', EXIT.usage]);
  expect(await refusedBy(...both.slice(0, 4))).toEqual(['LIST-FORM', EXIT.usage]);
  const { repositories } = await pair.online.ok<{ repositories: { changes: unknown[] }[] }>('status', gun);
  expect(repositories[0]?.changes).toEqual([]);
}, 60_000);

test('TUF: custom data by list and by file, looked up, and kept where a role is refreshed', async () => {
  const pair = await stations({ dialect: 'tuf' });
  const { online, on } = pair;
  await withOnlineKeys(pair);
  const folder = scratchFolder('published');
  await online.ok('repository', 'add', 'app', '--dialect', 'tuf', '--directory', folder);
  await online.ok('init', 'app');
  const lines = [
    { name: 'a/1.bin', length: 1, sha256: hashOf(1), custom: build },
    { name: 'a/2.bin', length: 2, sha256: hashOf(2) },
  ];
  writeFileSync(on('list.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  await online.ok('add', 'app', '--from', on('list.jsonl'));
  writeFileSync(on('3.bin'), 'three');
  await online.ok(
    'add',
    'app',
    'a/3.bin',
    on('3.bin'),
    '--custom',
    JSON.stringify({ ...unicode, ...{ '<': '&' } }),
  );
  await roundTrip(pair, 'first');
  await online.ok('refresh', 'app', 'targets');
  await roundTrip(pair, 'second');
  const expected = { 'a/1.bin': build, 'a/2.bin': 'none', 'a/3.bin': { ...unicode, ...{ '<': '&' } } };
  expect(await listed(pair, 'app')).toEqual(expected);
  const web = await serveFolder(folder);
  expect(await tufClient(folder, web).download('a/3.bin')).toEqual(Buffer.from('three'));
  await web.stop();
  const lookup = await online.run(['lookup', 'app', 'a/1.bin']);
  expect(lookup.stdout).toContain('  custom {"build":{"commit":"c0ffee","number":7}');
  const last = readdirSync(join(folder, 'metadata'))
    .filter((name) => /^\d+\.targets\.json$/.test(name))
    .sort()
    .at(-1);
  const { signed } = JSON.parse(readFileSync(join(folder, 'metadata', last ?? ''), 'utf8')) as {
    signed: { targets: Record<string, JsonObject> };
  };
  expect(signed.targets['a/1.bin']?.['custom']).toEqual(build);
  const text = await online.run([
    ...['addhash', 'app', 'a/4.bin', '4', '--sha256', hashOf(4)],
    ...['--custom', '"text"', '--json'],
  ]);
  expect(refusalOf(text).check).toBe('CHANGE-CUSTOM');
  const [inspection] = await online.ok<{ SignedTags: { Custom?: unknown }[] }[]>('inspect', 'app');
  expect(inspection?.SignedTags.map(({ Custom }) => Custom ?? 'none')).toEqual(Object.values(expected));
}, 120_000);
