import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CountersignError } from '../../src/errors.ts';
import { originsOf, parseReference } from '../../src/online/registry/reference.ts';
import { resolveImage } from '../../src/online/registry/resolve-image.ts';
import { freePort } from '../peers/ports.ts';
import { scratchFolder } from '../peers/process.ts';
import { pushImage, startRegistry } from '../peers/registry.ts';
import type { ImageKind, RegistryPeer } from '../peers/registry.ts';
import { testTls } from '../peers/tls.ts';
import { startTokenServer } from '../peers/token-server.ts';

const environment = { HOME: '/nonexistent' };
let registry: RegistryPeer;
let ca: string;
beforeAll(async () => {
  registry = await startRegistry();
  ca = (await testTls()).caPem;
});
afterAll(() => registry.stop());

test.each<ImageKind>(['docker', 'docker-list', 'oci', 'oci-index'])(
  'REGISTRY: a %s manifest is fetched, hashed and measured byte for byte',
  async (kind) => {
    const pushed = await pushImage(registry, 'team/app', kind, { kind });
    const found = await resolveImage(`${registry.host}/team/app:${kind}`, { ca, environment });
    expect(Buffer.from(found.bytes)).toEqual(pushed.bytes);
    expect(found).toMatchObject({
      name: kind,
      length: pushed.bytes.length,
      sha256: pushed.digest.slice(7),
      sha512: createHash('sha512').update(pushed.bytes).digest('hex'),
      mediaType: pushed.mediaType,
    });
  },
);

test('REGISTRY-DIGEST: a digest in the reference must be that of the tag', async () => {
  const { digest } = await pushImage(registry, 'team/app', 'v1');
  const reference = `${registry.host}/team/app:v1`;
  expect(await resolveImage(`${reference}@${digest}`, { ca, environment })).toMatchObject({ name: 'v1' });
  const other = resolveImage(`${reference}@sha256:${'0'.repeat(64)}`, { ca, environment });
  await expect(other).rejects.toMatchObject({ check: 'REGISTRY-DIGEST', exit: 3, found: digest });
});

test('REGISTRY-NOT-FOUND, REGISTRY-TLS, REGISTRY-UNREACHABLE', async () => {
  const none = resolveImage(`${registry.host}/team/none:v1`, { ca, environment });
  await expect(none).rejects.toMatchObject({ check: 'REGISTRY-NOT-FOUND', exit: 3 });
  const untrusted = resolveImage(`${registry.host}/team/app:v1`, { environment });
  await expect(untrusted).rejects.toMatchObject({ check: 'REGISTRY-TLS', exit: 6 });
  const nobody = resolveImage(`localhost:${String(await freePort())}/a:v1`, { environment });
  await expect(nobody).rejects.toMatchObject({ check: 'REGISTRY-UNREACHABLE', exit: 6 });
});

test('REGISTRY: without TLS on this machine only', async () => {
  const plain = await startRegistry({ tls: false });
  try {
    const pushed = await pushImage(plain, 'app', 'v1');
    const found = await resolveImage(`${plain.host}/app:v1`, { environment });
    expect(found.sha256).toBe(pushed.digest.slice(7));
    expect(originsOf(parseReference('registry.example.com/app:v1'))).toEqual([
      'https://registry.example.com',
    ]);
  } finally {
    await plain.stop();
  }
});

test("REGISTRY-AUTH: a private registry, with Docker's credentials and without", async () => {
  const tokens = await startTokenServer({ users: { user: 'secret' } });
  const guarded = await startRegistry({ auth: tokens.auth });
  try {
    const reference = `${guarded.host}/team/app:v1`;
    const denied = resolveImage(reference, { ca, environment });
    await expect(denied).rejects.toMatchObject({ check: 'REGISTRY-AUTH', exit: 6 });
    const folder = scratchFolder('docker-config');
    const auth = Buffer.from('user:secret').toString('base64');
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths: { [guarded.host]: { auth } } }));
    const known = resolveImage(reference, { ca, environment: { DOCKER_CONFIG: folder } });
    await expect(known).rejects.toMatchObject({ check: 'REGISTRY-NOT-FOUND' });
    expect(tokens.requests.at(-1)?.query.get('scope')).toBe('repository:team/app:pull');
    expect(tokens.requests.at(-1)?.basic).toBe('user:secret');
    // NOTARY_AUTH is for trust servers only.
    tokens.requests.length = 0;
    const notary = resolveImage(reference, { ca, environment: { ...environment, NOTARY_AUTH: auth } });
    await expect(notary).rejects.toMatchObject({ check: 'REGISTRY-AUTH' });
    expect(tokens.requests.every(({ basic }) => basic === null)).toBe(true);
  } finally {
    await guarded.stop();
    await tokens.stop();
  }
});

/** A registry that answers as told. */
async function fakeRegistry(handle: (request: IncomingMessage, response: ServerResponse) => void) {
  const tls = await testTls();
  const seen: IncomingMessage[] = [];
  const server = createServer({ key: tls.keyPem, cert: tls.certPem }, (request, response) => {
    seen.push(request);
    handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    seen,
    host: `localhost:${String((server.address() as AddressInfo).port)}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const OCI = 'application/vnd.oci.image.manifest.v1+json';
const SHA256_OF_BRACES = createHash('sha256').update('{}').digest('hex');

test.each([
  [
    'REGISTRY-MEDIA-TYPE',
    3,
    { 'content-type': 'application/vnd.docker.distribution.manifest.v1+prettyjws' },
    '{}',
  ],
  ['REGISTRY-MEDIA-TYPE', 3, {}, '{}'],
  ['REGISTRY-DIGEST', 3, { 'content-type': OCI, 'docker-content-digest': `sha256:${'0'.repeat(64)}` }, '{}'],
  ['REGISTRY-DIGEST', 3, { 'content-type': OCI, 'docker-content-digest': `md5:${'0'.repeat(32)}` }, '{}'],
  ['REGISTRY-TOO-LARGE', 6, { 'content-type': OCI }, 'x'.repeat(4 * 1024 * 1024 + 1)],
])('%s: exit %i', async (check, exit, headers, body) => {
  const fake = await fakeRegistry((_request, response) => {
    response.writeHead(200, headers).end(body);
  });
  try {
    const found = resolveImage(`${fake.host}/app:v1`, { ca, environment });
    await expect(found).rejects.toMatchObject({ check, exit });
  } finally {
    await fake.stop();
  }
});

test('REGISTRY-ERROR: the words of the registry are data, and bounded', async () => {
  const fake = await fakeRegistry((_request, response) => {
    response.writeHead(500).end('x'.repeat(100_000));
  });
  try {
    const failed: unknown = await resolveImage(`${fake.host}/app:v1`, { ca, environment }).catch(
      (e: unknown) => e,
    );
    expect(failed).toMatchObject({ check: 'REGISTRY-ERROR', exit: 6 });
    expect((failed as CountersignError).found?.length).toBeLessThan(600);
  } finally {
    await fake.stop();
  }
});

test('REGISTRY-REDIRECT: followed to https a few times, and no authorization goes to another origin', async () => {
  const other = await fakeRegistry((_request, response) => {
    response
      .writeHead(200, { 'content-type': OCI, 'docker-content-digest': `sha256:${SHA256_OF_BRACES}` })
      .end('{}');
  });
  let target = `https://${other.host}/somewhere?x=1`;
  const first = await fakeRegistry((request, response) => {
    if (request.url?.startsWith('/token') === true) response.end('{"token":"abc"}');
    else if (request.headers.authorization !== 'Bearer abc')
      response.writeHead(401, { 'www-authenticate': `Bearer realm="https://${first.host}/token"` }).end();
    else response.writeHead(307, { location: target }).end();
  });
  try {
    const reference = `${first.host}/app:v1`;
    expect(await resolveImage(reference, { ca, environment })).toMatchObject({ sha256: SHA256_OF_BRACES });
    expect(other.seen.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      ['/somewhere?x=1', undefined],
    ]);
    for (target of [
      `http://${other.host}/x`,
      'file:///etc/passwd',
      '//',
      '/v2/loop',
      `https://u:p@${other.host}/`,
    ])
      await expect(resolveImage(reference, { ca, environment })).rejects.toMatchObject({
        check: 'REGISTRY-REDIRECT',
        exit: 6,
      });
    expect(other.seen).toHaveLength(1);
  } finally {
    await first.stop();
    await other.stop();
  }
});

test('REGISTRY-REFERENCE: what is read', () => {
  const digest = 'a'.repeat(64);
  expect(parseReference('docker.io/library/alpine:3.19')).toEqual({
    ...{ host: 'docker.io', path: 'library/alpine', tag: '3.19', sha256: null },
  });
  expect(originsOf(parseReference('docker.io/library/alpine:3.19'))).toEqual([
    'https://registry-1.docker.io',
  ]);
  expect(parseReference(`reg:5000/a__b/c-d.e:V_1.2-x@sha256:${digest}`)).toEqual({
    ...{ host: 'reg:5000', path: 'a__b/c-d.e', tag: 'V_1.2-x', sha256: digest },
  });
  expect(originsOf(parseReference('127.0.0.1:5000/a:b'))).toEqual([
    'https://127.0.0.1:5000',
    'http://127.0.0.1:5000',
  ]);
  expect(originsOf(parseReference('[::1]:5000/a:b'))).toEqual(['https://[::1]:5000', 'http://[::1]:5000']);
});

test.each([
  ...[
    '',
    'alpine',
    'alpine:3',
    'library/alpine:3',
    'h.io/app',
    'h.io/App:v1',
    'h.io/a//b:v1',
    'h.io/a/:v1',
    'h.io/../b:v1',
  ],
  ...[
    'h.io/a:v1@sha256:12',
    'h.io/a:v1@sha512:12',
    'https://h.io/a:v1',
    'h.io/a:-v',
    'h.io/a:v 1',
    'u@h.io/a:v1',
    'h.io/a:v1\n',
  ],
  `h.io/${'a/'.repeat(200)}a:v1`,
])('REGISTRY-REFERENCE: %j is refused (exit 2)', (text) => {
  expect(() => parseReference(text)).toThrow(
    expect.objectContaining({ check: 'REGISTRY-REFERENCE', exit: 2 }) as Error,
  );
});

test('REGISTRY-REFERENCE: any text is read to what writes it again, or refused', () => {
  const near = fc.string({ unit: fc.constantFrom(...'ab.:/@-_5[]A'.split('')), maxLength: 40 });
  fc.assert(
    fc.property(
      fc.oneof(
        near,
        fc.string(),
        near.map((tail) => `h.io/a${tail}:v1`),
      ),
      (text) => {
        try {
          const { host, path, tag, sha256 } = parseReference(text);
          expect(`${host}/${path}:${tag}${sha256 === null ? '' : `@sha256:${sha256}`}`).toBe(text);
          expect(originsOf(parseReference(text)).length).toBeGreaterThan(0);
        } catch (cause) {
          expect((cause as CountersignError).check).toBe('REGISTRY-REFERENCE');
        }
      },
    ),
    { numRuns: 2_000 },
  );
});
