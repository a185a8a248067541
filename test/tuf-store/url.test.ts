import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { tufDirectoryStore } from '../../src/online/tuf-repository/directory-store.ts';
import { tufUrlStore } from '../../src/online/tuf-repository/url-store.ts';
import { baseUrls } from '../../src/online/tuf-repository/url-base.ts';
import { scratchFolder } from '../peers/process.ts';
import { entryOf, sha, stateFiles, walk } from './fixture.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
const servers: Server[] = [];
async function serve(answer: Answer): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}
const reply =
  (status: number, body: string | Buffer = '', headers: Record<string, string> = {}): Answer =>
  (_request, response) => {
    response.writeHead(status, headers).end(body);
  };

let folder: string;
let origin: string;
let seen: string[] = [];
let special: Map<string, Answer>;
const closing: (() => Promise<void>)[] = [];
const store = (path = '/metadata/', targets?: string) => {
  const opened = tufUrlStore(origin + path, { environment: {}, targets, silenceMs: 500, deadlineMs: 2_000 });
  closing.push(() => opened.close());
  return opened;
};
const STATE = { delegations: ['a/b c', 'bin-0'] };
const CONTENT = Buffer.alloc(200_000, 'content');
const ENTRY = { length: CONTENT.length, hashes: { sha256: sha(CONTENT) } };

beforeAll(async () => {
  folder = scratchFolder('tuf');
  const published = tufDirectoryStore(folder, 'app');
  for (const version of [1, 2, 3]) await published.publish(stateFiles({ version, ...STATE }));
  const source = join(scratchFolder('source'), 'file');
  writeFileSync(source, CONTENT);
  await published.putTarget('dir/a b#?.bin', source, ENTRY, false);
  // a plain web server: decodes the path once
  origin = await serve((request, response) => {
    seen.push(request.url ?? '');
    const answer = special.get(request.url ?? '');
    if (answer !== undefined) {
      answer(request, response);
      return;
    }
    try {
      response.end(readFileSync(join(folder, decodeURIComponent(request.url ?? '/'))));
    } catch {
      response.writeHead(404).end();
    }
  });
});
beforeEach(() => {
  seen = [];
  special = new Map();
});
afterAll(async () => {
  for (const close of closing) await close();
  for (const server of servers) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});
/** What a target file holds, by length and hash: matchers take minutes over large buffers. */
async function whole(pieces: AsyncIterable<Uint8Array> | null): Promise<string | null> {
  if (pieces === null) return null;
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return summary(Buffer.concat(all));
}
const summary = (bytes: Buffer): string => `${String(bytes.length)} bytes ${sha(bytes)}`;

test('a repository that a plain web server serves is read whole; each root is fetched once', async () => {
  const opened = store();
  expect(await walk(opened)).toEqual({ root: 3, version: 3, roles: ['targets', 'a/b c', 'bin-0'] });
  for (const version of [1, 2, 3])
    expect(await opened.rootVersion(version)).toEqual(stateFiles({ version, ...STATE }).get('root'));
  const ofRoots = seen.filter((url) => url.endsWith('.root.json'));
  expect(ofRoots).toEqual([1, 2, 3, 4].map((version) => `/metadata/${String(version)}.root.json`));
  expect(await opened.current('bin-0')).toEqual(stateFiles({ version: 3, ...STATE }).get('bin-0'));
  expect(await opened.current('bin-1')).toBeNull();
  expect(await opened.serverKey('timestamp')).toBeNull();
  // without the slash, and where there is nothing
  expect(await walk(store('/metadata'))).toMatchObject({ version: 3 });
  expect(await store('/nowhere/').current('root')).toBeNull();
  expect(await store('/nowhere/').current('timestamp')).toBeNull();
});

test('clients of other makes ask for the percent-encoded role; an object store has it under that address', async () => {
  const body = Buffer.from('{}');
  special.set('/flat/1.a%2Fb.json', reply(200, body));
  expect(await store('/flat/').listed('a/b', entryOf(body, 1), true)).toEqual(body);
  expect(seen).toEqual(['/flat/1.a%2Fb.json']);
});

test('STORE-READ-ONLY: nothing is published, put or removed at a URL (exit 2)', async () => {
  const opened = store();
  for (const work of [
    opened.publish(new Map()),
    opened.remove(),
    opened.putTarget('a', '/dev/null', ENTRY, true),
  ])
    await expect(work).rejects.toMatchObject({ check: 'STORE-READ-ONLY', exit: 2 });
  expect(seen).toEqual([]);
});

const endless: Answer = (_request, response) => {
  response.writeHead(200);
  const more = (): void => {
    while (!response.destroyed && response.write(Buffer.alloc(65_536)));
  };
  response.on('drain', more);
  more();
};

test.each<[string, number, string | null, Answer]>([
  ['404 is absence', 404, null, reply(404)],
  ['403 is absence', 403, null, reply(403)],
  ['500', 500, 'SERVER-ERROR', reply(500, 'x')],
  ['401', 401, 'SERVER-ERROR', reply(401)],
  ['206', 206, 'SERVER-ERROR', reply(206, 'x')],
  ['an encoding', 200, 'SERVER-ENCODING', reply(200, '{}', { 'content-encoding': 'gzip' })],
  ['a body that never ends', 200, 'SERVER-TOO-LARGE', endless],
  ['silence', 0, 'SERVER-UNREACHABLE', () => undefined],
  ['a redirect to nowhere', 302, 'SERVER-REDIRECT', reply(302, '', { location: 'http://[' })],
  ['a redirect without an address', 302, 'SERVER-REDIRECT', reply(302)],
  ['a redirect to a file', 302, 'SERVER-REDIRECT', reply(302, '', { location: 'file:///etc/passwd' })],
  ['a redirect to itself', 302, 'SERVER-REDIRECT', reply(302, '', { location: '/x/timestamp.json' })],
  [
    'a redirect with a password',
    302,
    'SERVER-REDIRECT',
    reply(302, '', { location: 'https://u:p@127.0.0.1/' }),
  ],
])('hostile metadata: %s (HTTP %d) gives %s', async (_, __, check, answer) => {
  special.set('/x/timestamp.json', answer);
  const reading = store('/x/').current('timestamp');
  if (check === null) expect(await reading).toBeNull();
  else await expect(reading).rejects.toMatchObject({ check, exit: 6 });
  expect(seen.length).toBeLessThanOrEqual(4);
});

test('SERVER-REDIRECT: another server is not asked without TLS; the same one is', async () => {
  let asked = 0;
  const other = await serve((_request, response) => {
    asked++;
    response.end('{}');
  });
  special.set('/x/timestamp.json', reply(302, '', { location: `${other}/timestamp.json` }));
  await expect(store('/x/').current('timestamp')).rejects.toMatchObject({
    check: 'SERVER-REDIRECT',
    exit: 6,
  });
  special.set('/x/targets/a', reply(307, '', { location: `${other}/a` }));
  await expect(store('/x/').openTarget('a', ENTRY, false)).rejects.toMatchObject({
    check: 'SERVER-REDIRECT',
  });
  expect(asked).toBe(0);
  special.set('/y/timestamp.json', reply(301, '', { location: '../metadata/timestamp.json' }));
  expect(await store('/y/').current('timestamp')).toEqual(
    stateFiles({ version: 3, ...STATE }).get('timestamp'),
  );
});

test('SERVER-HASH, SERVER-TOO-LARGE: a listed file with other bytes, or more of them (exit 6)', async () => {
  const targets = stateFiles({ version: 3, ...STATE }).get('targets')!;
  const entry = entryOf(targets, 3);
  const opened = store();
  expect(await opened.listed('targets', entry, true)).toEqual(targets);
  await expect(
    opened.listed('targets', { ...entry, length: targets.length - 1 }, true),
  ).rejects.toMatchObject({
    check: 'SERVER-TOO-LARGE',
    exit: 6,
  });
  for (const body of [Buffer.alloc(targets.length, 'x'), targets.subarray(1)]) {
    special.set('/metadata/3.targets.json', reply(200, body));
    await expect(opened.listed('targets', entry, true)).rejects.toMatchObject({
      check: 'SERVER-HASH',
      exit: 6,
    });
  }
});

test('SERVER-ROOTS: a server that never runs out of roots is left (exit 6)', async () => {
  // each of them large: the bytes are bounded too
  const large = Buffer.alloc(30_000_000);
  for (const version of [1, 2, 3, 4, 5]) special.set(`/x/${String(version)}.root.json`, reply(200, large));
  await expect(store('/x/').current('root')).rejects.toMatchObject({ check: 'SERVER-TOO-LARGE', exit: 6 });
  await expect(store('/x/').rootVersion(10_001)).rejects.toMatchObject({ check: 'SERVER-ROOTS', exit: 6 });
});

test('target files: found by hash or name beside the metadata, or where the caller says', async () => {
  const name = 'dir/a b#?.bin';
  for (const consistent of [true, false]) {
    expect(await whole(await store().openTarget(name, ENTRY, consistent))).toEqual(summary(CONTENT));
    expect(await whole(await store('/x/', `${origin}/targets`).openTarget(name, ENTRY, consistent))).toEqual(
      summary(CONTENT),
    );
  }
  expect(await store().openTarget('none', ENTRY, true)).toBeNull();
  await expect(store().openTarget('../metadata/timestamp.json', ENTRY, false)).rejects.toMatchObject({
    check: 'TARGET-PATH',
    exit: 2,
  });
  const other = { length: 5, hashes: { sha256: '0'.repeat(64), sha512: 'f'.repeat(128) } };
  special.set(`/targets/${'f'.repeat(128)}.b`, reply(200, 'bytes'));
  expect(await whole(await store().openTarget('b', other, true))).toEqual(summary(Buffer.from('bytes')));
});

test.each<[string, string, Answer]>([
  ['a body that never ends', 'TARGET-TOO-LARGE', endless],
  ['500', 'SERVER-ERROR', reply(500)],
  ['an encoding', 'SERVER-ENCODING', reply(200, 'x', { 'content-encoding': 'br' })],
  ['silence', 'SERVER-UNREACHABLE', () => undefined],
  [
    'a connection that breaks',
    'SERVER-UNREACHABLE',
    (_request, response) => {
      response.writeHead(200, { 'content-length': '200000' });
      response.write('x', () => response.destroy());
    },
  ],
])('hostile target files: %s gives %s (exit 6)', async (_, check, answer) => {
  special.set('/targets/a', answer);
  const reading = (async () => whole(await store().openTarget('a', ENTRY, false)))();
  await expect(reading).rejects.toMatchObject({ check, exit: 6 });
});

test.each([
  ['https://h/repo/metadata/', undefined, 'https://h/repo/metadata/', 'https://h/repo/targets/'],
  ['https://h/repo', undefined, 'https://h/repo/', 'https://h/repo/targets/'],
  ['https://h', 'https://cdn/x', 'https://h/', 'https://cdn/x/'],
])('%s with targets %s is read at %s and %s', (url, given, metadata, targets) => {
  const found = baseUrls(url, given);
  expect([found.metadata.href, found.targets.href]).toEqual([metadata, targets]);
});

test.each(['', 'h/repo', 'http://h/repo', 'https://u:p@h/', 'https://h/?q', 'https://h/#f', 'file:///etc/'])(
  'SERVER-URL: %j is refused (exit 2)',
  (url) => {
    expect(() => tufUrlStore(url, { environment: {} })).toThrow(
      expect.objectContaining({ check: 'SERVER-URL', exit: 2 }) as Error,
    );
  },
);
