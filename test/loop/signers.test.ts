import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startNotaryServer, type NotaryServerPeer } from '../peers/notary-server.ts';
import {
  delegate,
  estate,
  expectUnstaged,
  stationKey,
  type Agreed,
  type Estate,
  type Staged,
} from './estate.ts';

// each step is a dozen programs, one after the other
vi.setConfig({ testTimeout: 240_000 });

let server: NotaryServerPeer;
beforeAll(async () => {
  server = await startNotaryServer();
});
afterAll(() => server.stop());

async function stage(app: Estate, ...args: string[]): Promise<Staged> {
  const { repositories } = await app.online.ok<{ repositories: Staged[] }>(...args);
  const [first] = repositories;
  if (!first) throw new Error('nothing was staged');
  return first;
}

function signersOf({ trust }: Agreed): readonly string[] {
  return trust.Signers.map(({ Name, Keys }) => `${Name} ${Keys.map(({ ID }) => ID).join(' ')}`);
}

function tagsOf({ trust }: Agreed): readonly string[] {
  return trust.SignedTags.map(({ SignedTag, Signers }) => `${SignedTag} ${Signers.join(' ')}`);
}

test('docker shows the signers that we add, what they sign, and that they are gone', async () => {
  const app = await estate(server, 'signers/all');
  const [alice, bob] = [await delegate(server), await delegate(server)];
  await stage(app, 'signer', 'add', 'alice', alice.certificate, app.gun);
  expect(signersOf(await app.step('alice'))).toEqual([`alice ${alice.id}`]);
  await stage(app, 'signer', 'add', '--key', bob.publicKey, 'bob', app.gun);
  expect(signersOf(await app.step('bob'))).toEqual([`bob ${bob.id}`, `alice ${alice.id}`]);

  await alice.sign(app.gun, 'a1', 11, 'targets/alice', 'targets/releases');
  await bob.sign(app.gun, 'b1', 12, 'targets/bob', 'targets/releases');
  expect(tagsOf(await app.agree())).toEqual(['a1 alice', 'b1 bob', 'v1 Repo Admin', 'v2 Repo Admin']);

  // The file of targets/releases was signed by bob last, and stays.
  const removed = await stage(app, 'signer', 'remove', 'alice', app.gun);
  expect(removed.changes.map(({ type, role }) => [type, role])).toEqual([
    ['delegation-remove', 'targets/alice'],
    ['key-remove', 'targets/releases'],
  ]);
  expect(removed.notes).toEqual(['clients will no longer see the 1 target of targets/alice']);
  const left = await app.step('removed');
  expect(signersOf(left)).toEqual([`bob ${bob.id}`]);
  expect(tagsOf(left)).toEqual(['a1 Repo Admin', 'b1 bob', 'v1 Repo Admin', 'v2 Repo Admin']);

  const refusal = await expectUnstaged(app, ['signer', 'remove', 'bob', app.gun], 'SIGNER-LAST');
  expect(refusal.hint).toContain('--last');
  const last = await stage(app, 'signer', 'remove', 'bob', app.gun, '--last');
  expect(last.changes.map(({ type, role }) => [type, role])).toEqual([
    ['delegation-remove', 'targets/bob'],
    ['delegation-remove', 'targets/releases'],
  ]);
  const none = await app.step('last');
  expect([signersOf(none), tagsOf(none)]).toEqual([[], ['v1 Repo Admin', 'v2 Repo Admin']]);
});

test('a signer whose key alone signed targets/releases leaves it signed anew by another that a station holds', async () => {
  const app = await estate(server, 'signers/anew');
  const alice = await delegate(server);
  const bob = await stationKey(app, app.online, 'targets/bob');
  await stage(app, 'signer', 'add', 'alice', alice.certificate, app.gun);
  await stage(app, 'signer', 'add', 'bob', bob.file, app.gun);
  await app.step('both');
  await alice.sign(app.gun, 'a1', 11, 'targets/alice', 'targets/releases');
  const removed = await stage(app, 'signer', 'remove', 'alice', app.gun);
  expect(removed.changes.at(-1)).toEqual({ type: 'refresh', role: 'targets/releases', days: null });
  expect(removed.notes.join('\n')).toMatch(/targets\/releases \(1 target\) must be signed anew .* at build/);
  const agreed = await app.step('removed');
  expect(tagsOf(agreed)).toEqual(['a1 Repo Admin', 'v1 Repo Admin', 'v2 Repo Admin']);
  expect(signersOf(agreed)).toEqual([`bob ${bob.id}`]);
});

test('where no station holds another signer’s key, what clients will lose is said', async () => {
  const app = await estate(server, 'signers/lost');
  const [alice, bob] = [await delegate(server), await delegate(server)];
  await stage(app, 'signer', 'add', 'alice', alice.certificate, app.gun);
  await stage(app, 'signer', 'add', 'bob', bob.certificate, app.gun);
  await app.step('both');
  await alice.sign(app.gun, 'a1', 11, 'targets/alice', 'targets/releases');
  const removed = await stage(app, 'signer', 'remove', 'alice', app.gun);
  expect(removed.notes).toContainEqual(
    expect.stringContaining('will no longer see the 1 target of targets/releases until 1 of its keys'),
  );
  expect(tagsOf(await app.step('removed'))).toEqual(['v1 Repo Admin', 'v2 Repo Admin']);
  const witness = await bob.stock.run(['witness', app.gun, 'targets/releases', '-p']);
  expect(witness.code, witness.stderr).toBe(0);
  expect(tagsOf(await app.agree())).toEqual(['a1 Repo Admin', 'v1 Repo Admin', 'v2 Repo Admin']);
});

test('a signer of several repositories, one of them new; a tag and all tags are revoked', async () => {
  const app = await estate(server, 'signers/several');
  const alice = await stationKey(app, app.online, 'targets/alice', '--repository', app.gun);
  const fresh = `${server.host}/signers/fresh`;
  await app.online.ok('repository', 'add', fresh, '--server', server.url, '--ca', server.ca);
  const both = await app.online.ok<{ repositories: { repository: string; changes: { type: string }[] }[] }>(
    ...['signer', 'add', 'alice', alice.file, app.gun, fresh],
  );
  expect(both.repositories.map(({ changes }) => changes[0]?.type)).toEqual(['delegation-add', 'init']);
  await app.online.ok('reset', fresh);
  await app.step('alice');
  const hash = ['--sha256', 'ab'.repeat(32)];
  const roles = ['-r', 'targets', '-r', 'targets/alice', '-r', 'targets/releases'];
  for (const tag of ['x1', 'x2']) await app.stage('addhash', app.gun, tag, '40', ...hash, ...roles);
  expect(tagsOf(await app.step('signed'))).toEqual([
    'v1 Repo Admin',
    'v2 Repo Admin',
    'x1 alice',
    'x2 alice',
  ]);

  const revoked = await app.stage('revoke', `${app.gun}:x1`);
  expect(revoked.changes.map(({ role }) => role)).toEqual(['targets', 'targets/alice', 'targets/releases']);
  expect(revoked.notes).toEqual([]);
  expect(tagsOf(await app.step('tag'))).toEqual(['v1 Repo Admin', 'v2 Repo Admin', 'x2 alice']);
  await app.stage('revoke', app.gun, '-y');
  expect((await app.step('all')).targets).toEqual([]);
});

test('R17 names that Docker does not allow, and signers that are not there', async () => {
  const app = await estate(server, 'signers/refused');
  const { certificate } = await delegate(server);
  for (const name of ['releases', 'Alice', '.a', 'a/b', ''])
    await expectUnstaged(app, ['signer', 'add', name, certificate, app.gun], 'SIGNER-NAME', 2);
  await expectUnstaged(app, ['signer', 'add', 'alice', certificate], 'USAGE-ARGUMENTS', 2);
  await expectUnstaged(app, ['signer', 'remove', 'alice', app.gun], 'CHANGE-DELEGATION');
  await expectUnstaged(
    app,
    ['signer', 'add', 'alice', certificate, app.gun, 'unknown/app'],
    'REPOSITORY-UNKNOWN',
    2,
  );
  expect((await app.online.run(['status', app.gun])).stdout).toBe('nothing is staged\n');
});
