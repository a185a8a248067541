import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { scratchFolder } from '../peers/process.ts';
import { exportAll, hashOf, publish, roundTrip, signAll, station } from '../peers/stations.ts';
import { tufRepository, type TufRepository } from './repository.ts';

// each step is a dozen programs, one after the other
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

let app: TufRepository;
beforeEach(async () => {
  app = await tufRepository();
});
afterEach(() => app.close());

interface Listed {
  readonly delegations: readonly Record<string, unknown>[];
}

const KEY = ['--dialect', 'tuf', '--keyfile', '--algorithm', 'ed25519'];

/** A delegation key at a station, which the others know from its card. */
async function delegationKey(at: 'online' | 'offline'): Promise<void> {
  const { online, offline, stick, passphraseFile } = app;
  const secret = ['--passphrase-file', passphraseFile];
  await app[at].ok('key', 'generate', 'delegation', ...KEY, ...secret);
  const [from, to] = at === 'online' ? [online, offline] : [offline, online];
  const file = join(stick, `again-${at}.card`);
  const { digest } = await from.ok<{ digest: string }>('station', 'card', '-o', file, ...secret);
  await to.ok('station', 'pair', file, '--approve', digest);
}

const add = (name: string, number: number, ...more: string[]) =>
  app.stage('addhash', app.name, name, String(number), '--sha256', hashOf(number), ...more);

const list = async (): Promise<readonly Record<string, unknown>[]> =>
  (await app.online.ok<Listed>('delegation', 'list', app.name)).delegations;

interface ReviewRole {
  readonly role: string;
  readonly notUnderstood: readonly string[];
}

interface Reviewed {
  readonly anomalies: readonly { readonly id: string; readonly typed: boolean }[];
  readonly asked: readonly {
    readonly reach: readonly { readonly after: readonly { readonly role: string }[] }[];
  }[];
  readonly repositories: readonly {
    readonly roles: readonly ReviewRole[];
    readonly notUnderstood: readonly ReviewRole[];
    readonly reach: readonly { readonly names: readonly string[]; readonly hidden: readonly object[] }[];
  }[];
}

const review = (request: string, ...more: string[]) =>
  app.offline.ok<Reviewed>('review', app.on(request), ...more);

describe('delegations of a TUF repository, read by tuf-js', () => {
  test('a delegated role with its key offline: its first file comes with it; list shows it; it goes again', async () => {
    await delegationKey('offline');
    await add('app/one', 1);
    await roundTrip(app, 'first');
    const { changes } = await app.stage(
      ...['delegation', 'add', app.name, 'sensors', 'vault', '--paths', 'sensors/*', '--terminating'],
    );
    expect(changes[0]).toMatchObject({ type: 'delegation-add', parent: 'targets', terminating: true });
    await add('sensors/two', 2, '-r', 'sensors');
    await roundTrip(app, 'sensors');
    expect(await app.find('app/one')).toMatchObject({ length: 1 });
    expect(await app.find('sensors/two')).toMatchObject({ length: 2 });
    expect(await list()).toMatchObject([
      {
        ...{ role: 'sensors', parent: 'targets', order: 1, paths: ['sensors/*'], hashPrefixes: [] },
        ...{ terminating: true, threshold: 1, version: 1 },
      },
    ]);
    const table = (await app.online.run(['delegation', 'list', app.name])).stdout;
    expect(table).toMatch(/^ROLE +PATHS +KEY IDS +THRESHOLD +PARENT +ORDER +TERMINATING$/m);
    expect(table).toMatch(/^sensors +"sensors\/\*" +[0-9a-f]{64} +1 +targets +1 +yes$/m);

    const nested = ['delegation', 'add', app.name, 'lower', 'vault', '--parent', 'sensors'];
    await app.stage(...nested, '--hash-prefix', '0,1,2,3,4,5,6,7', '--hash-prefix', '8,9,a,b,c,d,e,f');
    await add('sensors/three', 3, '-r', 'lower');
    await roundTrip(app, 'nested');
    expect(await app.find('sensors/three')).toMatchObject({ length: 3 });
    expect((await app.online.run(['delegation', 'list', app.name])).stdout).toContain(
      'hash 0..f (16 prefixes)',
    );

    const fewer = await app.stage('delegation', 'remove', app.name, 'lower', '--hash-prefix', 'A,b');
    expect(fewer.changes).toEqual([
      { type: 'paths-remove', role: 'lower', paths: [], hashPrefixes: ['a', 'b'] },
    ]);
    const status = await app.online.run(['status', app.name]);
    expect(status.stdout).toContain('delegate no more to lower for hash a, b');
    await exportAll(app, 'fewer.tar');
    const review = await app.offline.run(['review', app.on('fewer.tar')]);
    expect(review.stdout).toContain('no more hash a, b');
    await signAll(app, 'fewer.tar', 'fewer.signed.tar');
    await publish(app, 'fewer.signed.tar');
    expect((await list()).find(({ role }) => role === 'lower')?.hashPrefixes).toHaveLength(14);
    expect(await app.find('sensors/three')).toMatchObject({ length: 3 });

    const gone = await app.stage('delegation', 'remove', app.name, 'lower');
    expect(gone.notes).toEqual(['clients will no longer see the 1 target of lower']);
    await roundTrip(app, 'gone');
    expect(await app.find('sensors/three')).toBe(null);
    expect(await app.find('sensors/two')).toMatchObject({ length: 2 });
  });

  test('a delegated role with its key at a second station, and one with a key at the online one', async () => {
    const { stick, passphraseFile: secret, online, on } = app;
    const second = await station('offline', 'cellar');
    await second.ok('key', 'generate', 'delegation', ...KEY, '--passphrase-file', secret);
    await delegationKey('online');
    for (const [from, to] of [
      [second, online],
      [online, second],
    ] as const) {
      const card = join(stick, `${from.name}-to-${to.name}.card`);
      const { digest } = await from.ok<{ digest: string }>(
        ...['station', 'card', '-o', card, '--passphrase-file', secret],
      );
      await to.ok('station', 'pair', card, '--approve', digest);
    }
    await online.ok('export', '--to', 'vault', '-o', on('first.request.tar'));
    await signAll(app, 'first.request.tar', 'first.response.tar');
    await publish(app, 'first.response.tar');

    await app.stage('delegation', 'add', app.name, 'far', 'cellar', '--paths', 'far/*');
    await app.stage('delegation', 'add', app.name, 'near', 'build', '--paths', 'near/*');
    await online.ok('export', '--to', 'vault', '--to', 'cellar', '-o', on('r.tar'));
    for (const by of [app.offline, second]) {
      const { digest: approved, anomalies } = await by.ok<Reviewed & { digest: string }>(
        'review',
        on('r.tar'),
      );
      const accept = anomalies.filter(({ typed }) => typed).flatMap(({ id }) => ['--accept', id]);
      const signed = await by.run([
        ...['sign', on('r.tar'), '-o', on(`${by.name}.tar`), '--approve', approved, ...accept],
        ...['--passphrase-file', secret],
      ]);
      // The other station's signatures are still missing, and the answer says so.
      expect(signed.code).toBe(4);
    }
    await online.ok('publish', on('vault.tar'), on('cellar.tar'), '--passphrase-file', secret);
    expect(await list()).toMatchObject([
      { role: 'far', version: 1, keys: [{ holder: 'cellar' }] },
      { role: 'near', version: 1, keys: [{ holder: 'build' }] },
    ]);
    await add('near/one', 1, '-r', 'near');
    await online.ok('publish', '--passphrase-file', secret);
    expect(await app.find('near/one')).toMatchObject({ length: 1 });
  });

  test('DELEGATION-PARENT, DELEGATION-PATHS, NAME-PATH: what a repository cannot have is refused when it is staged', async () => {
    const pem = join(scratchFolder('pem'), 'key.pem');
    const { publicKey } = generateKeyPairSync('ed25519');
    writeFileSync(pem, publicKey.export({ format: 'pem', type: 'spki' }));
    const refusal = async (...args: string[]): Promise<string> => {
      const { code, stderr } = await app.online.run(['delegation', ...args]);
      expect(code).not.toBe(0);
      return stderr;
    };
    const one = ['add', app.name, 'one', pem];
    expect(await refusal(...one)).toContain('give --paths PATTERN or --hash-prefix HEX');
    expect(await refusal(...one, '--hash-prefix', 'xy')).toContain('DELEGATION-PATHS');
    expect(await refusal(...one, '--paths', 'a', '--hash-prefix', '0')).toContain('NAME-PATH');
    expect(await refusal(...one, '--all-paths')).toContain('NAME-PATH');
    await app.online.ok('delegation', ...one, '--paths', 'a');
    expect(await refusal(...one, '--paths', 'b', '--parent', 'two')).toContain('DELEGATION-PARENT');
    for (const count of ['0', '3', '1', '32768', '2x'])
      expect(await refusal('bins', app.name, pem, '--count', count)).toContain('BINS-COUNT');

    const gun = 'registry.example.com/a/b';
    await app.online.ok('repository', 'add', gun, '--directory', scratchFolder('notary'));
    await app.online.ok('init', gun);
    const alice = ['add', gun, 'targets/alice', pem, '--paths', 'a'];
    expect(await refusal(...alice, '--terminating')).toContain('without --terminating');
    expect(await refusal(...alice, '--hash-prefix', '0')).toContain('Notary delegates by paths');
    expect(await refusal(...alice, '--parent', 'targets/bob')).toContain('DELEGATION-PARENT');
    expect(await refusal('bins', gun, pem, '--count', '16')).toContain('BINS-DIALECT');
  });

  test('review: HIDDEN, TERMINATING, PATHS and OVERLAP, who can sign a path, and what is not understood', async () => {
    await delegationKey('offline');
    const delegate = (role: string, ...more: string[]) =>
      app.stage('delegation', 'add', app.name, role, 'vault', ...more);
    await delegate('wide', '--paths', '*/*');
    await delegate('narrow', '--paths', 'x/*');
    await add('x/one', 1, '-r', 'narrow');
    await roundTrip(app, 'first');
    expect(await app.find('x/one')).toMatchObject({ length: 1 });

    await delegate('wide', '--terminating', '--paths', 'y');
    await exportAll(app, 'r.tar');
    const { anomalies, asked, repositories } = await review('r.tar', '--path', 'x/one', '--path', 'z');
    const ids = anomalies.filter(({ typed }) => typed).map(({ id }) => id);
    expect(ids).toContain('TERMINATING:firmware:wide:yes');
    expect(ids).toContain('PATHS:firmware:wide:y');
    expect(ids).toContain('HIDDEN:firmware:narrow:wide');
    expect(asked[0]?.reach.map(({ after }) => after.map(({ role }) => role))).toEqual([
      ['targets', 'wide'],
      ['targets'],
    ]);
    expect(repositories[0]?.reach.flatMap(({ hidden }) => hidden)).toContainEqual({
      role: 'narrow',
      by: 'wide',
    });
    const { stdout } = await app.offline.run(['review', app.on('r.tar'), '--path', 'x/one']);
    expect(stdout).toMatch(/ !! .*wide would end the search before narrow is asked/);
    expect(stdout).toContain('hidden: narrow, since wide ends the search');
    await signAll(app, 'r.tar', 'a.tar');
    await publish(app, 'a.tar');
    expect(await app.find('x/one')).toBe(null);

    await delegate('third', '--paths', 'x/??e');
    await exportAll(app, 'overlap.tar');
    const overlap = (await review('overlap.tar')).anomalies.map(({ id }) => id);
    expect(overlap).toEqual(
      expect.arrayContaining(['OVERLAP:firmware:third:wide', 'OVERLAP:firmware:third:narrow']),
    );
    expect(overlap).toContain('HIDDEN:firmware:third:wide');
  });
});

describe('hash bins', () => {
  test('bins of an online key: publish signs them alone, targets find their bin, only what is touched travels', async () => {
    await delegationKey('online');
    const { online, on, passphraseFile } = app;
    const bins = await app.stage(
      'delegation',
      'bins',
      app.name,
      'build',
      '--count',
      '32',
      '--prefix',
      'bin-',
    );
    expect(bins.changes.filter(({ type }) => type === 'delegation-add')).toHaveLength(32);
    await add('app/staged', 7);
    await exportAll(app, 'first.tar');
    const { stdout } = await app.offline.run(['review', on('first.tar')]);
    expect(stdout).toContain('+ delegation to 32 bins bin-00-07..bin-f8-ff: 1 of 1 keys must sign; for');
    expect(stdout).toMatch(/31 roles bin-00-07\.\.bin-f8-ff: new -> version 1/);
    await signAll(app, 'first.tar', 'first-answer.tar');
    await publish(app, 'first-answer.tar');
    expect(await app.find('app/staged')).toMatchObject({ length: 7 });

    const names = Array.from({ length: 40 }, (_, at) => `release/${String(at)}.bin`);
    const file = join(scratchFolder('list'), 'targets.csv');
    const lines = names.map((name, at) => `${name},${String(at + 1)},${hashOf(at + 1)}`);
    writeFileSync(file, ['name,length,sha256', ...lines, ''].join('\n'));
    const { added } = await app.stage('add', app.name, '--from', file);
    expect(new Set(added.map(({ role }) => role)).size).toBeGreaterThan(10);
    expect(added.every(({ role }) => role.startsWith('bin-'))).toBe(true);
    const before = readFileSync(join(app.folder, 'metadata', '1.targets.json'), 'utf8');
    await online.ok('publish', '--passphrase-file', passphraseFile);
    for (const at of [0, 17, 39]) expect(await app.find(names[at]!)).toMatchObject({ length: at + 1 });
    expect(readFileSync(join(app.folder, 'metadata', '1.targets.json'), 'utf8')).toBe(before);

    const removed = await app.stage('remove', app.name, names[3]!);
    expect(removed.changes[0]?.role).toMatch(/^bin-/);
    await exportAll(app, 'one.tar');
    const { manifest } = await online.ok<{
      manifest: { repositories: { base: { role: string }[]; result: { role: string }[] }[] };
    }>('bundle', 'inspect', on('one.tar'));
    const [record] = manifest.repositories;
    const role = removed.changes[0]!.role;
    expect(record?.result.map((one) => one.role)).toEqual([role]);
    expect(record?.base.map((one) => one.role)).toEqual([role, 'root', 'snapshot', 'targets', 'timestamp']);
    expect(
      (await app.online.run(['delegation', 'bins', app.name, 'build', '--count', '16'])).stderr,
    ).toContain('BINS-EXIST');
  });

  test('a target without a role goes to the bin of its name as soon as bins are staged, on their way, or published', async () => {
    await delegationKey('online');
    const { online, passphraseFile } = app;
    const roleOf = async (name: string, number: number): Promise<string | undefined> =>
      (await add(name, number)).changes[0]?.role;
    expect(await roleOf('before', 1)).toBe('targets');
    const bins = ['delegation', 'bins', app.name, 'build', '--count', '16'];
    const stays =
      'the 1 target of targets, published or staged, stays there, and clients find it there first';
    const bare = await app.stage(...bins, '--prefix', '');
    expect(bare.notes).toEqual([stays, expect.stringContaining('tuf-js takes roles out of their order')]);
    await app.stage('reset', app.name);
    await app.stage('init', app.name);
    await add('before', 1);
    const { notes } = await app.stage(...bins);
    expect(notes).toEqual([stays]);
    const staged = await online.run([...['addhash', app.name, 'app/one', '2', '--sha256', hashOf(2)]]);
    expect(staged.stdout).toMatch(/^staged: add "app\/one" \(bin-[0-9a-f]\) \(\d+ staged changes\)$/m);
    // what was staged before the bins stays where it is found
    expect(await roleOf('before', 3)).toBe('targets');
    await exportAll(app, 'bins.tar');
    // the request is on its way: neither published nor staged
    expect(await roleOf('app/two', 4)).toMatch(/^bin-/);
    await signAll(app, 'bins.tar', 'bins-answer.tar');
    await publish(app, 'bins-answer.tar');
    expect(await roleOf('app/three', 5)).toMatch(/^bin-/);
    await online.ok('publish', '--passphrase-file', passphraseFile);
    for (const [name, length] of Object.entries({ before: 3, 'app/one': 2, 'app/two': 4, 'app/three': 5 }))
      expect(await app.find(name), name).toMatchObject({ length });

    const list = join(scratchFolder('list'), 'targets.csv');
    writeFileSync(list, `name,length,sha256\nbefore,6,${hashOf(6)}\napp/one,7,${hashOf(7)}\n`);
    const { stdout } = await online.run(['add', app.name, '--from', list]);
    expect(stdout).toMatch(/^staged: add "before"\nstaged: add "app\/one" \(bin-[0-9a-f]\)$/m);
    const removed = await online.run(['remove', app.name, 'app/two']);
    expect(removed.stdout).toMatch(/^staged: remove "app\/two" \(bin-[0-9a-f]\) /);
    await exportAll(app, 'mixed.tar');
    await signAll(app, 'mixed.tar', 'mixed-answer.tar');
    await publish(app, 'mixed-answer.tar');
    expect(await app.find('before')).toMatchObject({ length: 6 });
    expect(await app.find('app/two')).toBe(null);
    // taken out of targets by name, it goes to its bin
    await app.stage('remove', app.name, 'before');
    expect(await roleOf('before', 8)).toMatch(/^bin-/);
  });
});
