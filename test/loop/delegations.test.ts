import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startNotaryServer, type NotaryServerPeer } from '../peers/notary-server.ts';
import { runOk, scratchFolder } from '../peers/process.ts';
import { exportAll, publish, signAll } from '../peers/stations.ts';
import { delegate, estate, expectUnstaged, renewCard, stationKey, type Estate } from './estate.ts';

// each step is a dozen programs, one after the other
vi.setConfig({ testTimeout: 240_000 });

let server: NotaryServerPeer;
beforeAll(async () => {
  server = await startNotaryServer();
});
afterAll(() => server.stop());

interface ListedDelegation {
  readonly role: string;
  readonly paths: readonly string[];
  readonly threshold: number;
  readonly keys: readonly {
    readonly id: string;
    readonly canonicalId: string;
    readonly holder: string | null;
  }[];
  readonly version: number | null;
}

async function delegations({ online, gun }: Estate): Promise<readonly ListedDelegation[]> {
  const list = await online.ok<{ delegations: ListedDelegation[] }>('delegation', 'list', gun);
  return list.delegations;
}

/** Rows of the stock client's list, with the canonical IDs that begin their lines. */
async function stockRows({ kept, gun }: Estate): Promise<string> {
  await kept.list(gun);
  const { stdout } = await kept.run(['delegation', 'list', gun]);
  return stdout.replace(/ +/g, ' ');
}

test('delegations come with certificates and bare keys, get more paths, lose keys and paths, and go', async () => {
  const app = await estate(server, 'delegations/all');
  const [qa, dev] = [await delegate(server), await delegate(server, 'rsa')];
  const ed25519 = join(scratchFolder('ed25519'), 'public.pem');
  await runOk('bash', ['-c', `openssl genpkey -algorithm ed25519 | openssl pkey -pubout -out ${ed25519}`]);

  await app.stage('delegation', 'add', app.gun, 'targets/qa', qa.certificate, '--paths', 'q,r');
  await app.stage('delegation', 'add', app.gun, 'targets/dev', dev.publicKey, ed25519, '--all-paths');
  expect((await app.step('add')).versions).toMatchObject({ root: 1, targets: 2 });
  const added = await delegations(app);
  expect(added.map(({ role, paths, threshold, version }) => ({ role, paths, threshold, version }))).toEqual([
    { role: 'targets/dev', paths: [''], threshold: 1, version: null },
    { role: 'targets/qa', paths: ['q', 'r'], threshold: 1, version: null },
  ]);
  expect(added[1]?.keys[0]?.canonicalId).toBe(qa.id);
  const table = await app.online.run(['delegation', 'list', app.gun]);
  for (const text of [await stockRows(app), table.stdout.replace(/ +/g, ' ')])
    for (const row of [`${qa.id} 1`, `targets/dev "" <all paths> `, ...added.flatMap(ids)])
      expect(text).toContain(row);

  await qa.sign(app.gun, 'q1', 11, 'targets/qa');
  await dev.sign(app.gun, 'd1', 12, 'targets/dev');
  expect((await app.agree()).targets).toEqual([
    'd1 targets/dev',
    'q1 targets/qa',
    'v1 targets',
    'v2 targets',
  ]);

  // Names below the path alone count; the nested role is declared in the file of its parent, and signed by its key.
  await app.stage('delegation', 'add', app.gun, 'targets/qa', '--paths', 's');
  await app.stage('delegation', 'remove', app.gun, 'targets/qa', '--paths', 'r');
  await app.step('paths');
  expect((await delegations(app))[1]?.paths).toEqual(['q', 's']);

  const lost = await app.stage('delegation', 'remove', app.gun, 'targets/dev', dev.id.slice(0, 12));
  expect(lost.notes).toEqual([
    expect.stringContaining('clients will no longer see the 1 target of targets/dev until'),
  ]);
  const review = await reviewed(app, 'keys');
  expect(review).toContain('UNREADABLE');
  expect((await app.agree()).targets).toEqual(['q1 targets/qa', 'v1 targets', 'v2 targets']);
  expect((await delegations(app))[0]).toMatchObject({ role: 'targets/dev', version: null });

  await app.stage('delegation', 'remove', app.gun, 'targets/dev');
  const gone = await app.stage('delegation', 'remove', app.gun, 'targets/qa');
  expect(gone.notes).toEqual(['clients will no longer see the 1 target of targets/qa']);
  expect((await app.step('gone')).targets).toEqual(['v1 targets', 'v2 targets']);
  expect(await delegations(app)).toEqual([]);
  expect((await app.online.run(['delegation', 'list', app.gun])).stdout).toBe(
    'No delegations present in this repository.\n',
  );
});

function ids({ keys }: ListedDelegation): string[] {
  return keys.map(({ canonicalId }) => canonicalId);
}

/** Export, review, sign and publish; what review says. */
async function reviewed({ online, offline, on, ...app }: Estate, name: string): Promise<string> {
  await online.ok('export', '-o', on(`${name}.request.tar`));
  const { stdout } = await offline.run(['review', on(`${name}.request.tar`), '--json']);
  await signAll({ online, offline, on, ...app }, `${name}.request.tar`, `${name}.response.tar`);
  await publish({ online, offline, on, ...app }, `${name}.response.tar`);
  return stdout;
}

test('S24 a delegation that is added again begins above every version that it had, whoever has its key', async () => {
  const app = await estate(server, 'delegations/again');
  const [alice, bob] = [await delegate(server), await stationKey(app, app.offline, 'targets/alice')];
  await app.stage('delegation', 'add', app.gun, 'targets/alice', alice.certificate, '--all-paths');
  await app.step('add');
  for (const number of [11, 12, 13]) await alice.sign(app.gun, `a${String(number)}`, number, 'targets/alice');
  expect((await app.agree()).versions).toMatchObject({ 'targets/alice': 3 });
  await app.stage('delegation', 'remove', app.gun, 'targets/alice');
  await app.step('remove');

  const back = await app.stage(
    'delegation',
    'add',
    app.gun,
    'targets/alice',
    alice.certificate,
    '--all-paths',
  );
  expect(back.notes).toEqual([
    'clients will see the 3 targets again that targets/alice had when it was removed',
  ]);
  await app.online.ok('reset', app.gun);
  const other = await app.stage('delegation', 'add', app.gun, 'targets/alice', bob.file, '--all-paths');
  expect(other.notes).toEqual([]);
  // The officer cannot see whose file it is, but that there is one.
  await exportAll(app, 'again.request.tar');
  const { anomalies } = await app.offline.ok<{ anomalies: { id: string; typed: boolean }[] }>(
    ...['review', app.on('again.request.tar')],
  );
  const returning = anomalies.filter(({ id }) =>
    id.startsWith(`RETURNING-TARGETS:${app.gun}:targets/alice:`),
  );
  expect(returning.map(({ typed }) => typed)).toEqual([true]);
  await signAll(app, 'again.request.tar', 'again.response.tar');
  await publish(app, 'again.response.tar');
  expect((await app.agree()).targets).toEqual(['v1 targets', 'v2 targets']);

  await app.stage('addhash', app.gun, 'b1', '21', '--sha256', 'cd'.repeat(32), '-r', 'targets/alice');
  const agreed = await app.step('signed');
  expect(agreed.targets).toEqual(['b1 targets/alice', 'v1 targets', 'v2 targets']);
  expect(agreed.versions).toMatchObject({ 'targets/alice': 4 });
});

test('CHANGE-UNREADABLE: nothing changes below a role that loses its signatures in the same request', async () => {
  const app = await estate(server, 'delegations/below');
  const [a, y] = [
    await stationKey(app, app.offline, 'targets/a'),
    await stationKey(app, app.offline, 'targets/a/y'),
  ];
  const carol = await delegate(server);
  await app.stage('delegation', 'add', app.gun, 'targets/a', a.file, '--all-paths');
  await app.stage('delegation', 'add', app.gun, 'targets/a/y', y.file, '--all-paths');
  await app.step('nested');
  const add = ['addhash', app.gun, 'y1', '31', '--sha256', 'ef'.repeat(32), '-r', 'targets/a/y'];
  const lose = ['threshold', app.gun, 'targets/a', '1', '--add', carol.publicKey, '--remove', a.id];

  await app.stage(...add);
  const before = await app.online.ok('status', app.gun);
  const refused = await app.online.run([...lose, '--json']);
  expect([refused.code, refused.stdout]).toEqual([3, expect.stringContaining('CHANGE-UNREADABLE')]);
  expect(await app.online.ok('status', app.gun)).toEqual(before);

  await app.online.ok('reset', app.gun);
  await app.stage(...lose);
  await app.stage(...add);
  const request = app.on('below.request.tar');
  const exported = await app.online.run(['export', '-o', request, '--json']);
  expect([exported.code, exported.stdout]).toEqual([3, expect.stringContaining('CHANGE-UNREADABLE')]);
  expect(existsSync(request)).toBe(false);

  await app.online.ok('reset', app.gun);
  await app.stage(...add);
  expect((await app.step('alone')).targets).toContain('y1 targets/a/y');
});

test('witness: a role whose key changed is signed anew by its new key, each target shown again', async () => {
  const app = await estate(server, 'delegations/witness');
  const [alice, vault] = [await delegate(server), await stationKey(app, app.offline, 'targets/alice')];
  await app.stage('delegation', 'add', app.gun, 'targets/alice', alice.certificate, '--all-paths');
  await app.step('add');
  await alice.sign(app.gun, 'a1', 11, 'targets/alice');
  await alice.sign(app.gun, 'a2', 12, 'targets/alice');
  await app.stage('threshold', app.gun, 'targets/alice', '1', '--add', vault.file);
  await app.step('both');
  await renewCard(app);
  // Of the two keys the station holds the one that stays: the file is signed anew in the same request.
  const removed = await app.stage('remove-compromised', app.gun, 'targets/alice', alice.id);
  expect(removed.changes).toEqual([
    { type: 'key-remove', role: 'targets/alice', keyid: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
    { type: 'refresh', role: 'targets/alice', days: null },
  ]);
  expect(removed.notes[0]).toMatch(/targets\/alice \(2 targets\) must be signed anew .*vault/);
  const agreed = await app.step('removed');
  expect(agreed.targets).toEqual(['a1 targets/alice', 'a2 targets/alice', 'v1 targets', 'v2 targets']);
  expect(agreed.versions).toMatchObject({ 'targets/alice': 3 });

  // Where only the other key was there, the file is lost to clients until it is witnessed.
  const carol = await delegate(server);
  await app.stage('threshold', app.gun, 'targets/alice', '1', '--add', carol.publicKey);
  await app.step('carol');
  await app.stage('remove-compromised', app.gun, 'targets/alice', vault.id);
  expect((await app.step('lost')).targets).toEqual(['v1 targets', 'v2 targets']);
  const dave = await stationKey(app, app.offline, 'targets/alice', '--label', 'dave');
  await app.stage('threshold', app.gun, 'targets/alice', '1', '--add', dave.file, '--remove', carol.id);
  await app.step('dave');
  const witness = await app.stage('witness', app.gun, 'targets/alice');
  expect(witness.changes.map(({ type, name }) => [type, name])).toEqual([
    ['add', 'a1'],
    ['add', 'a2'],
  ]);
  expect(witness.notes).toEqual([expect.stringMatching(/targets\/alice begins anew: .* has 2 targets$/)]);
  const again = await reviewed(app, 'witness');
  expect(again).toContain(`VANISHED:${app.gun}:targets/alice:3`);
  const signed = await app.agree();
  expect(signed.targets).toEqual(agreed.targets);
  expect(signed.versions).toMatchObject({ 'targets/alice': 4 });
});

test('nested roles are declared by their parent and signed by its key; add and remove go into several roles at once', async () => {
  const app = await estate(server, 'delegations/nested');
  const [team, sub] = [
    await stationKey(app, app.offline, 'targets/team'),
    await stationKey(app, app.online, 'targets/team/sub'),
  ];
  await expectUnstaged(
    app,
    ['delegation', 'add', app.gun, 'targets/team/sub', sub.file, '--all-paths'],
    'CHAIN-TARGETS',
  );
  await app.stage('delegation', 'add', app.gun, 'targets/team', team.file, '--paths', 't/');
  await app.stage('delegation', 'add', app.gun, 'targets/team/sub', sub.file, '--paths', 't/s');
  await app.step('nested');
  expect((await delegations(app)).map(({ role, version }) => [role, version])).toEqual([
    ['targets/team', 1],
    ['targets/team/sub', null],
  ]);

  const hash = ['--sha256', 'ef'.repeat(32)];
  const roles = ['-r', 'targets', '-r', 'targets/team', '-r', 'targets/team/sub'];
  await app.stage('addhash', app.gun, 't/s1', '31', ...hash, ...roles);
  await app.stage('addhash', app.gun, 't/s2', '32', ...hash, '-r', 'targets/team/sub');
  const file = join(scratchFolder('file'), 'content');
  writeFileSync(file, 'content');
  await app.stage('add', app.gun, 't/f', file, '-r', 'targets/team', '-r', 'targets');
  const agreed = await app.step('everywhere');
  expect(agreed.targets).toEqual([
    't/f targets',
    't/s1 targets',
    't/s2 targets/team/sub',
    'v1 targets',
    'v2 targets',
  ]);
  await app.stage('remove', app.gun, 't/s1', '-r', 'targets', '-r', 'targets/team');
  expect((await app.step('removed')).targets).toContain('t/s1 targets/team/sub');

  await app.stage('refresh', app.gun, 'targets/team', 'targets/team/sub', '--expires', '90d');
  expect((await app.step('refreshed')).versions).toMatchObject({ 'targets/team': 4, 'targets/team/sub': 2 });
  await app.stage('remove', app.gun, 't/f', '-r', 'targets', '-r', 'targets/team');
  const revoked = await app.step('revoked');
  expect(revoked.targets).toEqual([
    't/s1 targets/team/sub',
    't/s2 targets/team/sub',
    'v1 targets',
    'v2 targets',
  ]);
});

test('R17 keys and roles that clients would refuse are refused when they are staged', async () => {
  const app = await estate(server, 'delegations/refused');
  const alice = await delegate(server);
  const folder = scratchFolder('keys');
  const file = (name: string): string => join(folder, name);
  const certificate = (name: string, ...options: string[]): string[] => [
    ...['openssl', 'req', '-x509', '-nodes', '-subj', '/CN=x', '-days', '30'],
    ...['-keyout', file(`${name}.key`), '-out', file(name), ...options],
  ];
  const p256 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  await runOk('env', certificate('short.pem', '-newkey', 'rsa:1024'));
  await runOk('env', certificate('sha1.pem', ...p256, '-sha1'));
  await runOk('faketime', ['2020-01-01 00:00:00', ...certificate('ended.pem', ...p256)]);
  const add = (role: string, ...rest: string[]): string[] => ['delegation', 'add', app.gun, role, ...rest];
  const refusals: [string[], string, number][] = [
    [add('targets/a', file('short.pem'), '--all-paths'), 'KEY-ALGORITHM', 3],
    [add('targets/a', file('sha1.pem'), '--all-paths'), 'CERTIFICATE-ALGORITHM', 3],
    [add('targets/a', file('ended.pem'), '--all-paths'), 'CERTIFICATE-EXPIRED', 3],
    [add('targets/a', alice.certificate), 'DELEGATION-PATHS', 2],
    [add('targets/a', '--all-paths'), 'CHANGE-THRESHOLD', 3],
    [add('targets/a', alice.certificate, '--paths', 'a,,b'), 'DELEGATION-PATHS', 2],
    [add('targets/a', 'new', '--all-paths'), 'KEY-SOURCE', 2],
    [add('targets/A', alice.certificate, '--all-paths'), 'NAME-ROLE', 3],
    [add('targets', alice.certificate, '--all-paths'), 'CHANGE-ROLE', 3],
    [add('targets/a', file('short.pem.key'), '--all-paths'), 'KEY-FILE', 3],
    [add('targets/a', alice.certificate, '--all-paths', '--threshold', '2'), 'CHANGE-THRESHOLD', 3],
    [['delegation', 'remove', app.gun, 'targets/a'], 'CHANGE-DELEGATION', 3],
    [['witness', app.gun, 'targets/a'], 'REFRESH-ROLE', 3],
    [['revoke', `${app.gun}:v9`], 'READ-TARGET', 3],
    [['revoke', app.gun], 'REVOKE-ALL', 2],
  ];
  for (const [args, check, exit] of refusals) await expectUnstaged(app, args, check, exit);

  // A file as docker writes it, with a header, a carriage return in each line, and text around it.
  const [first, ...rest] = readFileSync(alice.publicKey, 'utf8').split('\n');
  writeFileSync(file('docker.pub'), ['for alice', first, 'role: alice', '', ...rest, 'bye'].join('\r\n'));
  const staged = await app.stage(...add('targets/a', file('docker.pub'), '--all-paths'));
  expect(staged.changes).toEqual([
    {
      ...{ type: 'delegation-add', role: 'targets/a', parent: null, paths: [''] },
      ...{ hashPrefixes: [], terminating: null },
    },
    {
      type: 'key-add',
      role: 'targets/a',
      key: { form: 'public', value: rest.join('').replace(/-----END.*/, '') },
    },
  ]);
  await expectUnstaged(app, add('targets/a', alice.publicKey, '--all-paths'), 'CHANGE-NOTHING', 2);
});
