import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { authorizedClient } from '../../src/online/credentials/authorization.ts';
import type { HttpClient } from '../../src/online/transport/http.ts';
import { openNotaryServer } from '../../src/online/notary-server/server.ts';
import type { NotaryServer } from '../../src/online/notary-server/server.ts';
import { startNotaryServer } from '../peers/notary-server.ts';
import type { NotaryServerPeer } from '../peers/notary-server.ts';
import { scratchFolder } from '../peers/process.ts';
import { stockNotary } from '../peers/stock-notary.ts';
import { testTls } from '../peers/tls.ts';
import { startTokenServer } from '../peers/token-server.ts';
import type { TokenServerPeer } from '../peers/token-server.ts';

const USER = 'release';
const PASSWORD = 'pass:word 7';
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const NOTARY_AUTH = base64(`${USER}:${PASSWORD}`);

let open: TokenServerPeer;
let closed: TokenServerPeer;
let publicServer: NotaryServerPeer;
let privateServer: NotaryServerPeer;
const toClose: NotaryServer[] = [];

beforeAll(async () => {
  const users = { [USER]: PASSWORD };
  open = await startTokenServer({ users, anonymous: ['pull'] });
  closed = await startTokenServer({ users, refreshTokens: ['refresh-me'] });
  publicServer = await startNotaryServer({ auth: open.auth });
  privateServer = await startNotaryServer({ auth: closed.auth });
  for (const peer of [publicServer, privateServer]) {
    const stock = stockNotary({ ...peer, env: { NOTARY_AUTH } });
    await stock.init(`${peer.host}/app`);
  }
});
beforeEach(() => {
  open.requests.length = 0;
  closed.requests.length = 0;
});
afterAll(async () => {
  await Promise.all(toClose.map((server) => server.close()));
  await publicServer.stop();
  await privateServer.stop();
  await open.stop();
  await closed.stop();
});

function repository(peer: NotaryServerPeer, environment: Record<string, string>, now?: () => number) {
  const server = openNotaryServer({
    url: peer.url,
    ca: peer.caPem,
    environment: { HOME: '/nonexistent', PATH: process.env['PATH'] ?? '', ...environment },
    ...(now === undefined ? {} : { now }),
  });
  toClose.push(server);
  return server.repository(`${peer.host}/app`);
}

/** A DOCKER_CONFIG folder with this config.json. */
function dockerConfig(config: object): string {
  const folder = scratchFolder('docker-config');
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  return folder;
}

test('SERVER-AUTH: reading is anonymous where the server allows it; no password leaves', async () => {
  const store = repository(publicServer, { NOTARY_AUTH });
  expect(await store.current('root')).not.toBeNull();
  expect(open.requests.map(({ basic }) => basic)).toEqual([null]);
  expect(open.requests[0]?.query.get('scope')).toBe(`repository:${publicServer.host}/app:pull`);
  expect(open.requests[0]?.query.get('service')).toBe('test-service');
});

test('SERVER-AUTH: publishing takes NOTARY_AUTH, asks for push,pull once, and keeps the token', async () => {
  const store = repository(publicServer, { NOTARY_AUTH });
  await store.publish(new Map());
  await store.publish(new Map());
  expect(await store.serverKey('timestamp')).not.toBeNull();
  expect(open.requests).toHaveLength(1);
  expect(open.requests[0]).toMatchObject({ basic: `${USER}:${PASSWORD}` });
  expect(open.requests[0]?.query.get('scope')).toBe(`repository:${publicServer.host}/app:push,pull`);
  expect(open.requests[0]?.query.get('account')).toBe(USER);
});

test('SERVER-AUTH: a token is asked for again shortly before it ends', async () => {
  let clock = Date.now() / 1_000;
  const store = repository(publicServer, { NOTARY_AUTH }, () => clock);
  await store.current('root');
  clock += 280;
  await store.current('root');
  expect(open.requests).toHaveLength(1);
  clock += 15;
  await store.current('root');
  expect(open.requests).toHaveLength(2);
});

test('SERVER-AUTH: a private repository is read with credentials, after one anonymous try', async () => {
  const store = repository(privateServer, { NOTARY_AUTH });
  expect(await store.current('root')).not.toBeNull();
  expect(await store.current('targets')).not.toBeNull();
  expect(closed.requests.map(({ basic }) => basic)).toEqual([null, `${USER}:${PASSWORD}`]);
});

test.each([
  ['without credentials', {}],
  ['with a wrong password', { NOTARY_AUTH: base64(`${USER}:wrong`) }],
])(
  'SERVER-AUTH: %s reading and publishing are exit 6 with a hint, and no secret in the error',
  async (_, given) => {
    const store = repository(privateServer, given);
    for (const work of [
      () => store.current('root'),
      () => store.publish(new Map()),
      () => store.serverKey('snapshot'),
    ]) {
      const failed: unknown = await work().catch((cause: unknown) => cause);
      expect(failed).toMatchObject({ check: 'SERVER-AUTH', exit: 6, hint: expect.any(String) as string });
      expect(JSON.stringify(failed)).not.toMatch(/wrong|Basic|Bearer e/);
    }
  },
);

test('SERVER-AUTH: without push nothing is posted', async () => {
  const before = readFileSync(publicServer.log, 'utf8').match(/POST/g)?.length ?? 0;
  const store = repository(publicServer, { NOTARY_AUTH: base64('nobody:x') });
  await expect(store.publish(new Map())).rejects.toMatchObject({ check: 'SERVER-AUTH', exit: 6 });
  expect(readFileSync(publicServer.log, 'utf8').match(/POST/g)?.length ?? 0).toBe(before);
});

test.each(['%%%', base64('nocolon'), base64(':nouser'), 'QQ'])(
  'CREDENTIALS-NOTARY-AUTH: %j is not base64 of user:password',
  async (value) => {
    const store = repository(privateServer, { NOTARY_AUTH: value });
    const failed: unknown = await store.current('root').catch((cause: unknown) => cause);
    expect(failed).toMatchObject({ check: 'CREDENTIALS-NOTARY-AUTH', exit: 2 });
    expect(JSON.stringify(failed)).not.toContain(value);
  },
);

test("Docker's config.json: auths of the registry host in the GUN", async () => {
  const folder = dockerConfig({ auths: { [`https://${privateServer.host}/v1/`]: { auth: NOTARY_AUTH } } });
  const store = repository(privateServer, { DOCKER_CONFIG: folder });
  expect(await store.current('root')).not.toBeNull();
});

test("Docker's config.json: below HOME, and a refresh token", async () => {
  const home = scratchFolder('home');
  mkdirSync(join(home, '.docker'));
  const config = { auths: { [privateServer.host]: { identitytoken: 'refresh-me' } } };
  writeFileSync(join(home, '.docker', 'config.json'), JSON.stringify(config));
  const store = repository(privateServer, { HOME: home });
  expect(await store.current('root')).not.toBeNull();
  expect(closed.requests.at(-1)).toMatchObject({ method: 'POST', basic: null });
  expect(closed.requests.at(-1)?.query.get('scope')).toBe(`repository:${privateServer.host}/app:pull`);
});

test('NOTARY_AUTH comes before what Docker has stored', async () => {
  const folder = dockerConfig({ auths: { [privateServer.host]: { auth: base64('other:other') } } });
  const store = repository(privateServer, { DOCKER_CONFIG: folder, NOTARY_AUTH });
  expect(await store.current('root')).not.toBeNull();
});

test('CREDENTIALS-DOCKER: a config.json that is not JSON, none of which is shown', async () => {
  const folder = dockerConfig({});
  writeFileSync(join(folder, 'config.json'), '{"auths":{"h":{"auth":"c2VjcmV0"}');
  const store = repository(privateServer, { DOCKER_CONFIG: folder });
  const failed: unknown = await store.current('root').catch((cause: unknown) => cause);
  expect(failed).toMatchObject({ check: 'CREDENTIALS-DOCKER', exit: 2 });
  expect(String(failed)).not.toContain('c2VjcmV0');
});

/** A folder with a credential helper program `docker-credential-test`. */
function helper(script: string): string {
  const folder = scratchFolder('helper');
  const file = join(folder, 'docker-credential-test');
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return `${folder}:${process.env['PATH'] ?? ''}`;
}

test.each(['credHelpers', 'credsStore'])(
  'CREDENTIALS-HELPER: %s is asked with "get" and the host',
  async (kind) => {
    const value = kind === 'credsStore' ? 'test' : { [privateServer.host]: 'test' };
    const secret = JSON.stringify({ ServerURL: privateServer.host, Username: USER, Secret: PASSWORD });
    const PATH = helper(
      `[ "$1" = get ] && [ "$(cat)" = "${privateServer.host}" ] || exit 9; echo '${secret}'`,
    );
    const store = repository(privateServer, { PATH, DOCKER_CONFIG: dockerConfig({ [kind]: value }) });
    expect(await store.current('root')).not.toBeNull();
    expect(closed.requests.at(-1)).toMatchObject({ basic: `${USER}:${PASSWORD}` });
  },
);

test('CREDENTIALS-HELPER: <token> is a refresh token; "not found" falls back to auths', async () => {
  const answer = JSON.stringify({ Username: '<token>', Secret: 'refresh-me' });
  const config = { credsStore: 'test', auths: { [privateServer.host]: { auth: NOTARY_AUTH } } };
  const DOCKER_CONFIG = dockerConfig(config);
  const token = repository(privateServer, { PATH: helper(`echo '${answer}'`), DOCKER_CONFIG });
  expect(await token.current('root')).not.toBeNull();
  expect(closed.requests.at(-1)?.method).toBe('POST');
  const PATH = helper('echo "credentials not found in native keychain"; exit 1');
  expect(await repository(privateServer, { PATH, DOCKER_CONFIG }).current('root')).not.toBeNull();
  expect(closed.requests.at(-1)).toMatchObject({ basic: `${USER}:${PASSWORD}` });
});

test.each([
  ['a failure', 'echo topsecret; exit 3', 'test'],
  ['no JSON', 'echo topsecret', 'test'],
  ['JSON without a secret', `echo '{"Username":"topsecret"}'`, 'test'],
  ['endless output', 'yes topsecret', 'test'],
  ['a program that does not exist', 'true', 'absent'],
  ['a path as a name', 'true', '../test'],
])('CREDENTIALS-HELPER: %s is exit 6, without what the helper wrote', async (_, script, name) => {
  const store = repository(privateServer, {
    PATH: helper(script),
    DOCKER_CONFIG: dockerConfig({ credsStore: name }),
  });
  const failed: unknown = await store.current('root').catch((cause: unknown) => cause);
  expect(failed).toMatchObject({ check: 'CREDENTIALS-HELPER', exit: 6 });
  expect(JSON.stringify(failed)).not.toContain('topsecret');
});

/** A server that answers everything with 401 and this challenge. */
async function challenger(challenge: string, handle?: (request: IncomingMessage) => object | null) {
  const tls = await testTls();
  const seen: IncomingMessage[] = [];
  const server = createServer({ key: tls.keyPem, cert: tls.certPem }, (request, response) => {
    seen.push(request);
    const special = handle?.(request) ?? null;
    if (special !== null) response.writeHead(200).end(JSON.stringify(special));
    else
      response
        .writeHead(401, {
          'www-authenticate': challenge.replaceAll('SELF', `https://${request.headers.host ?? ''}`),
        })
        .end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `https://localhost:${String((server.address() as AddressInfo).port)}`;
  const client = openNotaryServer({ url, ca: tls.caPem, environment: { NOTARY_AUTH, HOME: '/nonexistent' } });
  return {
    seen,
    store: client.repository('h/app'),
    stop: async () => {
      await client.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test.each([
  ['SERVER-REALM', 'Bearer realm="http://example.com/token"'],
  ['SERVER-REALM', 'Bearer realm="https://u:p@localhost/token"'],
  ['SERVER-REALM', 'Bearer realm="file:///etc/passwd"'],
  ['SERVER-REALM', 'Bearer realm="ftp://localhost/token"'],
  ['SERVER-REALM', 'Bearer service="x"'],
  ['SERVER-AUTH', 'Digest realm="x"'],
  ['SERVER-AUTH', ''],
  ['HTTP-CHALLENGE', 'Bearer realm="x'],
])('%s: the challenge %s gets no credentials', async (check, challenge) => {
  const fake = await challenger(challenge);
  try {
    await expect(fake.store.current('root')).rejects.toMatchObject({ check, exit: 6 });
    await expect(fake.store.publish(new Map())).rejects.toMatchObject({ check, exit: 6 });
    expect(fake.seen.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
    expect(fake.seen.filter(({ method }) => method === 'POST')).toEqual([]);
  } finally {
    await fake.stop();
  }
});

test('SERVER-AUTH: the scope of the token is ours, whatever the challenge names', async () => {
  const fake = await challenger(
    'Bearer realm="SELF/token",service="s",scope="repository:other/app:*"',
    (request) => {
      if (request.url?.startsWith('/token') === true) return { access_token: 'abc' };
      return request.headers.authorization === 'Bearer abc' ? {} : null;
    },
  );
  try {
    expect(await fake.store.current('root')).toEqual(Buffer.from('{}'));
    const asked = fake.seen.filter(({ url }) => url?.startsWith('/token') === true);
    expect(asked.map(({ url }) => url)).toEqual(['/token?service=s&scope=repository%3Ah%2Fapp%3Apull']);
  } finally {
    await fake.stop();
  }
});

test.each([[{ token: 'a\r\nX-Evil: 1' }], [{ token: 7 }], [{}], [[]]])(
  'SERVER-AUTH: the token answer %j is not used',
  async (answer) => {
    const fake = await challenger('Bearer realm="SELF/token"', (request) =>
      request.url?.startsWith('/token') === true ? answer : null,
    );
    try {
      await expect(fake.store.publish(new Map())).rejects.toMatchObject({ check: 'SERVER-AUTH', exit: 6 });
    } finally {
      await fake.stop();
    }
  },
);

test('SERVER-AUTH: Basic is answered over TLS', async () => {
  const fake = await challenger('Basic realm="x"', (request) =>
    request.headers.authorization === `Basic ${NOTARY_AUTH}` ? {} : null,
  );
  try {
    expect(await fake.store.current('root')).toEqual(Buffer.from('{}'));
    await fake.store.publish(new Map());
  } finally {
    await fake.stop();
  }
});

test('what a server asks for is asked of it once, however many begin together, and again where that failed', async () => {
  const asked: string[] = [];
  const http = {
    send({ path }: { readonly path: string }) {
      asked.push(path);
      return asked.length === 1
        ? Promise.reject(new Error('unreachable'))
        : Promise.resolve({ status: 200, headers: {}, body: new Uint8Array() });
    },
  };
  const client = authorizedClient({
    peer: { area: 'SERVER', noun: 'trust server' },
    origin: 'https://trust.example.com',
    http: http as unknown as HttpClient,
    credential: () => Promise.resolve(null),
    hint: '',
    now: () => 0,
  });
  const access = { repository: 'registry.example.com/app', actions: 'push,pull' } as const;
  const together = (): Promise<unknown> => Promise.all([1, 2, 3].map(() => client.prepare(access)));
  await expect(together()).rejects.toThrow('unreachable');
  await together();
  await together();
  expect(asked).toEqual(['/v2/', '/v2/']);
});
