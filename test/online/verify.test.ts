import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startNotaryServer, type NotaryServerPeer } from '../peers/notary-server.ts';
import { scratchFolder } from '../peers/process.ts';
import { start, type Finished } from '../peers/program.ts';
import { pushImage, startRegistry, type RegistryPeer } from '../peers/registry.ts';
import { station, type TestStation } from '../peers/stations.ts';
import { signByHand, stockRepository, type StockRepository } from './delegated-repository.ts';

let peer: NotaryServerPeer;
let registry: RegistryPeer;
let online: TestStation;
let made: StockRepository;
const folder = scratchFolder('verify');
const content = randomBytes(300_000);
const file = join(folder, 'content');
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

beforeAll(async () => {
  peer = await startNotaryServer();
  registry = await startRegistry();
  online = await station('online', 'build');
  made = await stockRepository(peer, 'verify/app');
  writeFileSync(file, content);
  await made.notary('add', made.gun, 'content', file);
  await made.stock.addhash(made.gun, 'empty', 0, digest(Buffer.alloc(0)));
  await made.publish();
  await online.ok('repository', 'add', made.gun, '--server', peer.url, '--ca', peer.ca);
});
afterAll(async () => {
  await registry.stop();
  await peer.stop();
});

const verify = (...args: string[]): Promise<Finished> => online.run(['verify', ...args, '--json']);
const refusal = ({ code, json }: Finished): unknown => [
  code,
  (json() as { error: { check: string } }).error.check,
];

test('verify GUN NAME FILE: the file that the stock client signed is what is signed', async () => {
  const ok = await verify(made.gun, 'content', file);
  expect([ok.code, ok.json()]).toMatchObject([
    0,
    { verified: true, role: 'targets', length: content.length, hashes: { sha256: digest(content) } },
  ]);
  expect((await online.run(['verify', made.gun, 'content', file])).stdout).toContain(digest(content));
  const nothing = join(folder, 'nothing');
  writeFileSync(nothing, '');
  expect((await verify(made.gun, 'empty', nothing)).code).toBe(0);
});

test('verify reads standard input', async () => {
  const piped = (bytes: Buffer) =>
    online.run(['verify', made.gun, 'content', '-', '--json'], { input: bytes });
  expect((await piped(content)).code).toBe(0);
  expect(refusal(await piped(content.subarray(1)))).toEqual([3, 'VERIFY-MISMATCH']);
  expect(refusal(await piped(Buffer.alloc(0)))).toEqual([3, 'VERIFY-MISMATCH']);
});

test('VERIFY-MISMATCH: one bit, one byte more, one byte less', async () => {
  const other = join(folder, 'other');
  const flipped = Buffer.from(content);
  flipped[150_000] = (flipped[150_000] ?? 0) ^ 1;
  writeFileSync(other, flipped);
  const bit = await verify(made.gun, 'content', other);
  expect(refusal(bit)).toEqual([3, 'VERIFY-MISMATCH']);
  expect(bit.json()).toMatchObject({ error: { expected: digest(content), found: digest(flipped) } });
  writeFileSync(other, content.subarray(0, -1));
  expect(refusal(await verify(made.gun, 'content', other))).toEqual([3, 'VERIFY-MISMATCH']);
  writeFileSync(other, content);
  appendFileSync(other, 'x');
  expect(refusal(await verify(made.gun, 'content', other))).toEqual([3, 'VERIFY-MISMATCH']);
  expect((await online.run(['verify', made.gun, 'content', other])).stderr).toContain('another length');
});

test('an endless stream ends at the signed length, in constant memory', async () => {
  const { json, code } = await verify(made.gun, 'content', '/dev/zero');
  expect([code, json()]).toMatchObject([3, { error: { check: 'VERIFY-MISMATCH' } }]);
});

test('a stream of 256 MiB is verified by a process that never holds as much', async () => {
  const piece = Buffer.alloc(65_536);
  const pieces = 4_096;
  const hash = createHash('sha256');
  for (let at = 0; at < pieces; at++) hash.update(piece);
  await made.stock.addhash(made.gun, 'zeros', pieces * piece.length, hash.digest('hex'));
  await made.publish();
  const child = start(['verify', made.gun, 'zeros', '-'], { home: online.home });
  for (let at = 0; at < pieces; at++)
    if (child.stdin?.write(piece) === false) await once(child.stdin, 'drain');
  const status = readFileSync(`/proc/${String(child.pid)}/status`, 'utf8');
  expect(Number(/^VmHWM:\s+([0-9]+) kB$/m.exec(status)?.[1])).toBeLessThan(200_000);
  child.stdin?.end();
  const [code] = (await once(child, 'close')) as [number];
  expect(code).toBe(0);
});

test('VERIFY-FILE, READ-TARGET, USAGE-SOURCE: what cannot be compared', async () => {
  expect(refusal(await verify(made.gun, 'content', join(folder, 'none')))).toEqual([2, 'VERIFY-FILE']);
  mkdirSync(join(folder, 'folder'), { recursive: true });
  expect(refusal(await verify(made.gun, 'content', join(folder, 'folder')))).toEqual([2, 'VERIFY-FILE']);
  expect(refusal(await verify(made.gun, 'no such', file))).toEqual([3, 'READ-TARGET']);
  expect(refusal(await verify(made.gun, 'content'))).toEqual([2, 'USAGE-SOURCE']);
  expect(refusal(await verify(made.gun))).toEqual([2, 'REGISTRY-REFERENCE']);
});

test('VERIFY-HASH, VERIFY-MISMATCH: a target without a hash that is known, and one with SHA-512 alone', async () => {
  await made.notary('addhash', made.gun, 'long', '3', '--sha512', 'ab'.repeat(64));
  const key = await made.delegate('targets/hand', '*');
  await made.publish();
  const expires = '2036-01-01T00:00:00Z';
  await signByHand(peer, made.gun, 'targets/hand', key, { version: 1, expires, name: 'x', algorithm: 'md5' });
  const three = join(folder, 'three');
  writeFileSync(three, 'abc');
  const other = await verify(made.gun, 'long', three);
  expect(refusal(other)).toEqual([3, 'VERIFY-MISMATCH']);
  expect(other.json()).toMatchObject({ error: { expected: 'ab'.repeat(64) } });
  writeFileSync(three, 'x');
  expect(refusal(await verify(made.gun, 'x', three))).toEqual([3, 'VERIFY-HASH']);
});

test('verify REF: the manifest that the registry serves is what is signed in targets/releases, else in targets', async () => {
  const name = 'team/pulled';
  const gun = `${registry.host}/${name}`;
  const image = await pushImage(registry, name, 'v1');
  const other = await pushImage(registry, name, 'v2');
  const signed = await stockRepository({ ...peer, host: registry.host }, name);
  await online.ok('repository', 'add', gun, '--server', peer.url, '--ca', peer.ca);
  for (const role of ['targets/releases', 'targets/alice']) await signed.delegate(role, '*');
  await signed.publish();
  const sha256 = image.digest.slice(7);
  await signed.stock.addhash(gun, 'v1', image.bytes.length, sha256, ['targets/releases']);
  await signed.stock.addhash(gun, 'v1', 1, '00'.repeat(32));
  await signed.stock.addhash(gun, 'v2', other.bytes.length, sha256);
  await signed.stock.addhash(gun, 'v3', image.bytes.length, sha256, ['targets/alice']);
  await signed.publish();
  const ca = registry.ca ?? '';
  const of = (tag: string, ...flags: string[]) => verify(`${gun}:${tag}`, '--ca', ca, ...flags);
  const ok = await of('v1');
  expect([ok.code, ok.json()]).toMatchObject([0, { role: 'targets/releases', hashes: { sha256 } }]);
  expect((await of(`v1@${image.digest}`)).code).toBe(0);
  expect(refusal(await of('v1', '-r', 'targets'))).toEqual([3, 'VERIFY-MISMATCH']);
  expect(refusal(await of('v2'))).toEqual([3, 'VERIFY-MISMATCH']);
  // Docker's client has no trust data for a tag that only another signer signed.
  const unreleased = await of('v3');
  expect(refusal(unreleased)).toEqual([3, 'READ-TARGET']);
  expect(unreleased.json()).toMatchObject({ error: { found: 'one of targets/alice' } });
  await pushImage(registry, name, 'v3');
  expect(refusal(await of('v3', '-r', 'targets/alice'))).toEqual([3, 'VERIFY-MISMATCH']);
  expect(refusal(await of('none'))).toEqual([3, 'READ-TARGET']);
  expect(refusal(await verify(`${gun}:v1`))).toEqual([6, 'REGISTRY-TLS']);
  expect(refusal(await verify(`${gun}:v1`, '--ca', join(folder, 'none')))).toEqual([2, 'AUTHORITY-FILE']);
});
