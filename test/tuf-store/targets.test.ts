import {
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tufDirectoryStore } from '../../src/online/tuf-repository/directory-store.ts';
import { scratchFolder } from '../peers/process.ts';
import { sha } from './fixture.ts';

const CONTENT = Buffer.alloc(3_000_000, 'content');
const entryFor = (bytes: Uint8Array) => ({
  length: bytes.length,
  hashes: { sha256: sha(bytes), sha512: sha(bytes, 'sha512') },
});
const ENTRY = entryFor(CONTENT);

function open() {
  const folder = scratchFolder('tuf');
  const source = join(scratchFolder('source'), 'file');
  writeFileSync(source, CONTENT, { mode: 0o600 });
  return { folder, targets: join(folder, 'targets'), source, store: tufDirectoryStore(folder, 'app') };
}
const files = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
/** What a target file holds, by length and hash: matchers take minutes over large buffers. */
async function whole(pieces: AsyncIterable<Uint8Array> | null): Promise<string | null> {
  if (pieces === null) return null;
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return summary(Buffer.concat(all));
}
const summary = (bytes: Buffer): string => `${String(bytes.length)} bytes ${sha(bytes)}`;

test('R14: a target file is put under its hashes, and under its name where files have no versions; it is read back', async () => {
  const { store, source, targets } = open();
  expect(await store.openTarget('dir/app.bin', ENTRY, true)).toBeNull();
  await store.putTarget('dir/app.bin', source, ENTRY, true);
  const hashed = [ENTRY.hashes.sha256, ENTRY.hashes.sha512].map((hash) => `dir/${hash}.app.bin`).sort();
  expect(files(targets)).toEqual(hashed);
  expect(await whole(await store.openTarget('dir/app.bin', ENTRY, true))).toEqual(summary(CONTENT));
  expect(await store.openTarget('dir/app.bin', ENTRY, false)).toBeNull();
  // again, and in the other form
  await store.putTarget('dir/app.bin', source, ENTRY, false);
  expect(files(targets)).toEqual([...hashed, 'dir/app.bin'].sort());
  expect(await whole(await store.openTarget('dir/app.bin', ENTRY, false))).toEqual(summary(CONTENT));
  expect(statSync(join(targets, 'dir/app.bin')).mode & 0o777).toBe(0o644);
  // a reader that knows only the second hash finds it too
  const second = { length: ENTRY.length, hashes: { sha512: ENTRY.hashes.sha512 } };
  expect(await whole(await store.openTarget('dir/app.bin', second, true))).toEqual(summary(CONTENT));
  const empty = { length: 0, hashes: { sha256: sha(Buffer.alloc(0)) } };
  writeFileSync(source, '');
  await store.putTarget('empty', source, empty, true);
  expect(await whole(await store.openTarget('empty', empty, true))).toEqual(summary(Buffer.alloc(0)));
});

test.each([
  ['longer', Buffer.concat([CONTENT, Buffer.from('x')])],
  ['shorter', CONTENT.subarray(1)],
  ['other bytes', Buffer.alloc(CONTENT.length, 'x')],
])('TARGET-CHANGED: a source that is %s is refused (exit 3), nothing is left', async (_, bytes) => {
  const { store, source, targets } = open();
  writeFileSync(source, bytes);
  await expect(store.putTarget('app', source, ENTRY, true)).rejects.toMatchObject({
    check: 'TARGET-CHANGED',
    exit: 3,
  });
  expect(files(targets)).toEqual([]);
});

test('TARGET-CHANGED: every listed hash counts, and one has to be known', async () => {
  const { store, source } = open();
  for (const hashes of [{ ...ENTRY.hashes, sha512: '0'.repeat(128) }, { md5: '0' }, {}])
    await expect(store.putTarget('app', source, { ...ENTRY, hashes }, true)).rejects.toMatchObject({
      check: 'TARGET-CHANGED',
    });
});

test('TARGET-EXISTS: a name that holds other bytes keeps them (exit 5)', async () => {
  const { store, source, targets } = open();
  mkdirSync(targets, { recursive: true });
  writeFileSync(join(targets, 'app'), 'mine');
  writeFileSync(join(targets, `${ENTRY.hashes.sha256}.other`), Buffer.alloc(CONTENT.length));
  await expect(store.putTarget('app', source, ENTRY, false)).rejects.toMatchObject({
    check: 'TARGET-EXISTS',
    exit: 5,
  });
  await expect(store.putTarget('other', source, ENTRY, true)).rejects.toMatchObject({
    check: 'TARGET-EXISTS',
    exit: 5,
  });
  expect(readFileSync(join(targets, 'app'), 'utf8')).toBe('mine');
  expect(files(targets).filter((name) => name.endsWith('.part'))).toEqual([]);
});

test('R14: several who put one file at once all succeed; two files of one name do not', async () => {
  const { store, source, folder } = open();
  await Promise.all(
    Array.from({ length: 4 }, () => tufDirectoryStore(folder, 'app').putTarget('a/b', source, ENTRY, false)),
  );
  expect(await whole(await store.openTarget('a/b', ENTRY, false))).toEqual(summary(CONTENT));
  const other = Buffer.from('other');
  const second = join(scratchFolder('source'), 'file');
  writeFileSync(second, other);
  const outcomes = await Promise.allSettled([
    store.putTarget('c', source, ENTRY, false),
    store.putTarget('c', second, entryFor(other), false),
  ]);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});

test.each([
  '',
  '/etc/passwd',
  '../x',
  'a/../../x',
  'a//b',
  './a',
  'a/.',
  'a\0b',
  'a\nb',
  'é'.repeat(100),
  '\ud800',
])('TARGET-PATH: %j is refused (exit 2)', async (path) => {
  const { store, source, folder } = open();
  await expect(store.openTarget(path, ENTRY, true)).rejects.toMatchObject({ check: 'TARGET-PATH', exit: 2 });
  await expect(store.putTarget(path, source, ENTRY, true)).rejects.toMatchObject({ check: 'TARGET-PATH' });
  expect(files(folder)).toEqual([]);
});

test('TARGET-OUTSIDE: no link leads out of the folder, neither for reading nor for writing', async () => {
  const { store, source, targets, folder } = open();
  const outside = scratchFolder('outside');
  writeFileSync(join(outside, 'secret'), 'secret');
  mkdirSync(join(targets, 'real'), { recursive: true });
  symlinkSync(outside, join(targets, 'away'));
  symlinkSync(join(outside, 'secret'), join(targets, 'file'));
  // a folder whose name begins like that of the targets is outside as well
  mkdirSync(join(folder, 'targets-other'));
  symlinkSync(join(folder, 'targets-other'), join(targets, 'beside'));
  for (const path of ['away/secret', 'file'])
    await expect(store.openTarget(path, ENTRY, false)).rejects.toMatchObject({
      check: 'TARGET-OUTSIDE',
      exit: 6,
    });
  for (const path of ['away/new', 'away/deep/new', 'beside/new'])
    await expect(store.putTarget(path, source, ENTRY, false)).rejects.toMatchObject({
      check: 'TARGET-OUTSIDE',
    });
  expect([files(outside), files(join(folder, 'targets-other'))]).toEqual([['secret'], []]);
  expect(readdirSync(outside)).toEqual(['secret']);
  symlinkSync('real', join(targets, 'inside'));
  await store.putTarget('inside/app', source, ENTRY, false);
  expect(await whole(await store.openTarget('inside/app', ENTRY, false))).toEqual(summary(CONTENT));
});

test('TARGET-TOO-LARGE: never more than the entry says, even where the file grows while it is read', async () => {
  const { store, targets } = open();
  mkdirSync(targets, { recursive: true });
  writeFileSync(join(targets, 'app'), Buffer.alloc(ENTRY.length + 1));
  const fault = { check: 'TARGET-TOO-LARGE', exit: 6 };
  await expect(store.openTarget('app', ENTRY, false)).rejects.toMatchObject(fault);
  writeFileSync(join(targets, 'app'), CONTENT);
  const pieces = await store.openTarget('app', ENTRY, false);
  writeFileSync(join(targets, 'app'), Buffer.alloc(2 * ENTRY.length));
  await expect(whole(pieces)).rejects.toMatchObject(fault);
  mkdirSync(join(targets, 'folder'));
  await expect(store.openTarget('folder', ENTRY, false)).rejects.toMatchObject({
    check: 'DIRECTORY-IO',
    exit: 6,
  });
});

test('what a killed copy left is removed after an hour, and not while somebody may be writing it', async () => {
  const { store, source, targets } = open();
  mkdirSync(targets, { recursive: true });
  const [old, young] = ['0', '1'].map((digit) =>
    join(targets, `.countersign-${digit.repeat(8)}-0000-0000-0000-000000000000.part`),
  ) as [string, string];
  for (const part of [old, young]) writeFileSync(part, 'x');
  utimesSync(old, 1, Date.now() / 1000 - 3_700);
  await store.putTarget('app', source, ENTRY, true);
  expect(files(targets)).toHaveLength(3);
  expect(files(targets)[0]).toContain('.countersign-1');
});
