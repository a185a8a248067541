import { createServer as createProxy } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openNotaryServer } from '../../src/online/notary-server/server.ts';
import type { NotaryServer } from '../../src/online/notary-server/server.ts';
import { testTls } from '../peers/tls.ts';

type Answer = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;

let answer: Answer = () => undefined;
let seen: { method: string; url: string; headers: IncomingMessage['headers'] }[] = [];
let url: string;
let server: NotaryServer;
let stop: () => Promise<void>;

beforeAll(async () => {
  const tls = await testTls();
  const fake = createServer({ key: tls.keyPem, cert: tls.certPem }, (request, response) => {
    seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers });
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.url === '/v2/') response.end('{}');
      else answer(request, response, Buffer.concat(chunks));
    });
  });
  const sockets = new Set<Duplex>();
  fake.on('connection', (socket: Duplex) => sockets.add(socket));
  await new Promise<void>((resolve) => fake.listen(0, '127.0.0.1', resolve));
  url = `https://localhost:${String((fake.address() as AddressInfo).port)}`;
  server = openNotaryServer({ url, ca: tls.caPem, environment: {}, silenceMs: 1_000, deadlineMs: 3_000 });
  stop = async () => {
    await server.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => fake.close(resolve));
  };
});
afterEach(() => {
  seen = [];
});
afterAll(() => stop());

const reply =
  (status: number, body: string | Buffer = '', headers: Record<string, string> = {}): Answer =>
  (_request, response) => {
    response.writeHead(status, headers);
    response.end(body);
  };
const error = (code: string, message = 'text'): string =>
  JSON.stringify({ errors: [{ code, message, detail: {} }] });
const files = new Map([['targets', Buffer.from('{}')]]);
const store = () => server.repository('h/app');

test('R5: reads tell every cache in between to ask the server, and accept no encoding', async () => {
  answer = reply(200, '{}');
  expect(await store().current('targets/a')).toEqual(Buffer.from('{}'));
  expect(seen[0]).toMatchObject({ method: 'GET', url: '/v2/h/app/_trust/tuf/targets/a.json' });
  expect(seen[0]?.headers).toMatchObject({ 'cache-control': 'no-cache' });
  expect(seen[0]?.headers).not.toHaveProperty('accept-encoding');
  answer = reply(200, '{}', { 'content-encoding': 'gzip' });
  await expect(store().current('root')).rejects.toMatchObject({ check: 'SERVER-ENCODING', exit: 6 });
});

test('SERVER-HASH: other bytes than the hash asked for (exit 6, also while reading back)', async () => {
  answer = reply(200, 'other');
  await expect(store().byHash('root', '00'.repeat(32))).rejects.toMatchObject({
    check: 'SERVER-HASH',
    exit: 6,
  });
});

test.each([
  ['timestamp', 1_048_577],
  ['timestamp', 20_000_000],
])('SERVER-TOO-LARGE: %s of %i bytes is cut off', async (role, size) => {
  answer = reply(200, Buffer.alloc(size, 32));
  await expect(store().current(role)).rejects.toMatchObject({ check: 'SERVER-TOO-LARGE', exit: 6 });
});

test('SERVER-TOO-LARGE: keys, and files whose length is known', async () => {
  answer = reply(200, Buffer.alloc(262_145, 32));
  await expect(store().serverKey('snapshot')).rejects.toMatchObject({ check: 'SERVER-TOO-LARGE' });
  await expect(store().byHash('root', '00'.repeat(32), 5)).rejects.toMatchObject({
    check: 'SERVER-TOO-LARGE',
  });
});

test('SERVER-TOO-LARGE: a body that never ends stops at the cap', async () => {
  answer = (_request, response) => {
    const more = setInterval(() => response.write(Buffer.alloc(65_536)), 1);
    response.on('close', () => {
      clearInterval(more);
    });
  };
  await expect(store().current('timestamp')).rejects.toMatchObject({ check: 'SERVER-TOO-LARGE' });
});

test('SERVER-REDIRECT: neither reads nor uploads follow, and nothing goes to the other address', async () => {
  answer = reply(301, '', { location: `${url}/elsewhere` });
  await expect(store().current('root')).rejects.toMatchObject({ check: 'SERVER-REDIRECT', exit: 6 });
  answer = reply(307, '', { location: `${url}/elsewhere` });
  await expect(store().publish(files)).rejects.toMatchObject({ check: 'SERVER-REDIRECT', exit: 6 });
  expect(seen.map((one) => one.url)).not.toContain('/elsewhere');
});

test('facts 0.7: 500 UNKNOWN of a delegation that the snapshot does not list is null', async () => {
  const meta = { root: {}, targets: {}, 'targets/listed': {} };
  answer = (request, response) => {
    if (request.url?.endsWith('/snapshot.json') === true) response.end(JSON.stringify({ signed: { meta } }));
    else reply(500, error('UNKNOWN'))(request, response, Buffer.alloc(0));
  };
  expect(await store().current('targets/new')).toBeNull();
  await expect(store().current('targets/listed')).rejects.toMatchObject({ check: 'SERVER-ERROR', exit: 6 });
  await expect(store().current('root')).rejects.toMatchObject({ check: 'SERVER-ERROR', exit: 6 });
});

test('facts 0.7: any other 500 is an error, and so is one beside a snapshot that cannot be read', async () => {
  answer = reply(500, error('NO_STORAGE'));
  await expect(store().current('targets/new')).rejects.toMatchObject({ check: 'SERVER-ERROR' });
  answer = (request, response) => {
    if (request.url?.endsWith('/snapshot.json') === true) response.end('{"signed":');
    else reply(500, error('UNKNOWN'))(request, response, Buffer.alloc(0));
  };
  await expect(store().current('targets/new')).rejects.toMatchObject({ check: 'SERVER-ERROR' });
});

test.each([
  [400, error('VERSION'), 'SERVER-VERSION', 5],
  [400, error('INVALID_UPDATE'), 'SERVER-REFUSED', 5],
  [400, error('INVALID_GUN'), 'SERVER-REFUSED', 5],
  [404, '', 'SERVER-REFUSED', 5],
  [413, '<html>too large</html>', 'SERVER-REFUSED', 5],
  [500, error('UPDATING'), 'SERVER-UPDATING', 5],
  [500, error('UNKNOWN'), 'SERVER-ERROR', 6],
  [502, '<html>\u001b[31mbad gateway</html>', 'SERVER-ERROR', 6],
  [429, '', 'SERVER-ERROR', 6],
  [400, '{"errors":', 'SERVER-REFUSED', 5],
  [400, '{"errors":[null]}', 'SERVER-REFUSED', 5],
  [400, '{"errors":{"code":7}}', 'SERVER-REFUSED', 5],
  [400, 'null', 'SERVER-REFUSED', 5],
  [400, '\u0000\u00ff', 'SERVER-REFUSED', 5],
])('M14: an upload answered by %i %s is %s, never exit 3', async (status, body, check, exit) => {
  answer = reply(status, body);
  await expect(store().publish(files)).rejects.toMatchObject({ check, exit });
});

test('R5: an error body of a megabyte is cut, not refused', async () => {
  answer = reply(400, error('VERSION', 'x'.repeat(30_000)));
  await expect(store().publish(files)).rejects.toMatchObject({ check: 'SERVER-VERSION' });
  answer = reply(400, 'x'.repeat(1_000_000));
  const failed: unknown = await store()
    .publish(files)
    .catch((cause: unknown) => cause);
  expect(failed).toMatchObject({ check: 'SERVER-REFUSED' });
  expect((failed as { found: string }).found.length).toBeLessThan(1_100);
});

test('SERVER-NO-ANSWER: the connection breaks, or stays silent, after the upload (exit 6, posted once)', async () => {
  answer = (request) => request.socket.destroy();
  await expect(store().publish(files)).rejects.toMatchObject({ check: 'SERVER-NO-ANSWER', exit: 6 });
  expect(seen.filter(({ method }) => method === 'POST')).toHaveLength(1);
  answer = () => undefined;
  await expect(store().publish(files)).rejects.toMatchObject({ check: 'SERVER-NO-ANSWER', exit: 6 });
});

test('a read is repeated where the connection breaks, and given up after three tries', async () => {
  let broken = 0;
  answer = (request, response) => {
    if (broken++ < 2) request.socket.destroy();
    else response.end('{}');
  };
  expect(await store().current('root')).toEqual(Buffer.from('{}'));
  answer = (request) => request.socket.destroy();
  await expect(store().current('root')).rejects.toMatchObject({ check: 'SERVER-UNREACHABLE', exit: 6 });
});

test('SERVER-UNREACHABLE: a server that accepts and stays silent', async () => {
  answer = () => undefined;
  await expect(store().current('root')).rejects.toMatchObject({ check: 'SERVER-UNREACHABLE', exit: 6 });
});

test('facts 6.1: the upload form is one part a role, file names with slashes, nothing behind the bytes', async () => {
  let got = '';
  answer = (_request, response, body) => {
    got = body.toString();
    response.end();
  };
  const two = new Map([
    ['root', Buffer.from('{"a":1}')],
    ['targets/releases', Buffer.from('{}')],
  ]);
  await store().publish(two);
  const boundary =
    /boundary=(countersign-[0-9a-f]{48})$/.exec(seen.at(-1)?.headers['content-type'] ?? '')?.[1] ?? '';
  const head = 'Content-Disposition: form-data; name="files"; filename=';
  const type = 'Content-Type: application/octet-stream';
  expect(got.split('\r\n')).toEqual([
    ...[`--${boundary}`, `${head}"root"`, type, '', '{"a":1}'],
    ...[`--${boundary}`, `${head}"targets/releases"`, type, '', '{}'],
    ...[`--${boundary}--`, ''],
  ]);
  expect(seen.at(-1)?.url).toBe('/v2/h/app/_trust/tuf/');
  await store().publish(new Map());
  expect(got).toMatch(/^--countersign-[0-9a-f]{48}--\r\n$/);
});

test('SERVER-ROLE: a timestamp is not posted to a server that signs its own', async () => {
  const timestamp = new Map([['timestamp', Buffer.from('{}')]]);
  await expect(store().publish(timestamp)).rejects.toMatchObject({ check: 'SERVER-ROLE' });
  expect(seen).toEqual([]);
});

test('proxies: HTTPS_PROXY carries other machines, NO_PROXY excepts them, this machine is never reached through one', async () => {
  answer = reply(200, '{}');
  const asked: string[] = [];
  const proxy = createProxy();
  proxy.on('connect', (request, socket: Duplex) => {
    asked.push(request.url ?? '');
    const tunnel = connect(Number(new URL(url).port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      tunnel.pipe(socket).pipe(tunnel);
    });
    tunnel.on('error', () => socket.destroy());
    socket.on('error', () => tunnel.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const HTTPS_PROXY = `http://127.0.0.1:${String((proxy.address() as AddressInfo).port)}`;
  const ca = (await testTls()).caPem;
  const far = 'https://trust.example.test:8443';
  const read = async (at: string, environment: Record<string, string>): Promise<unknown> => {
    const client = openNotaryServer({ url: at, ca, environment, connectMs: 2_000 });
    try {
      return await client.repository('h/app').current('root');
    } finally {
      await client.close();
    }
  };
  try {
    expect(await read(far, { HTTPS_PROXY })).toEqual(Buffer.from('{}'));
    expect(asked).toEqual(['trust.example.test:8443']);
    expect(await read(url, { HTTPS_PROXY })).toEqual(Buffer.from('{}'));
    await expect(read(far, { HTTPS_PROXY, NO_PROXY: 'example.test' })).rejects.toMatchObject({
      check: 'SERVER-UNREACHABLE',
    });
    expect(asked).toHaveLength(1);
  } finally {
    proxy.closeAllConnections();
    await new Promise((resolve) => proxy.close(resolve));
  }
});
