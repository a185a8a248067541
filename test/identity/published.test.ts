import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareUtf8 } from '../../src/encoding/canonical-json.ts';
import { plainRequest } from '../peers/https.ts';
import { startNotaryServer, type NotaryServerPeer } from '../peers/notary-server.ts';
import { hashOf, roundTrip, stations, type TestStations } from '../peers/stations.ts';
import { stockNotary } from '../peers/stock-notary.ts';
import { NAMES } from './names.ts';

let server: NotaryServerPeer;
let pair: TestStations;
let rounds = 0;
beforeAll(async () => {
  server = await startNotaryServer();
  pair = await stations();
});
afterAll(() => server.stop());

async function file(gun: string, name: string): Promise<Buffer> {
  const url = `${server.url}/v2/${gun}/_trust/tuf/${name}.json`;
  const { status, body } = await plainRequest(url, { caPem: server.caPem });
  expect(status, url).toBe(200);
  return body;
}

interface Listed {
  readonly signed: {
    readonly meta: Record<string, { readonly length: number; readonly hashes: { sha256: string } }>;
  };
}

/**
 * What the server hashed is its own serialisation of each file: it parses what is posted and lists the hash of what it
 * writes again. The file is served under that hash only where both are the same bytes.
 */
async function expectIdentical(gun: string): Promise<void> {
  const sha256 = (bytes: Buffer, encoding: 'hex' | 'base64'): string =>
    createHash('sha256').update(bytes).digest(encoding);
  const listedBy = async (bytes: Buffer, role: string): Promise<Buffer> => {
    const { signed } = JSON.parse(bytes.toString('utf8')) as Listed;
    const listed = signed.meta[role];
    const hash = Buffer.from(listed?.hashes.sha256 ?? '', 'base64').toString('hex');
    const served = await file(gun, `${role}.${hash}`);
    expect(sha256(served, 'base64'), `${gun} ${role}`).toBe(listed?.hashes.sha256);
    expect(served.length, `${gun} ${role}`).toBe(listed?.length);
    expect((await file(gun, role)).equals(served), `${gun} ${role}`).toBe(true);
    return served;
  };
  const snapshot = await listedBy(await file(gun, 'timestamp'), 'snapshot');
  for (const role of ['root', 'targets']) await listedBy(snapshot, role);
}

/** Names of the targets in the order in which the served file has them. */
async function servedNames(gun: string): Promise<string[]> {
  const text = (await file(gun, 'targets')).toString('utf8');
  // JSON.parse puts names that look like integers first, so the order is taken from the text
  const found = Array.from(
    text.matchAll(/("(?:[^"\\]|\\.)*"):\{"hashes":/g),
    ([, name]) => JSON.parse(name ?? '""') as string,
  );
  return found;
}

async function create(gun: string): Promise<void> {
  await pair.online.ok('repository', 'add', gun, '--server', server.url, '--ca', server.ca);
  await pair.online.ok('init', gun);
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

async function addAll(gun: string, names: readonly string[], firstHash = 1): Promise<void> {
  const list = join(pair.stick, `list-${String(rounds)}.csv`);
  const lines = names.map((name, at) => `${quoted(name)},${String(at)},${hashOf(firstHash + at)}`);
  writeFileSync(list, ['name,length,sha256', ...lines, ''].join('\r\n'));
  await pair.online.ok('add', gun, '--from', list);
}

const publishAll = (): Promise<string> => roundTrip(pair, `round-${String(rounds++)}`);

describe('R16: what is published is what notary-server would have written', () => {
  test('names that a serialiser can get wrong, in a first targets file and in the next', async () => {
    const gun = `${server.host}/identity/names`;
    await create(gun);
    const half = NAMES.filter((_, at) => at % 2 === 0);
    await addAll(gun, half);
    await publishAll();
    await expectIdentical(gun);
    expect(await servedNames(gun)).toEqual([...half].sort(compareUtf8));

    const gone = half.slice(0, 6);
    for (const name of gone) await pair.online.ok('remove', gun, name);
    const rest = NAMES.filter((name) => !half.includes(name));
    await addAll(gun, rest, 1_000);
    await publishAll();
    await expectIdentical(gun);
    const all = [...half.slice(6), ...rest];
    expect(await servedNames(gun)).toEqual([...all].sort(compareUtf8));

    const stock = stockNotary({ url: server.url, ca: server.ca });
    for (const [names, start] of [
      [half, 1],
      [rest, 1_000],
    ] as const)
      for (const [at, name] of names.entries()) {
        const { stdout, code } = await stock.run(['lookup', '--', gun, name]);
        if (gone.includes(name)) expect(code, JSON.stringify(name)).not.toBe(0);
        else
          expect(stdout, JSON.stringify(name)).toBe(`${name} sha256:${hashOf(start + at)} ${String(at)}\n`);
      }
  });

  test.each([0, 1, 10_000])('%i targets', async (count) => {
    const gun = `${server.host}/identity/count-${String(count)}`;
    await create(gun);
    const names = Array.from({ length: count }, (_, at) => String(at));
    if (count > 0) await addAll(gun, names);
    await publishAll();
    await expectIdentical(gun);
    expect(await servedNames(gun)).toEqual([...names].sort(compareUtf8));
    const listed = await stockNotary({ url: server.url, ca: server.ca }).list(gun);
    expect(listed.map(({ name, sha256 }) => `${name} ${sha256}`).sort()).toEqual(
      names.map((name, at) => `${name} ${hashOf(at + 1)}`).sort(),
    );
  });
});
