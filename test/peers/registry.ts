import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { plainRequest } from './https.ts';
import { freePort } from './ports.ts';
import { scratchFolder, startDaemon } from './process.ts';
import { testTls } from './tls.ts';
import type { TokenAuth } from './token-server.ts';

export interface RegistryPeer {
  /** `localhost:PORT`, as it stands in an image reference. */
  readonly host: string;
  readonly url: string;
  /** CA file; null for a registry without TLS. */
  readonly ca: string | null;
  readonly log: string;
  stop(): Promise<void>;
}

export interface RegistryOptions {
  /** Default true. */
  readonly tls?: boolean;
  readonly auth?: TokenAuth;
  /** Lines of an htpasswd file (bcrypt only). */
  readonly htpasswd?: string;
}

/** A real docker-registry with a folder of its own. */
export async function startRegistry(options: RegistryOptions = {}): Promise<RegistryPeer> {
  const tls = options.tls === false ? null : await testTls();
  const folder = scratchFolder('registry');
  const port = await freePort();
  const http: Record<string, unknown> = { addr: `127.0.0.1:${String(port)}`, secret: 'test' };
  if (tls !== null) http['tls'] = { certificate: tls.cert, key: tls.key };
  const config: Record<string, unknown> = {
    version: '0.1',
    log: { level: 'info' },
    storage: { filesystem: { rootdirectory: join(folder, 'data') } },
    http,
  };
  if (options.auth !== undefined) config['auth'] = { token: options.auth };
  if (options.htpasswd !== undefined) {
    writeFileSync(join(folder, 'htpasswd'), options.htpasswd);
    config['auth'] = { htpasswd: { realm: 'test', path: join(folder, 'htpasswd') } };
  }
  // JSON is YAML.
  writeFileSync(join(folder, 'config.yml'), JSON.stringify(config));
  const host = `localhost:${String(port)}`;
  const url = `${tls === null ? 'http' : 'https'}://${host}`;
  const local = url.replace('localhost', '127.0.0.1');
  const ca = tls === null ? {} : { caPem: tls.caPem };
  const daemon = await startDaemon({
    command: 'docker-registry',
    args: ['serve', join(folder, 'config.yml')],
    log: join(folder, 'registry.log'),
    ready: async () => [200, 401].includes((await plainRequest(`${local}/v2/`, ca)).status),
  });
  return { host, url, ca: tls?.ca ?? null, log: daemon.log, stop: daemon.stop };
}

export type ImageKind = 'docker' | 'docker-list' | 'oci' | 'oci-index';

export interface PushedImage {
  readonly mediaType: string;
  /** The manifest's bytes as pushed. */
  readonly bytes: Buffer;
  /** `sha256:` and 64 hex digits. */
  readonly digest: string;
}

const MEDIA = {
  docker: [
    'application/vnd.docker.distribution.manifest.v2+json',
    'application/vnd.docker.container.image.v1+json',
  ],
  oci: ['application/vnd.oci.image.manifest.v1+json', 'application/vnd.oci.image.config.v1+json'],
} as const;
const LAYER = {
  docker: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  oci: 'application/vnd.oci.image.layer.v1.tar+gzip',
} as const;
const INDEX = {
  docker: 'application/vnd.docker.distribution.manifest.list.v2+json',
  oci: 'application/vnd.oci.image.index.v1+json',
} as const;

const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** Pushes a tiny image (or a list of one) by plain HTTP; `token` goes into a Bearer header. */
export async function pushImage(
  registry: RegistryPeer,
  name: string,
  tag: string,
  options: { readonly kind?: ImageKind; readonly content?: string; readonly authorization?: string } = {},
): Promise<PushedImage> {
  const caPem = registry.ca === null ? {} : { caPem: (await testTls()).caPem };
  const family = options.kind?.startsWith('oci') === true ? 'oci' : 'docker';
  const authorization: Record<string, string> =
    options.authorization === undefined ? {} : { authorization: options.authorization };
  const send = async (method: string, url: string, type: string, body: Uint8Array, wanted: number) => {
    const answer = await plainRequest(url, {
      method,
      body,
      headers: { 'content-type': type, 'content-length': String(body.length), ...authorization },
      ...caPem,
    });
    if (answer.status !== wanted)
      throw new Error(`${method} ${url}: ${String(answer.status)} ${answer.body.toString()}`);
    return answer;
  };
  const blob = async (bytes: Buffer): Promise<{ digest: string; size: number }> => {
    const start = await send(
      'POST',
      `${registry.url}/v2/${name}/blobs/uploads/`,
      'text/plain',
      new Uint8Array(),
      202,
    );
    const location = new URL(String(start.headers['location']), registry.url);
    location.searchParams.set('digest', digestOf(bytes));
    await send('PUT', location.href, 'application/octet-stream', bytes, 201);
    return { digest: digestOf(bytes), size: bytes.length };
  };
  const manifest = async (reference: string, mediaType: string, content: object): Promise<PushedImage> => {
    const bytes = Buffer.from(JSON.stringify(content, null, 3));
    await send('PUT', `${registry.url}/v2/${name}/manifests/${reference}`, mediaType, bytes, 201);
    return { mediaType, bytes, digest: digestOf(bytes) };
  };
  const [mediaType, configType] = MEDIA[family];
  const config = await blob(Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: {} })));
  const layer = await blob(Buffer.from(options.content ?? `layer of ${name}:${tag}`));
  const single = {
    schemaVersion: 2,
    mediaType,
    config: { mediaType: configType, ...config },
    layers: [{ mediaType: LAYER[family], ...layer }],
  };
  if (options.kind === undefined || options.kind === 'docker' || options.kind === 'oci')
    return manifest(tag, mediaType, single);
  const member = await manifest(`${tag}-amd64`, mediaType, single);
  return manifest(tag, INDEX[family], {
    schemaVersion: 2,
    mediaType: INDEX[family],
    manifests: [
      {
        ...{ mediaType, digest: member.digest, size: member.bytes.length },
        platform: { architecture: 'amd64', os: 'linux' },
      },
    ],
  });
}
