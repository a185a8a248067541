import {
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tufDirectoryStore } from '../../src/online/tuf-repository/directory-store.ts';
import { scratchFolder } from '../peers/process.ts';
import { entryOf, file, seal, sha, stateFiles, walk } from './fixture.ts';

const open = (folder = scratchFolder('tuf')) => ({
  folder,
  metadata: join(folder, 'metadata'),
  store: tufDirectoryStore(folder, 'app'),
});
const bytesOf = (bytes: Uint8Array | null): Buffer => Buffer.from(bytes ?? []);
const contents = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== '.countersign.lock')
      .map((entry) => [
        join(entry.parentPath, entry.name),
        readFileSync(join(entry.parentPath, entry.name), 'hex'),
      ]),
  );

test('R14: published files are found by role, list and version; what is not there is null', async () => {
  const { store, metadata } = open();
  expect(await store.current('root')).toBeNull();
  expect(await store.current('timestamp')).toBeNull();
  expect(await store.rootVersion(1)).toBeNull();
  expect(await store.serverKey('snapshot')).toBeNull();
  for (const version of [1, 2, 3]) {
    const files = stateFiles({ version, delegations: ['bin-0', 'a/b ..'] });
    await store.publish(files);
    for (const [role, bytes] of files) {
      expect(bytesOf(await store.current(role)), role).toEqual(bytes);
      if (role !== 'root' && role !== 'timestamp')
        expect(bytesOf(await store.listed(role, entryOf(bytes, version), true))).toEqual(bytes);
    }
    expect(bytesOf(await store.rootVersion(version))).toEqual(files.get('root'));
  }
  expect(await store.rootVersion(4)).toBeNull();
  expect(await store.current('bin-1')).toBeNull();
  expect(readdirSync(metadata).sort()).toEqual(
    [1, 2, 3]
      .flatMap((n) =>
        ['root', 'targets', 'snapshot', 'bin-0', 'a%2Fb%20..'].map((role) => `${String(n)}.${role}.json`),
      )
      .concat('timestamp.json')
      .sort(),
  );
  for (const name of readdirSync(metadata)) expect(statSync(join(metadata, name)).mode & 0o777).toBe(0o644);
});

test('without consistent snapshots the newest files have plain names, and readers of the older state still find theirs', async () => {
  const { store, metadata } = open();
  const [first, second] = [1, 2].map((version) =>
    stateFiles({ version, consistent: false, hashes: version === 2 }),
  );
  await store.publish(first!);
  await store.publish(second!);
  expect(readFileSync(join(metadata, 'targets.json'))).toEqual(second!.get('targets'));
  for (const [version, files] of [first!, second!].entries())
    for (const role of ['snapshot', 'targets'])
      for (const hashes of [true, false])
        expect(
          bytesOf(await store.listed(role, entryOf(files.get(role)!, version + 1, hashes), false)),
        ).toEqual(files.get(role));
});

test('a folder of another tool without versioned copies is read, and gets them when a root asks for consistent snapshots', async () => {
  const { store, metadata } = open();
  mkdirSync(metadata);
  const before = stateFiles({ version: 1, consistent: false, delegations: ['a'] });
  for (const [role, bytes] of before)
    writeFileSync(join(metadata, role === 'root' ? '1.root.json' : `${role}.json`), bytes);
  expect(await walk(store)).toMatchObject({ root: 1, version: 1 });
  const root = stateFiles({ version: 2 }).get('root')!;
  await store.publish(new Map([['root', root]]));
  expect(await walk(store)).toMatchObject({ root: 2, version: 1, roles: ['targets', 'a'] });
  // and back: the plain names that were kept stay current
  await store.publish(stateFiles({ version: 3, delegations: ['a'] }));
  await store.publish(new Map([['root', stateFiles({ version: 4, consistent: false }).get('root')!]]));
  expect(await walk(store)).toMatchObject({ root: 4, version: 3 });
  expect(readFileSync(join(metadata, 'a.json'))).toEqual(readFileSync(join(metadata, '3.a.json')));
});

test('a flat folder is its own metadata folder; the newest root is the last one without a gap', async () => {
  const { folder, store } = open();
  for (const version of [3, 4, 6]) {
    const files = stateFiles({ version });
    writeFileSync(join(folder, `${String(version)}.root.json`), files.get('root')!);
  }
  const newest = stateFiles({ version: 4 });
  expect(bytesOf(await store.current('root'))).toEqual(newest.get('root'));
  const next = seal(new Map([['targets', newest.get('targets')!]]), 1);
  await store.publish(next);
  expect(await walk(store)).toMatchObject({ root: 4, version: 1 });
  expect(readdirSync(folder)).toContain('4.targets.json');
  expect(readdirSync(folder)).not.toContain('metadata');
});

test('a root without a version in its name counts where there is no other', async () => {
  const { metadata, store } = open();
  mkdirSync(metadata);
  const files = stateFiles({ version: 5 });
  writeFileSync(join(metadata, 'root.json'), files.get('root')!);
  expect(bytesOf(await store.current('root'))).toEqual(files.get('root'));
  expect(bytesOf(await store.rootVersion(5))).toEqual(files.get('root'));
  expect(await store.rootVersion(4)).toBeNull();
});

const replaced = (version: number, role: string, change: (signed: object) => object): Map<string, Buffer> => {
  const files = stateFiles({ version });
  const { signed } = JSON.parse(files.get(role)!.toString()) as { signed: object };
  return files.set(role, file(change(signed), ['online']));
};
const without = (version: number, ...roles: string[]): Map<string, Buffer> => {
  const files = stateFiles({ version });
  for (const role of roles) files.delete(role);
  return files;
};

test.each<[string, string, () => Map<string, Buffer>]>([
  ['DIRECTORY-VERSION', 'a root that skips one', () => stateFiles({ version: 4 })],
  ['DIRECTORY-VERSION', 'another root of the version', () => stateFiles({ version: 2, note: 'other' })],
  ['DIRECTORY-VERSION', 'an older state', () => without(1, 'root')],
  ['DIRECTORY-VERSION', 'another timestamp of the version', () => seal(new Map(), 2)],
  [
    'DIRECTORY-VERSION',
    'a snapshot that forgets a role',
    () => seal(new Map([['targets', stateFiles({ version: 3 }).get('targets')!]]), 3),
  ],
  [
    'DIRECTORY-VERSION',
    'a snapshot that lists an older version',
    () =>
      seal(new Map(), 3, ['online'], true, {
        'targets.json': entryOf(Buffer.from('x'), 1),
        'a.json': entryOf(Buffer.from('x'), 2),
      }),
  ],
  [
    'DIRECTORY-INCOMPLETE',
    'a listed file that nobody has',
    () =>
      seal(new Map(), 3, ['online'], true, {
        'targets.json': entryOf(Buffer.from('x'), 3),
        'a.json': entryOf(Buffer.from('x'), 3),
      }),
  ],
  ['DIRECTORY-INCOMPLETE', 'no timestamp', () => without(3, 'timestamp')],
  [
    'DIRECTORY-INCOMPLETE',
    'another targets',
    () => replaced(3, 'targets', (signed) => ({ ...signed, note: 1 })),
  ],
  [
    'DIRECTORY-INCOMPLETE',
    'an unlisted role',
    () => stateFiles({ version: 3 }).set('b', file({ version: 1 }, [])),
  ],
  ['DIRECTORY-FILE', 'no JSON', () => stateFiles({ version: 3 }).set('targets', Buffer.from('{'))],
  ['DIRECTORY-FILE', 'no signed part', () => stateFiles({ version: 3 }).set('targets', Buffer.from('{}'))],
  ['DIRECTORY-FILE', 'a version of 0', () => replaced(3, 'targets', () => ({ version: 0 }))],
  ['DIRECTORY-FILE', 'no meta', () => replaced(3, 'snapshot', () => ({ version: 3 }))],
  [
    'DIRECTORY-FILE',
    'an entry without a version',
    () => replaced(3, 'timestamp', () => ({ version: 3, meta: { 'snapshot.json': {} } })),
  ],
  [
    'DIRECTORY-FILE',
    'a snapshot that lists a timestamp',
    () => seal(without(3, 'root'), 3, ['online'], true, { 'timestamp.json': entryOf(Buffer.from('x'), 3) }),
  ],
])('%s: %s is a conflict (exit 5) and changes nothing', async (check, _, files) => {
  const { folder, store } = open();
  await store.publish(stateFiles({ version: 1, delegations: ['a'] }));
  await store.publish(stateFiles({ version: 2, delegations: ['a'] }));
  const before = contents(folder);
  await expect(store.publish(files())).rejects.toMatchObject({ check, exit: 5 });
  expect(contents(folder)).toEqual(before);
});

test('what was published before may be published again; nothing is written then', async () => {
  const { folder, store } = open();
  await store.publish(new Map());
  await store.publish(stateFiles({ version: 1 }));
  const before = contents(folder);
  await store.publish(stateFiles({ version: 1 }));
  await store.publish(new Map());
  expect(contents(folder)).toEqual(before);
});

test('a versioned file that no timestamp led to is replaced; one that was listed never is', async () => {
  const { metadata, store } = open();
  await store.publish(stateFiles({ version: 1, delegations: ['a'] }));
  for (const name of ['2.targets.json', '2.snapshot.json', '2.a.json', '1.new.json'])
    writeFileSync(join(metadata, name), file({ version: 2, meta: { 'new.json': { version: 1 } } }, []));
  const next = stateFiles({ version: 2, delegations: ['a', 'new'] });
  next.set('new', file({ version: 1 }, []));
  await store.publish(seal(next, 2));
  expect(await walk(store)).toMatchObject({ version: 2, roles: ['targets', 'a', 'new'] });
  // a role that came and went, by a root that let clients forget the snapshot
  const gone = stateFiles({ version: 3, online: 'other', signedBy: ['other', 'online'] });
  await store.publish(gone);
  const back = new Map([['new', file({ version: 1, note: 'other' }, [])]]);
  const targets = { 'targets.json': entryOf(gone.get('targets')!, 3) };
  await expect(store.publish(seal(back, 4, ['other'], true, targets))).rejects.toMatchObject({
    check: 'DIRECTORY-VERSION',
    exit: 5,
  });
  expect(await walk(store)).toMatchObject({ version: 3, roles: ['targets'] });
});

test('a fast-forward attack is undone by a root with other online keys, even where the publication is killed after the root', async () => {
  for (const rootAlone of [false, true]) {
    const { metadata, store } = open();
    await store.publish(stateFiles({ version: 1 }));
    const driven = seal(new Map([['targets', file({ version: 900 }, [])]]), 900);
    await store.publish(driven);
    const back = seal(new Map([['targets', file({ version: 2 }, [])]]), 2, ['new']);
    await expect(store.publish(back)).rejects.toMatchObject({ check: 'DIRECTORY-VERSION' });
    back.set('root', stateFiles({ version: 2, online: 'new' }).get('root')!);
    // what a kill between the root and the timestamp leaves
    if (rootAlone) writeFileSync(join(metadata, '2.root.json'), back.get('root')!);
    await store.publish(back);
    expect(await walk(store)).toMatchObject({ root: 2, version: 2 });
  }
});

test('DIRECTORY-ROLE: a role whose plain name is the name of a root is refused, and served by version only', async () => {
  const { folder, store } = open();
  const files = (consistent: boolean) => stateFiles({ version: 1, delegations: ['1.root'], consistent });
  await expect(store.publish(files(false))).rejects.toMatchObject({ check: 'DIRECTORY-ROLE', exit: 2 });
  expect(Object.keys(contents(folder))).toEqual([]);
  await store.publish(files(true));
  expect(await walk(store)).toMatchObject({ version: 1, roles: ['targets', '1.root'] });
});

test('R14: of several publishers from the same state one publishes, the others are in conflict (exit 5)', async () => {
  const { folder, store } = open();
  await store.publish(stateFiles({ version: 1 }));
  const outcomes = await Promise.allSettled(
    Array.from({ length: 5 }, (_, index) =>
      tufDirectoryStore(folder, 'app').publish(stateFiles({ version: 2, note: String(index) })),
    ),
  );
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const outcome of outcomes)
    if (outcome.status === 'rejected')
      expect(outcome.reason).toMatchObject({ check: 'DIRECTORY-VERSION', exit: 5 });
  expect(await walk(store)).toMatchObject({ root: 2, version: 2 });
});

test('DIRECTORY-HASH, DIRECTORY-TOO-LARGE, DIRECTORY-IO: files that somebody else changed are not passed on', async () => {
  const { folder, metadata, store } = open();
  const files = stateFiles({ version: 1 });
  await store.publish(files);
  const targets = files.get('targets')!;
  const entry = entryOf(targets, 1);
  const sha512 = { ...entry, hashes: { sha512: sha(targets, 'sha512') } };
  expect(bytesOf(await store.listed('targets', sha512, true))).toEqual(targets);
  for (const hashes of [{ sha256: '0'.repeat(64) }, { ...entry.hashes, sha512: '0' }, { md5: 'x' }])
    await expect(store.listed('targets', { ...entry, hashes }, true)).rejects.toMatchObject({
      check: 'DIRECTORY-HASH',
      exit: 6,
    });
  await expect(store.listed('targets', { ...entry, length: 5 }, true)).rejects.toMatchObject({
    check: 'DIRECTORY-TOO-LARGE',
    exit: 6,
  });
  writeFileSync(join(metadata, 'timestamp.json'), Buffer.alloc(1_048_577));
  await expect(store.current('timestamp')).rejects.toMatchObject({ check: 'DIRECTORY-TOO-LARGE', exit: 6 });
  rmSync(join(metadata, 'timestamp.json'));
  mkdirSync(join(metadata, 'timestamp.json'));
  await expect(store.current('timestamp')).rejects.toMatchObject({ check: 'DIRECTORY-IO', exit: 6 });
  writeFileSync(join(folder, 'file'), '');
  const nowhere = open(join(folder, 'file')).store;
  expect(await nowhere.current('root')).toBeNull();
  await expect(nowhere.publish(files)).rejects.toMatchObject({ check: 'DIRECTORY-IO', exit: 6 });
  expect(() => tufDirectoryStore('relative', 'app')).toThrow(
    expect.objectContaining({ check: 'DIRECTORY-PATH', exit: 2 }) as Error,
  );
});

test('DIRECTORY-INCOMPLETE: nothing is published over a timestamp whose snapshot is gone', async () => {
  const { metadata, store } = open();
  await store.publish(stateFiles({ version: 1 }));
  renameSync(join(metadata, '1.snapshot.json'), join(metadata, 'away'));
  await expect(store.publish(stateFiles({ version: 2 }))).rejects.toMatchObject({
    check: 'DIRECTORY-INCOMPLETE',
    exit: 5,
  });
});

test('a removed repository is gone with all that was published, and can be made again; other files stay', async () => {
  for (const flat of [false, true]) {
    const { folder, metadata, store } = open();
    if (flat) writeFileSync(join(folder, '1.root.json'), stateFiles({ version: 1 }).get('root')!);
    await store.publish(
      stateFiles({ version: 1, delegations: ['a/b'], consistent: false }).set(
        'root',
        stateFiles({ version: 1 }).get('root')!,
      ),
    );
    writeFileSync(join(folder, 'package.json'), '{}');
    await store.remove();
    expect(await store.current('root')).toBeNull();
    expect(readdirSync(folder).sort()).toEqual(['.countersign.lock', 'package.json']);
    await store.remove();
    await store.publish(stateFiles({ version: 7 }));
    expect(await walk(store)).toMatchObject({ root: 7, version: 7 });
    expect(statSync(metadata).isDirectory()).toBe(true);
  }
  await open(join(scratchFolder('tuf'), 'none')).store.remove();
});

/** What a publisher leaves that was killed when it had decided on version 2. */
function killedAfterDecision(metadata: string): void {
  const decided = join(metadata, '.countersign-decided');
  mkdirSync(decided);
  const files = stateFiles({ version: 2 });
  const steps = { targets: '0 2.targets.json', snapshot: '0 2.snapshot.json', timestamp: '1 timestamp.json' };
  for (const [role, name] of Object.entries({ ...steps, root: '2 2.root.json' }))
    writeFileSync(join(decided, name), files.get(role)!);
}

test('R14: what a killed publisher had decided is finished by who reads or publishes, and dropped by who removes', async () => {
  const publications = { read: [], publish: [stateFiles({ version: 3 })] };
  for (const [version, next] of Object.values(publications).entries()) {
    const { metadata, store } = open();
    await store.publish(stateFiles({ version: 1 }));
    killedAfterDecision(metadata);
    for (const files of next) await store.publish(files);
    expect(await walk(store)).toMatchObject({ root: version + 2, version: version + 2 });
    expect(readdirSync(metadata).filter((name) => name.startsWith('.'))).toEqual([]);
  }
  const { folder, metadata, store } = open();
  await store.publish(stateFiles({ version: 1 }));
  killedAfterDecision(metadata);
  await store.remove();
  expect(await store.current('root')).toBeNull();
  expect(readdirSync(folder)).toEqual(['.countersign.lock']);
});

test('who may not lock the folder still reads it where a publisher was killed', async () => {
  const { folder, metadata, store } = open();
  await store.publish(stateFiles({ version: 1 }));
  killedAfterDecision(metadata);
  // nobody can lock a folder; the test may run as root, whom permissions do not stop
  rmSync(join(folder, '.countersign.lock'));
  symlinkSync('/nowhere/at/all', join(folder, '.countersign.lock'));
  expect(await walk(store)).toMatchObject({ root: 1, version: 1 });
});
