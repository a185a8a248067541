import { Readable } from 'node:stream';
import { CountersignError, unavailable } from '../errors.ts';
import { openDispatchers } from './dispatchers.ts';
import type { Dispatchers, TransportOptions } from './dispatchers.ts';

/** Bytes of an error body that are kept; the rest is dropped unread. */
const ERROR_BODY = 64 * 1024;
/** Tries of a request that changes nothing on the server. */
const TRIES = 3;

/** How errors name the other side: the prefix of their check IDs, and a noun. */
export interface Peer {
  readonly area: 'SERVER' | 'REGISTRY';
  readonly noun: string;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Scheme, host and port. */
  readonly origin: string;
  /** Path and query exactly as they go on the wire. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** The body changes what is published: no answer to it is an error of its own. */
  readonly upload?: boolean;
  /** Most bytes of a successful answer. */
  readonly limit: number;
}

export interface HttpAnswer {
  readonly status: number;
  /** Lower-case names; a header that came more than once is joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  /** Whole for a successful answer, cut at 64 KiB for any other. */
  readonly body: Buffer;
}

export interface HttpClient {
  /**
   * One exchange; redirects are answers like any other. GET is repeated where a connection broke.
   *
   * @throws CountersignError (exit 6) AREA-UNREACHABLE, AREA-TLS, AREA-TOO-LARGE, and AREA-NO-ANSWER where an
   *   upload may have arrived
   */
  send(request: HttpRequest): Promise<HttpAnswer>;
  close(): Promise<void>;
}

/** One pool of kept-alive connections, for any number of repositories. */
export function openHttpClient(peer: Peer, options: TransportOptions): HttpClient {
  const dispatchers = openDispatchers(options);
  return {
    async send(request) {
      for (let attempt = 1; ; attempt++) {
        const progress: Progress = { sent: false };
        try {
          return await exchange(dispatchers, peer, request, progress, options.deadlineMs ?? 120_000);
        } catch (cause) {
          if (request.method === 'GET' && attempt < TRIES && BROKEN.has(codeOf(cause))) continue;
          throw explain(peer, request, progress, cause);
        }
      }
    },
    close: () => dispatchers.close(),
  };
}

interface Progress {
  /** Whether any byte of the body was handed to the connection. */
  sent: boolean;
}

async function exchange(
  dispatchers: Dispatchers,
  peer: Peer,
  request: HttpRequest,
  progress: Progress,
  deadlineMs: number,
): Promise<HttpAnswer> {
  const dispatcher = await dispatchers.of(request.origin);
  const body = request.body;
  const answer = await dispatcher.request({
    origin: request.origin,
    path: request.path,
    method: request.method,
    headers: {
      'user-agent': 'countersign',
      ...request.headers,
      ...(body === undefined ? {} : { 'content-length': String(body.length) }),
    },
    body: body === undefined ? null : Readable.from(observed(body, progress)),
    signal: AbortSignal.timeout(deadlineMs),
  });
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(answer.headers))
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  const success = answer.statusCode >= 200 && answer.statusCode <= 299;
  const limit = success ? request.limit : ERROR_BODY;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > limit) break;
  }
  if (size > limit && success && request.upload !== true)
    throw unavailable(`${peer.area}-TOO-LARGE`, `the ${peer.noun} sent more than this file may hold`, {
      expected: `at most ${String(limit)} bytes`,
      where: request.origin + request.path,
    });
  return { status: answer.statusCode, headers, body: Buffer.concat(chunks).subarray(0, limit) };
}

/** The body in one piece, noting when the connection takes it: until then the server has seen nothing of it. */
function* observed(body: Uint8Array, progress: Progress): Generator<Uint8Array> {
  progress.sent = true;
  yield body;
}

const BROKEN = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);
const TLS = /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH|INVALID_CA|EPROTO)/;

function codeOf(cause: unknown): string {
  const code = cause instanceof Error ? (cause as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : '';
}

function explain(peer: Peer, request: HttpRequest, progress: Progress, cause: unknown): unknown {
  if (cause instanceof CountersignError) return cause;
  const code = codeOf(cause);
  const found = cause instanceof Error ? `${code} ${cause.message}`.trim().slice(0, 300) : 'an unknown error';
  const where = request.origin;
  if (request.upload === true && progress.sent)
    return unavailable(
      `${peer.area}-NO-ANSWER`,
      `the ${peer.noun} did not answer after the upload was sent`,
      {
        found,
        where,
        hint: 'what was sent may have arrived: run the command again, it looks first at what is published',
        cause,
      },
    );
  if (TLS.test(code))
    return unavailable(`${peer.area}-TLS`, `no trusted TLS connection to the ${peer.noun}`, {
      found,
      where,
      hint: 'give the certificate authority of the server with --ca FILE',
      cause,
    });
  return unavailable(`${peer.area}-UNREACHABLE`, `the ${peer.noun} cannot be reached`, {
    found,
    where,
    hint: 'check the address, the network and that the server runs',
    cause,
  });
}
