import { sha256Hex, sha512 } from '../../encoding/hash.ts';
import { toHex } from '../../encoding/text.ts';
import { CountersignError, refused, unavailable } from '../../errors.ts';
import { authorizedClient } from '../credentials/authorization.ts';
import type { AuthorizedClient } from '../credentials/authorization.ts';
import { dockerCredential } from '../credentials/credentials.ts';
import type { Environment } from '../credentials/credential.ts';
import { openHttpClient } from '../transport/http.ts';
import type { HttpAnswer } from '../transport/exchange.ts';
import type { Peer } from '../transport/http.ts';
import { originsOf, parseReference } from './reference.ts';
import type { ImageReference } from './reference.ts';

/** An image manifest as the registry gave it: opaque bytes, hashed and measured here. */
export interface ResolvedImage {
  /** The tag: what the target is called. */
  readonly name: string;
  readonly length: number;
  readonly sha256: string;
  readonly sha512: string;
  readonly bytes: Uint8Array;
  readonly mediaType: string;
}

export interface ResolveOptions {
  /** PEM text of the registry's certificate authority. */
  readonly ca?: string | undefined;
  readonly environment: Environment;
  /** Seconds since the epoch; default the machine's clock. */
  readonly now?: () => number;
  readonly connectMs?: number;
  readonly silenceMs?: number;
  readonly deadlineMs?: number;
}

/** Manifests that clients pull by digest; schema 1 is not among them, its digest does not cover all its bytes. */
const MEDIA_TYPES = [
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
] as const;
/** Registries refuse larger manifests (OCI distribution specification). */
const MAX_MANIFEST = 4 * 1024 * 1024;
const MAX_REDIRECTS = 3;
const PEER: Peer = { area: 'REGISTRY', noun: 'registry' };

/**
 * Fetches the manifest (or list) behind a tag (OCI distribution specification, "Pulling manifests").
 *
 * @throws CountersignError REGISTRY-REFERENCE (2); REGISTRY-DIGEST, REGISTRY-MEDIA-TYPE, REGISTRY-NOT-FOUND (3);
 *   REGISTRY-AUTH, REGISTRY-UNREACHABLE, REGISTRY-TLS, REGISTRY-TOO-LARGE, REGISTRY-ERROR ... (6)
 */
export async function resolveImage(text: string, options: ResolveOptions): Promise<ResolvedImage> {
  const reference = parseReference(text);
  const origins = originsOf(reference);
  for (const [index, origin] of origins.entries()) {
    try {
      return await resolveAt(origin, reference, options);
    } catch (cause) {
      const plain = cause instanceof CountersignError && (cause.found ?? '').includes('WRONG_VERSION_NUMBER');
      if (!plain || index === origins.length - 1) throw cause;
    }
  }
  throw unavailable('REGISTRY-UNREACHABLE', 'the registry has no address', { where: reference.host });
}

async function resolveAt(
  origin: string,
  reference: ImageReference,
  options: ResolveOptions,
): Promise<ResolvedImage> {
  const http = openHttpClient(PEER, { ...options, origin });
  const client = authorizedClient({
    peer: PEER,
    origin,
    http,
    credential: () => dockerCredential(reference.host, options.environment),
    hint: `use: docker login ${reference.host}`,
    now: options.now ?? (() => Date.now() / 1_000),
  });
  try {
    const path = `/v2/${reference.path}/manifests/${reference.tag}`;
    let answer = await get(client, origin, path, reference);
    for (let hops = 0; answer.status >= 300 && answer.status <= 399; hops++) {
      const next = redirectTarget(answer, origin + path, hops);
      const request = { method: 'GET', origin: next.origin, path: next.pathname + next.search } as const;
      // Another origin gets no authorization: it was given for this one.
      answer =
        next.origin === origin
          ? await get(client, origin, request.path, reference)
          : await http.send({ ...request, headers: { accept: MEDIA_TYPES.join(', ') }, limit: MAX_MANIFEST });
    }
    return readManifest(answer, reference, origin);
  } finally {
    await http.close();
  }
}

function get(
  client: AuthorizedClient,
  origin: string,
  path: string,
  reference: ImageReference,
): Promise<HttpAnswer> {
  return client.send(
    { method: 'GET', origin, path, headers: { accept: MEDIA_TYPES.join(', ') }, limit: MAX_MANIFEST },
    { repository: reference.path, actions: 'pull' },
  );
}

function redirectTarget(answer: HttpAnswer, from: string, hops: number): URL {
  const text = answer.headers['location'] ?? '';
  const next = URL.canParse(text, from) ? new URL(text, from) : null;
  const safe = next !== null && (next.protocol === 'https:' || next.origin === new URL(from).origin);
  if (!safe || next.username !== '' || hops === MAX_REDIRECTS)
    throw unavailable('REGISTRY-REDIRECT', 'the registry sends us somewhere that is not followed', {
      expected: `at most ${String(MAX_REDIRECTS)} redirects, to https`,
      found: text.slice(0, 300),
      where: from,
    });
  return next;
}

function readManifest(answer: HttpAnswer, reference: ImageReference, origin: string): ResolvedImage {
  const where = `${reference.path}:${reference.tag} at ${origin}`;
  if (answer.status === 404)
    throw refused('REGISTRY-NOT-FOUND', 'the registry has no such image', { where, hint: 'push it first' });
  if (answer.status !== 200)
    throw unavailable('REGISTRY-ERROR', 'the registry answers with an error', {
      found: `HTTP ${String(answer.status)}: ${answer.body.toString('utf8').slice(0, 500)}`,
      where,
    });
  const mediaType = (answer.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
  if (!(MEDIA_TYPES as readonly string[]).includes(mediaType))
    throw refused('REGISTRY-MEDIA-TYPE', 'not a manifest that is pulled by digest', {
      expected: MEDIA_TYPES.join(', '),
      found: mediaType.slice(0, 200),
      where,
    });
  const bytes = new Uint8Array(answer.body);
  const digests = { sha256: sha256Hex(bytes), sha512: toHex(sha512(bytes)) };
  const claimed = answer.headers['docker-content-digest'] ?? '';
  const [, algorithm, hex] = /^(sha256|sha512):([0-9a-f]+)$/.exec(claimed) ?? [];
  if (claimed !== '' && (hex === undefined || digests[algorithm as 'sha256' | 'sha512'] !== hex))
    throw mismatch(
      'the registry names another digest than its bytes have',
      claimed.slice(0, 200),
      digests,
      where,
    );
  if (reference.sha256 !== null && reference.sha256 !== digests.sha256)
    throw mismatch('the tag stands for another manifest', `sha256:${reference.sha256}`, digests, where);
  return { name: reference.tag, length: bytes.length, ...digests, bytes, mediaType };
}

function mismatch(message: string, expected: string, { sha256 }: { sha256: string }, where: string): Error {
  return refused('REGISTRY-DIGEST', message, { expected, found: `sha256:${sha256}`, where });
}
