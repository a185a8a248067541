import { describe, expect, test } from 'vitest';
import { testKey } from '../tuf/documents.ts';
import { clients, type Clients } from './clients.ts';
import { inDays, Repository } from './repository.ts';

const TOP = ['targets', 'snapshot', 'timestamp'];

/** Both clients know version 2 of everything, and have downloaded `app`. */
async function known(hashes = false): Promise<{ repository: Repository; client: Clients }> {
  const repository = new Repository();
  repository.hashes = hashes;
  repository.add('targets', 'app', 'good');
  repository.add('targets', 'other', 'also good');
  repository.publish(...TOP);
  const client = await clients(repository);
  expect(await client.download('app')).toBe(true);
  return { repository, client };
}

describe('attacks of section 1.5.2 of the TUF specification, against the client', () => {
  test('arbitrary software: other bytes under the name of a target are never had, metadata of other keys neither', async () => {
    const { repository, client } = await known();
    for (const name of repository.files.keys()) repository.files.set(name, Buffer.from('evil'));
    expect(await client.download('other')).toBe(false);
    expect(client.reason()).toContain('VERIFY-MISMATCH');
    // what is there already is the right file
    expect(await client.download('app')).toBe(true);
    expect(client.downloaded()).toEqual(['good']);
    const [stranger] = [testKey('ed25519')];
    for (const role of TOP) repository.signers.set(role, [stranger]);
    repository.add('targets', 'evil', 'evil');
    repository.publish(...TOP);
    expect(await client.download('evil')).toBe(false);
    expect(client.trusted()).toEqual({ root: 1, snapshot: 2, targets: 2, timestamp: 2 });
  });

  test.each(['timestamp', 'snapshot', 'targets'])(
    'rollback of %s: an older one that its own key signs again is refused',
    async (role) => {
      for (const hashes of [false, true]) {
        const { repository, client } = await known(hashes);
        repository.of(role)['version'] = 1;
        if (role === 'timestamp') repository.write('timestamp');
        else {
          repository.write(role);
          repository.publish(...TOP.slice(TOP.indexOf(role) + 1));
        }
        expect(await client.refresh()).toBe(false);
        expect(client.reason()).toContain('READ-ROLLBACK');
        expect(client.trusted()).toMatchObject({ snapshot: 2, targets: 2 });
      }
    },
  );

  test('rollback of root: a version is never skipped, repeated or gone back from', async () => {
    const { repository, client } = await known();
    const first = repository.served('root', 1);
    repository.publish('root');
    expect(await client.refresh()).toBe(true);
    repository.serve('root', 3, first);
    expect(await client.refresh()).toBe(false);
    expect(client.reason()).toContain('CHAIN-ROOT');
    repository.serve('root', 3, repository.served('root', 2));
    expect(await client.refresh()).toBe(false);
    expect(client.trusted()['root']).toBe(2);
  });

  test('rollback of a delegated role: one that was listed stays listed, in no older version', async () => {
    const { repository, client } = await known();
    repository.delegate('targets', { name: 'role' });
    repository.publish('role', 'role', ...TOP);
    expect(await client.refresh()).toBe(true);
    const listed = repository.of('snapshot')['meta'] as Record<string, object>;
    listed['role.json'] = { version: 1 };
    repository.publish('snapshot', 'timestamp');
    expect(await client.refresh()).toBe(false);
    delete listed['role.json'];
    repository.publish('snapshot', 'timestamp');
    expect(await client.refresh()).toBe(false);
    expect(client.trusted()['snapshot']).toBe(3);
  });

  test.each([
    ['timestamp', ['timestamp']],
    ['snapshot', ['snapshot', 'timestamp']],
    ['targets', ['snapshot']],
  ])(
    'fast-forward of %s: after a change of keys clients follow to the low version',
    async (role, rotated) => {
      const { repository, client } = await known();
      repository.of(role)['version'] = 2_000_000_000;
      repository.publish(...TOP.slice(TOP.indexOf(role)));
      expect(await client.refresh()).toBe(true);
      for (const one of rotated) repository.rotate(one);
      repository.of(role)['version'] = 0;
      repository.publish('root', ...TOP);
      expect(await client.refresh()).toBe(true);
      expect(client.trusted()[role]).toBe(1);
    },
  );

  test('indefinite freeze: what is served again and again ends when it expires, root too', async () => {
    const { repository, client } = await known();
    expect(await client.refresh({ later: 29 * 86_400_000 })).toBe(true);
    expect(await client.refresh({ later: 31 * 86_400_000 })).toBe(false);
    expect(client.reason()).toContain('READ-EXPIRED');
    // a mirror that keeps the new timestamp back, with everything else up to date
    repository.of('timestamp')['expires'] = inDays(-1);
    repository.publish('timestamp');
    expect(await client.refresh()).toBe(false);
    expect(client.trusted()['timestamp']).toBe(2);
  });

  test.each([
    ['/metadata/timestamp.json', 'SERVER-TOO-LARGE'],
    ['/metadata/3.targets.json', 'SERVER-TOO-LARGE'],
    ['/targets/app', 'TARGET-TOO-LARGE'],
  ])('endless data: %s ends with its length, listed or at most', async (path, check) => {
    const { repository, client } = await known(true);
    repository.add('targets', 'app', 'new');
    repository.publish(...TOP);
    const place = path.startsWith('/targets')
      ? `/targets/${String(repository.of('targets')['targets']['app'].hashes.sha256)}.app`
      : path;
    client.special.set(place, (_request, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, 'x')));
      };
      response.on('drain', more);
      more();
    });
    expect(await client.download('app', { tufJs: 'not asked' })).toBe(false);
    expect(client.reason()).toContain(check);
    expect(client.downloaded()).toEqual(['good']);
  });

  test('extraneous dependencies: a role says nothing of names that nobody gave it', async () => {
    const { repository, client } = await known();
    repository.delegate('targets', { name: 'team', paths: ['team/*'] });
    repository.delegate('team', { name: 'deeper', paths: ['*', '*/*'] });
    for (const role of ['team', 'deeper']) {
      repository.add(role, 'library', `evil of ${role}`);
      repository.add(role, 'core/library', `evil of ${role}`);
    }
    repository.add('deeper', 'team/own', 'own');
    repository.publish('team', 'deeper', ...TOP);
    for (const name of ['library', 'core/library']) expect(await client.download(name)).toBe(false);
    expect(await client.download('team/own')).toBe(true);
    expect(client.downloaded()).toEqual(['good', 'own']);
  });

  test('mix-and-match: files that were never published together are refused, by version and by hash', async () => {
    for (const hashes of [false, true]) {
      const { repository, client } = await known(hashes);
      const old = repository.served('targets');
      repository.publish(...TOP);
      repository.serve('targets', 3, old);
      expect(await client.refresh()).toBe(false);
      repository.publish(...TOP);
      const snapshot = repository.served('snapshot', 3);
      repository.serve('snapshot', 4, snapshot);
      expect(await client.refresh()).toBe(false);
      expect(client.trusted()['targets']).toBe(2);
    }
  });

  test('wrong software: a signed file is had only under its own name', async () => {
    const { repository, client } = await known();
    const [app, other] = [...repository.files.keys()];
    repository.files.set(other!, repository.files.get(app!)!);
    expect(await client.download('other')).toBe(false);
    // nor does a role that comes later say what an earlier one has said, or a terminating one has kept
    repository.delegate('targets', { name: 'late', paths: ['*'] });
    repository.add('late', 'app', 'wrong');
    repository.publish('late', ...TOP);
    expect(await client.download('app')).toBe(true);
    expect(client.downloaded()).toEqual(['good']);
  });

  test('malicious mirror: whatever one mirror keeps back or breaks, the next one serves a client that is where it was', async () => {
    const { repository, client } = await known();
    repository.delegate('targets', { name: 'first' });
    repository.delegate('targets', { name: 'second' });
    repository.add('second', 'tool', 'of the wrong role');
    repository.publish('first', 'second', ...TOP);
    for (const path of ['timestamp', '3.snapshot', '3.targets', '1.first']) {
      client.special.set(`/metadata/${path}.json`, (_request, response) => {
        response.writeHead(404).end();
      });
      // that the first role is kept back does not make the second one be asked
      expect(await client.download('tool')).toBe(false);
      client.special.clear();
    }
    expect(client.downloaded()).toEqual(['good']);
    repository.add('first', 'tool', 'of the right role');
    repository.publish('first', 'snapshot', 'timestamp');
    expect(await client.download('tool')).toBe(true);
    expect(client.downloaded()).toEqual(['good', 'of the right role']);
  });

  test('key compromise: one key of a threshold is not enough, and a rotated key signs nothing any more', async () => {
    const repository = new Repository();
    const keys = [1, 2, 3].map(() => testKey('ed25519'));
    for (const role of ['root', 'targets']) repository.setKeys(role, keys, 2);
    repository.write('root');
    repository.publish(...TOP);
    const client = await clients(repository);
    expect(await client.refresh()).toBe(true);
    for (const role of ['targets', 'root']) {
      repository.signers.set(role, [keys[0]!]);
      repository.publish(role, 'snapshot', 'timestamp');
      expect(await client.refresh()).toBe(false);
      repository.signers.set(role, keys);
      repository.write(role);
      repository.publish('snapshot', 'timestamp');
      expect(await client.refresh()).toBe(true);
    }
    // keys of snapshot and timestamp alone can sign no targets, and after a rotation nothing
    const stolen = repository.signers.get('timestamp') ?? [];
    repository.rotate('timestamp');
    repository.publish('root', 'timestamp');
    expect(await client.refresh()).toBe(true);
    repository.signers.set('timestamp', stolen);
    repository.publish('timestamp');
    expect(await client.refresh()).toBe(false);
    repository.signers.set('targets', stolen);
    repository.publish('targets');
    expect(client.trusted()['targets']).toBe(3);
  });
});
